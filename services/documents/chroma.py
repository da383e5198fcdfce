"""Chroma as this process meets it: how it is opened, and which of its errors are failures."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from services.errors import StorageFailed

CONNECT_S = 3.0
DAMAGED = "The vector index cannot be used. Check the folder `vectors` in the data folder."
UNREACHABLE = "The Chroma server at {address} cannot be reached. Check that it runs and that TANDEM_CHROMA_URL is right."


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
    except (ChromaError, httpx.HTTPError, subprocess.SubprocessError, OSError, ValueError) as error:
        said = DAMAGED if url is None else UNREACHABLE.format(address=":".join(map(str, _address(url))))
        raise StorageFailed(said, code="vectors_failed") from error


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 8000)
