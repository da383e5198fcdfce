"""Files on this disk that are whole or not there at all."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

PIECE_BYTES = 2**20
LEFT_BEHIND_S = 24 * 60 * 60


def sha256_of(file: IO[bytes]) -> str:
    """The SHA-256 of what is left to read in a file, in hexadecimal."""
    digest = hashlib.sha256()
    while piece := file.read(PIECE_BYTES):
        digest.update(piece)
    return digest.hexdigest()


@contextmanager
def temporary_file(folder: Path, prefix: str = "new-") -> Iterator[Path]:
    """An empty file in this folder for its maker alone; gone at the end unless it was moved. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=prefix)
    os.close(descriptor)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def move_durably(file: Path, target: Path) -> None:
    """Give a file its final name, once its bytes are safe from a power cut. Raises OSError."""
    flush_to_disk(file)
    target.parent.mkdir(parents=True, exist_ok=True)
    file.replace(target)
    flush_to_disk(target.parent)


def flush_to_disk(path: Path) -> None:
    """Return when the disk has what was written to this file or folder. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_left_behind(folder: Path) -> None:
    """Remove the files of this folder that nobody has written to for a day: their writer was killed."""
    with suppress(OSError):
        for file in folder.iterdir():
            if file.is_file() and time.time() - file.stat().st_mtime > LEFT_BEHIND_S:
                file.unlink()
