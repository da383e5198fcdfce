"""Vectors in Chroma: one collection for each vector store, owned by this process or by a Chroma server.

Only numbers are kept there: ids of the form `document:start:end`, a stretch of characters, and vectors. Text stays in
the database, from which every collection can be built again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.documents import chroma, chroma_files
from services.errors import StorageFailed

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

ADD_AT_ONCE = 1000
REST_S = 30.0
"""So long a Chroma that could not be opened is left alone."""
NEW = ".new"

Window = tuple[int, int, int]
"""A stretch of a document: its number, the first and the last character."""


@dataclass(frozen=True, slots=True)
class Near:
    """A window near a query: its document, its characters there, and the cosine of the angle between the two."""

    document: int
    start: int
    end: int
    cosine: float


class VectorIndex:
    """The collections. Safe to call from several threads; every method blocks and raises StorageFailed.

    An embedded Chroma marks removed vectors and keeps their numbers on the disk. A renewal fills a new collection
    beside the one in use, from what the database has, and puts it in its place; the old files go.
    """

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.is_embedded = url is None
        self._folder, self._url = folder, url
        self._opening, self._changing = threading.Lock(), threading.Lock()
        self._searches = Visits()
        self._tidied: dict[Path, int] = {}
        self._opened: Any = None
        self._failed: tuple[float, StorageFailed] | None = None
        self._renewing: set[str] = set()

    def add(self, store: str, windows: Sequence[Window], vectors: Vectors) -> None:
        """Put windows into a store; those that are there already are replaced."""
        for first in range(0, len(windows), ADD_AT_ONCE):
            part = slice(first, first + ADD_AT_ONCE)
            with self._changing:
                for name in (store, store + NEW) if store in self._renewing else (store,):
                    self._upsert(name, windows[part], vectors[part])

    def nearest(
        self, store: str, query: Vectors, limit: int, documents: Sequence[int] | None = None
    ) -> list[Near]:
        """The windows nearest to one vector, of these documents alone where they are given."""
        if self._is_untouched():
            return []
        from chromadb.errors import NotFoundError

        where: Any = None if documents is None else {"document": {"$in": list(documents)}}
        with self._searches.one(), self._asking() as client, suppress(NotFoundError):
            answer = client.get_collection(store, embedding_function=None).query(
                query_embeddings=query.reshape(1, -1), n_results=limit, where=where, include=["distances"]
            )
            ids, distances = answer["ids"][0], (answer["distances"] or [[]])[0]
            return [_near(name, distance) for name, distance in zip(ids, distances, strict=True)]
        return []

    def count(self, store: str) -> int:
        """How many windows a store has."""
        return self.counts([store])[store]

    def counts(self, stores: Sequence[str] | None = None) -> dict[str, int]:
        """How many windows each store has: of these, or of all there are."""
        if self._is_untouched():
            return dict.fromkeys(stores or (), 0)
        with self._changing, self._asking() as client:
            names = (
                [collection.name for collection in client.list_collections()] if stores is None else stores
            )
            return {
                name: 0 if (found := _found(client, name)) is None else int(found.count()) for name in names
            }

    def remove_document(self, store: str, document: int) -> None:
        """Take a document's windows out of a store; they are not found from now on."""
        with self._changing, self._asking() as client:
            if (found := _found(client, store)) is not None:
                found.delete(where={"document": document})

    def remove_stores(self, stores: Sequence[str]) -> None:
        """Remove the collections of stores, and of an embedded Chroma all traces on the disk."""
        if self._is_untouched():
            return
        with self._changing, self._asking() as client:
            self._renewing.difference_update(stores)
            with self._searches.none():
                for store in stores:
                    _delete(client, store)
                    _delete(client, store + NEW)
                self._tidy()
            self._overwrite_deleted()

    def begin_renewal(self, store: str) -> None:
        """Begin to fill a store's collection anew. What is added to the store meanwhile gets there, too."""
        with self._changing, self._asking() as client:
            _delete(client, store + NEW)  # of one that was broken off
            _collection(client, store + NEW)
            self._renewing.add(store)

    def add_to_renewal(self, store: str, windows: Sequence[Window], vectors: Vectors) -> None:
        """Put windows into the collection that is being filled, if the store has not been removed meanwhile."""
        with self._changing:
            if store in self._renewing:
                self._upsert(store + NEW, windows, vectors)

    def end_renewal(self, store: str) -> None:
        """Put the new collection in the place of the old one, and remove all traces of that from the disk."""
        with self._changing, self._asking() as client:
            if store in self._renewing:
                new = client.get_collection(store + NEW, embedding_function=None)
                with self._searches.none():
                    _delete(client, store)
                    new.modify(name=store)
                    self._tidy()
                self._renewing.discard(store)
            self._overwrite_deleted()

    def tidy(self) -> None:
        """Remove from the disk what an embedded Chroma has left there, and what it has written there by accident."""
        if self._is_untouched():
            return
        with self._changing, chroma.failures(self._url):
            if self._written() == self._tidied:
                return
            with self._searches.none():
                self._tidy()

    def close(self) -> None:
        """Close the client, and the files it has open, once nobody is at work with them."""
        with self._changing, self._searches.none(), self._opening:
            if self._opened is not None:
                self._opened.close()
            self._opened = None

    @contextmanager
    def _asking(self) -> Iterator[Any]:
        """The client, its errors being ours. One whose server has failed is made anew at the next call."""
        client = self._client()
        try:
            with chroma.failures(self._url):
                yield client
        except StorageFailed:
            if not self.is_embedded:
                with self._opening:
                    self._opened = None  # others may be using it still
            raise

    def _client(self) -> Any:
        with self._opening:
            if self._opened is None:
                if self._failed is not None and time.monotonic() < self._failed[0] + REST_S:
                    raise self._failed[1]
                try:
                    self._opened, self._failed = chroma.opened(self._folder, self._url), None
                except StorageFailed as error:
                    self._failed = time.monotonic(), error
                    raise
            return self._opened

    def _upsert(self, name: str, windows: Sequence[Window], vectors: Vectors) -> None:
        with self._asking() as client:
            _collection(client, name).upsert(
                ids=[f"{document}:{start}:{end}" for document, start, end in windows],
                embeddings=vectors,
                metadatas=[{"document": document} for document, _, _ in windows],
            )

    def _is_untouched(self) -> bool:
        """Whether there was never anything to keep: then Chroma, which takes seconds to import, need not be asked."""
        return self.is_embedded and not (self._folder / chroma_files.DATABASE).exists()

    def _tidy(self) -> None:
        if not self.is_embedded:
            return
        chroma_files.remove_left_behind(self._folder)
        written = self._written()
        for path, at in written.items():
            if self._tidied.get(path) != at:
                chroma_files.overwrite_unused(path)
        self._tidied = written

    def _written(self) -> dict[Path, int]:
        """The indexes on the disk, and when each was written."""
        return {path: path.stat().st_mtime_ns for path in self._folder.glob("*/header.bin")}

    def _overwrite_deleted(self) -> None:
        if self.is_embedded:
            chroma_files.overwrite_deleted(self._folder)


class Visits:
    """Many may visit at the same time; who wants none lets those inside finish, and keeps others waiting meanwhile.

    A search that meets a collection being deleted would find nothing, or write its vectors to the disk once more.
    """

    def __init__(self) -> None:
        self._inside, self._is_closed = 0, False
        self._changed = threading.Condition()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Visit."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_closed)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextmanager
    def none(self) -> Iterator[None]:
        """Be alone. One at a time may ask for it."""
        with self._changed:
            self._is_closed = True
            self._changed.wait_for(lambda: not self._inside)
        try:
            yield
        finally:
            with self._changed:
                self._is_closed = False
                self._changed.notify_all()


def _collection(client: Any, name: str) -> Any:
    return client.get_or_create_collection(
        name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
    )


def _found(client: Any, name: str) -> Any:
    from chromadb.errors import NotFoundError

    with suppress(NotFoundError):
        return client.get_collection(name, embedding_function=None)
    return None


def _delete(client: Any, name: str) -> None:
    from chromadb.errors import NotFoundError

    with suppress(NotFoundError):
        client.delete_collection(name)


def _near(name: str, distance: float) -> Near:
    document, start, end = map(int, name.split(":"))
    return Near(document, start, end, 1.0 - float(distance))
