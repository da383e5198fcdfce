"""The passages of a vector store in order, each with one vector for the whole of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.documents.document import Document
from services.server.errors import ApiError
from services.server.store import passages, texts, vector_stores
from services.server.store.pages import envelope
from services.server.store.passages import Entry
from services.storage.api_tables import DocumentRow, FileRow

if TYPE_CHECKING:
    from services.server.store.passages import Vectors

Wire = dict[str, Any]
BYTES_OF_A_CHUNK = 8
DIGITS = 5
"""As many as the vectors were kept with: they are stored in 16 bits."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which passages of a list are wanted: `every` third one, say, after a passage, and with their vectors."""

    limit: int
    after: str | None = None
    every: int = 1
    with_vectors: bool = False


def page(session: Session, owner: str, store_id: str, wanted: Wanted) -> Wire:
    """One page of a store's passages. `total` counts all there are. ApiError 404 for a cursor that is not among them."""
    store = vector_stores.usable(session, owner, store_id)
    shelf = _Shelf(session, owner, passages.entries(session, owner, [store.number]))
    first = 0 if wanted.after is None else shelf.place_of(wanted.after) + 1
    first += -first % wanted.every
    places = range(first, shelf.total, wanted.every)
    data = [shelf.wire(place, with_vector=wanted.with_vectors) for place in places[: wanted.limit]]
    return {**envelope(data, has_more=len(places) > wanted.limit), "total": shelf.total}


@dataclass
class _Shelf:
    """The passages of some files one after the other, for the time of one page."""

    session: Session
    owner: str
    entries: Sequence[Entry]
    _documents: dict[int, Document] = field(default_factory=dict)

    @cached_property
    def _starts(self) -> list[int]:
        """The place of each file's first passage, and behind them the number of all."""
        return list(accumulate((len(entry.bounds) // BYTES_OF_A_CHUNK for entry in self.entries), initial=0))

    @cached_property
    def _names(self) -> dict[str, str]:
        ids = [entry.file_id for entry in self.entries]
        query = select(FileRow.id, FileRow.filename).where(FileRow.owner == self.owner, FileRow.id.in_(ids))
        return {row[0]: row[1] for row in self.session.execute(query)}

    @property
    def total(self) -> int:
        """How many passages there are."""
        return self._starts[-1]

    def place_of(self, passage_id: str) -> int:
        """The place of a passage by its id."""
        file_id, _, ordinal = passage_id.rpartition(":")
        for number, entry in enumerate(self.entries):
            if entry.file_id == file_id and ordinal.isdecimal() and len(ordinal) < 10:
                place = self._starts[number] + int(ordinal)
                if place < self._starts[number + 1]:
                    return place
        raise ApiError(404, f"There is no object with id '{passage_id}' in this list.", param="after")

    def wire(self, place: int, *, with_vector: bool) -> Wire:
        """A passage as it goes over the wire."""
        number = bisect_right(self._starts, place) - 1
        entry, ordinal = self.entries[number], place - self._starts[number]
        start, end = _bounds(entry, ordinal)
        where = texts.place(self.session, entry.document, self._document(entry.document), start, end)
        body: Wire = {
            "id": f"{entry.file_id}:{ordinal}",
            "object": "vector_store.passage",
            "file_id": entry.file_id,
            "filename": self._names.get(entry.file_id, ""),
            "span": [start, end],
            "content": [{"type": "text", "text": texts.read(self.session, entry.document, start, end)}],
            **{name: value for name, value in where.items() if value is not None},
        }
        return {**body, "vector": self._vector(entry.document, start, end)} if with_vector else body

    def _document(self, number: int) -> Document:
        if number not in self._documents:
            self._documents[number] = texts.without_text(self.session.get_one(DocumentRow, number))
        return self._documents[number]

    def _vector(self, document: int, start: int, end: int) -> list[float] | None:
        spans, vectors = passages.vectors_between(self.session, self.owner, document, start, end)
        mean = _mean(spans, vectors, start, end)
        return None if mean is None else [round(number, DIGITS) for number in mean.tolist()]


def _bounds(entry: Entry, ordinal: int) -> tuple[int, int]:
    here = entry.bounds[ordinal * BYTES_OF_A_CHUNK :]
    return int.from_bytes(here[:4], "little"), int.from_bytes(here[4:8], "little")


def _mean(spans: Sequence[tuple[int, int]], vectors: Vectors, start: int, end: int) -> Any:
    """The mean of the windows' vectors by how much of each lies in the passage, of length 1; None without any.

    A search scores a passage by its best window, which is another for each question; a point on a map needs one place.
    """
    import numpy as np

    if not spans:
        return None
    shares = np.array([min(end, last) - max(start, first) for first, last in spans], dtype=np.float32)
    mean = shares @ vectors
    return mean / max(float(np.linalg.norm(mean)), 1e-12)
