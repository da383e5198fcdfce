"""What a sandbox sees: Python, its libraries and fonts, read only, and two folders of its own. No /proc, no home."""

from __future__ import annotations

import os
import struct
import sys
import sysconfig
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

INSIDE = Path(__file__).parent / "inside"
PACKAGES = ("numpy", "pandas", "matplotlib", "openpyxl")
SYSTEM_LIBRARIES = ("/lib", "/usr/lib", "/usr/lib64")
FONTS = ("/usr/share/fonts", "/usr/local/share/fonts")
DATA, TMP, DEVICES = "/mnt/data", "/tmp", "/dev"  # noqa: S108  (as the sandbox sees them)
THREADS = "2"
START = "import sys; sys.path[:0] = ['/interpreter', {sites}]; from inside.main import main; main()"
ELF_MAGIC, PT_INTERP = b"\x7fELF\x02\x01", 3
ENVIRONMENT = {
    "HOME": DATA,
    "TMPDIR": TMP,
    "PATH": "/python/bin",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "LD_LIBRARY_PATH": "/python/lib",
    "MPLBACKEND": "module://inside.figures",
    "MPLCONFIGDIR": f"{TMP}/.matplotlib",
    "OPENBLAS_NUM_THREADS": THREADS,
    "OMP_NUM_THREADS": THREADS,
    # Arrow's own allocator reserves a gigabyte of addresses at once, which the limit on memory counts.
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": THREADS,
}


@dataclass(frozen=True, slots=True)
class View:
    """Folders by the path under which the sandbox sees them, to be read only; its loader; how Python is started.

    `loader` is the path of the program that loads others, and the file that this is in truth.
    """

    folders: dict[str, str]
    loader: tuple[str, str]
    command: list[str]
    environment: dict[str, str]


def find_view() -> View:
    """The view for the Python that runs this. Raises OSError or ValueError when it is built in a way not known here."""
    python = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    library = Path(sysconfig.get_path("stdlib")).resolve().parent
    sites = {f"/site{number}": str(site) for number, site in enumerate(_sites())}
    folders = {
        "/python/bin": str(python.parent),
        f"/python/{library.name}": str(library),
        "/interpreter/inside": str(INSIDE),
        **sites,
        **{path: str(Path(path).resolve()) for path in (*SYSTEM_LIBRARIES, *FONTS) if Path(path).is_dir()},
    }
    start = START.format(sites=", ".join(map(repr, sites)))
    command = [f"/python/bin/{python.name}", "-I", "-S", "-B", "-X", "utf8", "-c", start]
    return View(folders, _loader(python), command, dict(ENVIRONMENT))


def _sites() -> list[Path]:
    """The folders that the packages lie in; a package that is missing is missed inside, too."""
    specs = [find_spec(name) for name in PACKAGES]
    origins = [Path(spec.origin) for spec in specs if spec is not None and spec.origin is not None]
    return list(dict.fromkeys(origin.resolve().parents[1] for origin in origins))


def _loader(program: Path) -> tuple[str, str]:
    """Where a program asks for its loader, and the file that is there."""
    with program.open("rb") as file:
        head = file.read(64)
        if not head.startswith(ELF_MAGIC):
            raise ValueError(f"{program} is no 64-bit program")
        (first,) = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        for number in range(count):
            file.seek(first + number * size)
            kind, _, offset, _, _, length = struct.unpack("<IIQQQQ", file.read(40))
            if kind == PT_INTERP:
                file.seek(offset)
                path = os.fsdecode(file.read(length).rstrip(b"\0"))
                return path, str(Path(path).resolve())
    raise ValueError(f"{program} names no loader")
