"""How soon the app is healthy, and what it takes while nobody uses it."""

from __future__ import annotations

import re
import tempfile
import time
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import psutil

from benchmarks.report import Figure, at_most, median_and_slowest
from tests.browser.conftest import running_app

REQUIREMENTS = Path(__file__).parents[1] / "requirements.txt"
STARTS = 5
SETTLED_AFTER_S = 5.0
SETTLE_LIMIT_S = 45.0
SETTLED_WITHIN_BYTES = 2**20


def figures(quick: bool = False) -> list[Figure]:
    """Time to healthy, idle memory without a model, installed size."""
    with tempfile.TemporaryDirectory() as folder:
        starts_s = [_start_s(Path(folder) / str(number)) for number in range(1 if quick else STARTS)]
        idle_mb = _idle_bytes(Path(folder) / "idle") / 1e6
    return [
        *median_and_slowest("healthy after start", starts_s, 2.5),
        at_most("idle memory without a model", round(idle_mb), 400, "MB"),
        at_most("installed packages, without models", round(_installed_bytes() / 1e9, 2), 1.5, "GB"),
    ]


def _start_s(home: Path) -> float:
    with running_app(home, **_no_model(home)) as app:
        return app.healthy_after_s


def _idle_bytes(home: Path) -> int:
    with running_app(home, **_no_model(home)) as app:
        process = psutil.Process(app.process.pid)
        return settled(process)


def settled(process: psutil.Process) -> int:
    """Resident bytes of a process and its children once they stand still, or after the limit."""
    deadline = time.monotonic() + SETTLE_LIMIT_S
    size_bytes = _resident_bytes(process)
    still_since = time.monotonic()
    while time.monotonic() < min(deadline, still_since + SETTLED_AFTER_S):
        time.sleep(0.2)
        now_bytes = _resident_bytes(process)
        if abs(now_bytes - size_bytes) > SETTLED_WITHIN_BYTES:
            size_bytes, still_since = now_bytes, time.monotonic()
    return _resident_bytes(process)


def _resident_bytes(process: psutil.Process) -> int:
    family = [process, *process.children(recursive=True)]
    return sum(member.memory_info().rss for member in family)


def _no_model(home: Path) -> dict[str, str]:
    return {"OPENAI_API_KEY": "sk-unused", "TANDEM_MODELS_DIR": str(home / "no-models")}


def _installed_bytes() -> int:
    """What the packages of requirements.txt take on disk; those for tests are not counted, nor compiled files."""
    names = re.findall(r"^([\w.-]+)==", REQUIREMENTS.read_text(), re.MULTILINE)
    files = [file for name in names for file in _files_of(name)]
    return sum(file.lstat().st_blocks * 512 for file in files if file.suffix != ".pyc" and file.is_file())


def _files_of(name: str) -> list[Path]:
    """The files of a package; none when this system does not need it."""
    with suppress(metadata.PackageNotFoundError):
        package = metadata.distribution(name)
        return [Path(str(package.locate_file(file))) for file in package.files or ()]
    return []
