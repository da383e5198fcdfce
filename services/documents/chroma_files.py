"""What an embedded Chroma leaves on the disk: folders and rows of what was deleted, and pieces of memory."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sys
from pathlib import Path

DATABASE = "chroma.sqlite3"
HEADER = struct.Struct("<i4Q")
"""What `header.bin` begins with: version, offset, capacity, elements, bytes of an element."""
VERSION = 1
LENGTH_BYTES = 4
ZEROS = bytes(2**20)
LIMIT_S = 120.0

# Chroma has a SQLite of its own. A second one in this process would not see its locks, and undo them when it lets go
# of the file, so that each could damage what the other writes: another process asks. Source:
# https://www.sqlite.org/howtocorrupt.html, "Multiple copies of SQLite linked into the same application".
_ASK = """
import json, sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=5)
print(json.dumps(database.execute(sys.argv[2]).fetchall()))
"""


def remove_left_behind(folder: Path) -> None:
    """Remove the vectors of deleted collections. Raises OSError, ValueError, SubprocessError."""
    folders = [path for path in folder.iterdir() if path.is_dir()]
    used = {row[0] for row in _asked(folder, "SELECT id FROM segments")}
    for path in folders:
        if path.name not in used:
            shutil.rmtree(path)


def overwrite_deleted(folder: Path) -> None:
    """Write the database anew: it keeps what was deleted until then. Raises SubprocessError."""
    _asked(folder, "VACUUM")


def overwrite_unused(header: Path) -> None:
    """Write zeros where an index has room for more: what lay in memory before was written there. Raises OSError.

    Source: `persistDirty` in https://github.com/chroma-core/hnswlib/blob/master/hnswlib/hnswalg.h
    """
    version, _, _, count, element_bytes = HEADER.unpack_from(header.read_bytes())
    if version != VERSION:
        return
    for name, size_bytes in (("data_level0.bin", element_bytes), ("length.bin", LENGTH_BYTES)):
        _fill_with_zeros(header.with_name(name), count * size_bytes)


def _fill_with_zeros(path: Path, start: int) -> None:
    left = path.stat().st_size - start
    with path.open("r+b") as file:
        file.seek(start)
        for written in range(0, left, len(ZEROS)):
            file.write(ZEROS[: left - written])


def _asked(folder: Path, query: str) -> list[list[str]]:
    command = [sys.executable, "-I", "-S", "-c", _ASK, str(folder / DATABASE), query]
    said = subprocess.run(command, check=True, capture_output=True, timeout=LIMIT_S)  # noqa: S603 (our own words)
    answer: list[list[str]] = json.loads(said.stdout)
    return answer
