"""Finding passages: BM25 over the words, cosines over the vectors, fused by rank."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from services.documents import bm25
from services.documents.filters import admits
from services.documents.fusion import Weights, fused, score
from services.documents.terms import question_terms
from services.documents.vectors import Near
from services.errors import StorageFailed
from services.server.errors import ApiError
from services.server.store import passages, texts, vector_stores
from services.server.store.passages import Entry
from services.storage.api_tables import DocumentRow, FileRow

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from services.documents.vectors import VectorIndex

    Floats = npt.NDArray[np.float32]

log = logging.getLogger("tandem.retrieval")

MOST_COMPARED = 4_000
MOST_RANKED = 100
MOST_DOCUMENTS_TO_NAME = 200
"""With more documents admitted by a filter, vectors are looked for among all and sorted out afterwards."""
OVERLAP_SHARE = 0.4
"""A passage that shares more of itself with a better one tells nothing new."""

Candidate = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for, in words and as a vector; None where there is no embedding model at hand."""

    text: str
    vector: Floats | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which passages are wanted: from which stores, how many, how good, with which attributes.

    With `skips_unusable` a store that is not there, or has expired, has nothing to say; else it is an error.
    """

    owner: str
    store_ids: tuple[str, ...]
    most: int = 10
    threshold: float = 0.0
    condition: Mapping[str, Any] | None = None
    weights: Weights = field(default_factory=Weights)
    skips_unusable: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found. `focus` are the characters of its best window within the document."""

    store_id: str
    file_id: str
    filename: str
    attributes: dict[str, Any]
    score: float
    text: str
    start: int
    end: int
    focus: tuple[int, int] | None
    place: dict[str, int | None] = field(default_factory=dict)
    page_starts: tuple[tuple[int, int], ...] = ()


def search(session: Session, vectors: VectorIndex, wanted: Wanted, queries: Sequence[Query]) -> list[Hit]:
    """The best passages for any of the queries, best first, none of them mostly inside a better one."""
    stores = _numbers(session, wanted)
    entries = passages.entries(session, wanted.owner, stores)
    admitted = {e.number: e for e in entries if admits(wanted.condition, e.attributes)}
    if not admitted:
        return []
    library = _Library(session, vectors, wanted.owner, stores, admitted)
    library.is_filtered = len(admitted) < len(entries)
    best: dict[Candidate, float] = {}
    for query in queries:
        for candidate, value in library.scored(query, wanted.weights).items():
            best[candidate] = max(value, best.get(candidate, 0.0))
    ranked = sorted(best, key=lambda candidate: -best[candidate])
    good = [candidate for candidate in ranked if best[candidate] >= wanted.threshold]
    return [library.hit(candidate, best[candidate]) for candidate in library.apart(good, wanted.most)]


def _numbers(session: Session, wanted: Wanted) -> list[int]:
    """The stores to search, by their numbers. ApiError for one that cannot be searched."""
    numbers = []
    for store_id in wanted.store_ids:
        try:
            numbers.append(vector_stores.usable(session, wanted.owner, store_id).number)
        except ApiError:
            if not wanted.skips_unusable:
                raise
    return numbers


def weights_of(asked: Mapping[str, float] | None) -> Weights:
    """How much words and vectors count, as `ranking_options.hybrid_search` says it; ours where it says nothing."""
    if not asked or asked["text_weight"] + asked["embedding_weight"] <= 0:
        return Weights()
    return Weights(words=asked["text_weight"], vectors=asked["embedding_weight"])


class _Library:
    """The admitted files of some stores, for the time of one search."""

    def __init__(
        self,
        session: Session,
        vectors: VectorIndex,
        owner: str,
        stores: Sequence[int],
        entries: Mapping[int, Entry],
    ) -> None:
        self.is_filtered = False
        self._session, self._vectors, self._owner = session, vectors, owner
        self._stores, self._entries = stores, entries
        self._entries_of: dict[int, list[int]] = defaultdict(list)
        for number, entry in entries.items():
            self._entries_of[entry.document].append(number)
        self._bounds = {number: _pairs(entry.bounds) for number, entry in entries.items()}
        self._best_window: dict[Candidate, tuple[int, int]] = {}

    def scored(self, query: Query, weights: Weights) -> dict[Candidate, float]:
        """The candidates for one query with their scores."""
        if not weights.vectors:
            query = Query(query.text, None)
        words = question_terms(query.text)
        postings = passages.postings(self._session, self._owner, self._stores, words)
        lengths = {number: entry.lengths for number, entry in self._entries.items()}
        by_words = bm25.rank(postings, lengths, MOST_RANKED)
        by_vector = self._near(query)
        candidates = fused(by_words.best if weights.words else (), list(by_vector))
        return {
            candidate: score(by_words.fit(*candidate), self._cosine(candidate, query, by_vector), weights)
            for candidate in candidates
        }

    def _near(self, query: Query) -> dict[Candidate, float]:
        """Chunks around the nearest windows with the cosine of the best one, nearest first."""
        if query.vector is None:
            return {}
        try:
            found = sorted(self._nearest_windows(query.vector), key=lambda near: -near.cosine)
        except StorageFailed as error:
            log.warning("found by words alone: %s", error.user_message)
            return {}
        cosines: dict[Candidate, float] = {}
        for near in found[:MOST_RANKED]:
            for candidate in self._chunks_around(near.document, near.start, near.end):
                if candidate not in cosines:
                    cosines[candidate] = near.cosine
                    self._best_window[candidate] = (near.start, near.end)
        return cosines

    def _nearest_windows(self, vector: Floats) -> Iterator[Any]:
        for store_id in dict.fromkeys(entry.store_id for entry in self._entries.values()):
            documents = sorted({e.document for e in self._entries.values() if e.store_id == store_id})
            if self.is_filtered and (compared := self._compared_all(documents, vector)) is not None:
                yield from compared
                continue
            named = documents if self.is_filtered and len(documents) <= MOST_DOCUMENTS_TO_NAME else None
            limit = MOST_RANKED if named is not None or not self.is_filtered else 5 * MOST_RANKED
            admitted = set(documents)
            for near in self._vectors.nearest(store_id, vector, limit, named):
                if near.document in admitted:
                    yield near

    def _compared_all(self, documents: Sequence[int], vector: Floats) -> list[Near] | None:
        """Every window of a few documents compared; None where they are too many.

        An index of neighbours may not find the way to the few that a filter admits, among many that are alike.
        """
        if len(documents) > MOST_DOCUMENTS_TO_NAME:
            return None
        windows = passages.vectors_within(self._session, self._owner, documents, MOST_COMPARED)
        if windows is None:
            return None
        places, vectors = windows
        cosines = (vectors @ vector).tolist() if places else []
        return [Near(*place, cosine) for place, cosine in zip(places, cosines, strict=True)]

    def _chunks_around(self, document: int, start: int, end: int) -> Iterator[Candidate]:
        """The chunks that hold at least half of a window."""
        for number in self._entries_of.get(document, ()):
            inside = _overlap(self._bounds[number], start, end) >= (end - start) / 2
            yield from ((number, int(ordinal)) for ordinal in inside.nonzero()[0])

    def _cosine(
        self, candidate: Candidate, query: Query, by_vector: Mapping[Candidate, float]
    ) -> float | None:
        """The cosine of a chunk's best window; looked up where the words alone have brought it up."""
        if candidate in by_vector or query.vector is None:
            return by_vector.get(candidate)
        document = self._entries[candidate[0]].document
        start, end = self._span(candidate)
        spans, vectors = passages.vectors_between(self._session, self._owner, document, start, end)
        if not spans:
            return None
        cosines = vectors @ query.vector
        best = int(cosines.argmax())
        self._best_window[candidate] = spans[best]
        return float(cosines[best])

    def apart(self, ranked: Sequence[Candidate], most: int) -> list[Candidate]:
        """The first ones, without those that lie mostly inside a better one of the same document."""
        kept: list[Candidate] = []
        for candidate in ranked:
            if not any(self._repeats(candidate, better) for better in kept):
                kept.append(candidate)
            if len(kept) == most:
                break
        return kept

    def _repeats(self, candidate: Candidate, better: Candidate) -> bool:
        if self._entries[candidate[0]].document != self._entries[better[0]].document:
            return False
        (start, end), (other_start, other_end) = self._span(candidate), self._span(better)
        return min(end, other_end) - max(start, other_start) > OVERLAP_SHARE * (end - start)

    def _span(self, candidate: Candidate) -> tuple[int, int]:
        number, ordinal = candidate
        start, end = self._bounds[number][ordinal].tolist()
        return start, end

    def hit(self, candidate: Candidate, value: float) -> Hit:
        """A candidate with its text and its place."""
        entry = self._entries[candidate[0]]
        start, end = self._span(candidate)
        document = texts.without_text(self._session.get_one(DocumentRow, entry.document))
        return Hit(
            store_id=entry.store_id,
            file_id=entry.file_id,
            filename=_filename(self._session, self._owner, entry.file_id),
            attributes=entry.attributes,
            score=round(value, 6),
            text=texts.read(self._session, entry.document, start, end),
            start=start,
            end=end,
            focus=self._best_window.get(candidate),
            place=texts.place(self._session, entry.document, document, start, end),
            page_starts=texts.page_starts(document, start, end),
        )


def _pairs(packed: bytes) -> Any:
    import numpy as np

    return np.frombuffer(packed, dtype="<u4").reshape(-1, 2).astype(np.int64)


def _overlap(bounds: Any, start: int, end: int) -> Any:
    """How many characters of a window each chunk holds."""
    import numpy as np

    return np.minimum(bounds[:, 1], end) - np.maximum(bounds[:, 0], start)


def _filename(session: Session, owner: str, file_id: str) -> str:
    from sqlalchemy import select

    query = select(FileRow.filename).where(FileRow.id == file_id, FileRow.owner == owner)
    return session.scalar(query) or ""
