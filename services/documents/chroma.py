"""Chroma as this process meets it: how it is opened, which of its errors are failures, and what it leaves on the disk."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from services.errors import StorageFailed

DATABASE = "chroma.sqlite3"
CONNECT_S = 3.0
DAMAGED = "The vector index cannot be used. Check the folder `vectors` in the data folder."
UNREACHABLE = "The Chroma server at {address} cannot be reached. Check that it runs and that TANDEM_CHROMA_URL is right."
BUSY_S = 5.0
HEADER = struct.Struct("<i4Q")
"""What `header.bin` begins with: version, offset, capacity, elements, bytes of an element."""
LENGTH_BYTES = 4
ZEROS = bytes(2**20)


def opened(folder: Path, url: str | None) -> Any:
    """A client of the Chroma server at `url`, or one over files in `folder`. Raises StorageFailed."""
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    with failures(url):
        if url is None:
            folder.mkdir(parents=True, exist_ok=True)
            return chromadb.PersistentClient(str(folder), settings=settings)
        host, port = _address(url)
        # Chroma's own client waits for ever.
        socket.create_connection((host, port), timeout=CONNECT_S).close()
        return chromadb.HttpClient(host, port, ssl=url.startswith("https:"), settings=settings)


@contextmanager
def failures(url: str | None) -> Iterator[None]:
    """Chroma's and the system's errors as StorageFailed."""
    from chromadb.errors import ChromaError

    try:
        yield
    except (ChromaError, httpx.HTTPError, sqlite3.Error, OSError, ValueError) as error:
        said = DAMAGED if url is None else UNREACHABLE.format(address=":".join(map(str, _address(url))))
        raise StorageFailed(said, code="vectors_failed") from error


def remove_left_behind(folder: Path) -> None:
    """Remove the vectors of deleted collections, which an embedded Chroma leaves. Raises sqlite3.Error, OSError."""
    folders = [path for path in folder.iterdir() if path.is_dir()]
    with closing(sqlite3.connect(folder / DATABASE, timeout=BUSY_S)) as database:
        used = {row[0] for row in database.execute("SELECT id FROM segments")}
    for path in folders:
        if path.name not in used:
            shutil.rmtree(path)


def overwrite_unused(header: Path) -> None:
    """Write zeros where an index on the disk has room for more: it holds what was in memory before. Raises OSError.

    Source: `persistDirty` in https://github.com/chroma-core/hnswlib/blob/master/hnswlib/hnswalg.h
    """
    _, _, capacity, count, element_bytes = HEADER.unpack_from(header.read_bytes())
    for name, size_bytes in (("data_level0.bin", element_bytes), ("length.bin", LENGTH_BYTES)):
        path = header.with_name(name)
        if path.stat().st_size == capacity * size_bytes:  # else it is written in a way we do not know
            _fill_with_zeros(path, count * size_bytes)


def _fill_with_zeros(path: Path, start: int) -> None:
    left = path.stat().st_size - start
    with path.open("r+b") as file:
        file.seek(start)
        for written in range(0, left, len(ZEROS)):
            file.write(ZEROS[: left - written])


def overwrite_deleted(folder: Path) -> None:
    """Write an embedded Chroma's database anew: it keeps what was deleted until then. Raises sqlite3.Error."""
    with closing(sqlite3.connect(folder / DATABASE, timeout=BUSY_S)) as database:
        database.execute("VACUUM")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 8000)
