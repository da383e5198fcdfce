"""Chroma as this process meets it: how it is opened, which of its errors are failures, and what it leaves on the disk."""

from __future__ import annotations

import shutil
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# Chroma imports this library, and OpenAI's looks whether it is there: imported late, in another thread, it would be
# found half done. https://github.com/python/cpython/issues/91351 tells of such imports.
import httpx

from services.errors import StorageFailed

DATABASE = "chroma.sqlite3"
CONNECT_S = 3.0
DAMAGED = "The vector index cannot be used. Check the folder `vectors` in the data folder."
UNREACHABLE = "The Chroma server at {address} cannot be reached. Check that it runs and that TANDEM_CHROMA_URL is right."
BUSY_S = 5.0


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


def overwrite_deleted(folder: Path) -> None:
    """Leave nothing of deleted collections in the files of an embedded Chroma. Raises sqlite3.Error, OSError.

    It keeps the folders of their vectors, and what was deleted in its database until that is written anew.
    """
    folders = [path for path in folder.iterdir() if path.is_dir()]
    with closing(sqlite3.connect(folder / DATABASE, timeout=BUSY_S)) as database:
        used = {row[0] for row in database.execute("SELECT id FROM segments")}
        for path in folders:
            if path.name not in used:
                shutil.rmtree(path)
        database.execute("VACUUM")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 8000)
