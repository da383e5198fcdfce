"""Vectors in Chroma: one collection for each vector store, owned by this process or by a Chroma server.

Only numbers are kept there: ids of the form `document:start:end`, a stretch of characters, and vectors. Text stays in
the database, from which every collection can be built again.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

# Chroma imports this library, and OpenAI's looks whether it is there: imported late, in another thread, it would be
# found half done. https://github.com/python/cpython/issues/91351 tells of such imports.
import httpx  # noqa: F401

from services.errors import StorageFailed

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

ADD_AT_ONCE = 1000
DATABASE = "chroma.sqlite3"


@dataclass(frozen=True, slots=True)
class Near:
    """A window near a query: its document, its characters there, and the cosine of the angle between the two."""

    document: int
    start: int
    end: int
    cosine: float


class VectorIndex:
    """The collections. Safe to call from several threads; every method blocks and raises StorageFailed."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self._folder, self._url = folder, url
        self._opening = threading.Lock()
        self._opened: Any = None

    def add(self, store: str, document: int, spans: Sequence[tuple[int, int]], vectors: Vectors) -> None:
        """Put windows of a document into a store; those that are there already are replaced."""
        collection = self._collection(store)
        for first in range(0, len(spans), ADD_AT_ONCE):
            part = slice(first, first + ADD_AT_ONCE)
            some = spans[part]
            with _as_storage_failure():
                collection.upsert(
                    ids=[f"{document}:{start}:{end}" for start, end in some],
                    embeddings=vectors[part],
                    metadatas=[{"document": document}] * len(some),
                )

    def nearest(
        self, store: str, query: Vectors, limit: int, documents: Sequence[int] | None = None
    ) -> list[Near]:
        """The windows nearest to one vector, of these documents alone where they are given."""
        found = self._found(store)
        if found is None:
            return []
        where: Any = None if documents is None else {"document": {"$in": list(documents)}}
        with _as_storage_failure():
            answer = found.query(
                query_embeddings=query.reshape(1, -1), n_results=limit, where=where, include=["distances"]
            )
        ids, distances = answer["ids"][0], (answer["distances"] or [[]])[0]
        return [_near(name, distance) for name, distance in zip(ids, distances, strict=True)]

    def count(self, store: str) -> int:
        """How many windows a store has."""
        found = self._found(store)
        with _as_storage_failure():
            return 0 if found is None else int(found.count())

    def remove_document(self, store: str, document: int) -> None:
        """Take a document's windows out of a store; they are not found from now on."""
        found = self._found(store)
        if found is not None:
            with _as_storage_failure():
                found.delete(where={"document": document})

    def remove_store(self, store: str) -> None:
        """Remove a store's collection, and of an embedded Chroma its files too, which it would leave behind."""
        if self._found(store) is None:
            return
        left_behind = self._segment_folders(store)
        with _as_storage_failure():
            self._client().delete_collection(store)
        for folder in left_behind:
            shutil.rmtree(folder, ignore_errors=True)
        self._overwrite_deleted()

    def close(self) -> None:
        """Let go of the client."""
        with self._opening:
            self._opened = None

    def _client(self) -> Any:
        with self._opening:
            if self._opened is None:
                with _as_storage_failure():
                    self._opened = self._open()
            return self._opened

    def _open(self) -> Any:
        import chromadb
        from chromadb.config import Settings

        settings = Settings(anonymized_telemetry=False)
        if self._url is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            return chromadb.PersistentClient(str(self._folder), settings=settings)
        address = urlsplit(self._url)
        secure = address.scheme == "https"
        port = address.port or (443 if secure else 8000)
        return chromadb.HttpClient(address.hostname or "", port, ssl=secure, settings=settings)

    def _collection(self, store: str) -> Any:
        with _as_storage_failure():
            return self._client().get_or_create_collection(
                store, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
            )

    def _found(self, store: str) -> Any:
        from chromadb.errors import NotFoundError

        with _as_storage_failure(), suppress(NotFoundError):
            return self._client().get_collection(store, embedding_function=None)
        return None

    def _segment_folders(self, store: str) -> list[Path]:
        """Where an embedded Chroma keeps the vectors of a collection."""
        if self._url is not None:
            return []
        query = "SELECT s.id FROM segments s JOIN collections c ON s.collection = c.id WHERE c.name = ?"
        with closing(sqlite3.connect(self._folder / DATABASE, timeout=5)) as database:
            return [self._folder / row[0] for row in database.execute(query, (store,))]

    def _overwrite_deleted(self) -> None:
        """Chroma's own database keeps what was deleted until its file is written anew."""
        if self._url is not None:
            return
        # Somebody else may be using it just now: then it is done with the next deletion.
        path = self._folder / DATABASE
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(path, timeout=5)) as database:
            database.execute("VACUUM")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class _as_storage_failure:  # noqa: N801 - a context manager, read as a phrase
    """Chroma's and the system's errors as one of ours."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        from chromadb.errors import ChromaError, NotFoundError

        if isinstance(error, (ChromaError, OSError, ValueError)) and not isinstance(error, NotFoundError):
            message = "The vector index cannot be used. Check the data folder, or TANDEM_CHROMA_URL."
            raise StorageFailed(message, code="vectors_failed") from error


def _near(name: str, distance: float) -> Near:
    document, start, end = map(int, name.split(":"))
    return Near(document, start, end, 1.0 - float(distance))
