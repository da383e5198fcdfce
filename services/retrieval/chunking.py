"""A file cut otherwise than its store cuts it, in memory: how many chunks that gives, and what a question finds then."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from services.documents import bm25
from services.documents.chunks import Chunk, chunk
from services.documents.document import Document, Kind
from services.documents.fusion import Weights, fused, score
from services.documents.terms import question_terms

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from services.retrieval.records import Vectors

EMBEDDED_CHARACTERS = 20_000
"""The stretch of a text whose chunks get vectors: the same for each way of cutting, so that they can be compared."""
MOST_EMBEDDED = 400
MOST_CHARACTERS = 600_000
AT_ONCE = 16
PROBE_TOKENS = 200
MOST_RANKED = 100
OVERLAP_SHARE = 0.4
"""As in a store: of two chunks that say mostly the same, the better one is shown."""
LINE_KINDS: dict[str, Kind] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".py": "code",
}

Embed = Callable[[Sequence[str]], "Vectors"]
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Cutting:
    """How a text is cut: tokens of a chunk at most, and tokens that two neighbours share."""

    max_tokens: int
    overlap_tokens: int


@dataclass(frozen=True, slots=True)
class ChunkHit:
    """A chunk that was found; `score` as a store's search gives it, 0 to 1."""

    text: str
    score: float
    tokens: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one way of cutting. `embedded` chunks had a vector, the others were found by their words alone."""

    cutting: Cutting
    chunks: int
    tokens: int
    median_tokens: int
    embedded: int
    hits: tuple[ChunkHit, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """A text and its chunks."""

    cutting: Cutting
    text: str
    chunks: tuple[Chunk, ...]

    @property
    def texts(self) -> list[str]:
        """What each chunk says."""
        return [self.text[c.start : c.end] for c in self.chunks]

    @property
    def to_embed(self) -> tuple[Chunk, ...]:
        """The chunks that would get a vector: those of the first 20,000 characters, and no more than 400."""
        near = bisect_right(self.chunks, EMBEDDED_CHARACTERS, key=attrgetter("end"))
        return self.chunks[: min(max(near, 1), MOST_EMBEDDED)]


def cut(text: str, filename: str, cutting: Cutting) -> Cut:
    """A text in chunks, as a store would cut it; of a very long one the first 600,000 characters.

    Raises ValueError for less than 16 tokens, or an overlap of more than half of them.
    """
    kind = LINE_KINDS.get(PurePosixPath(filename).suffix.lower(), "text")
    text = text[:MOST_CHARACTERS]
    return Cut(cutting, text, tuple(chunk(Document(kind, text), cutting.max_tokens, cutting.overlap_tokens)))


def speed(embed: Embed) -> float:
    """Tokens a second that this embedding model reads here, by one short try after it has been loaded."""
    embed(["warm"])
    began = time.perf_counter()
    embed(["word " * PROBE_TOKENS] * 2)
    return 2 * PROBE_TOKENS / max(time.perf_counter() - began, 1e-3)


def trial(
    made: Cut,
    question: str,
    most: int,
    embed: Embed | None = None,
    on_progress: OnProgress = lambda done, of: None,
) -> Trial:
    """What a question finds among these chunks: by words, and with `embed` by the vectors of its beginning, too."""
    texts = made.texts
    first = texts[: len(made.to_embed)]
    vectors = _embedded(first, question, embed, on_progress) if embed and texts else None
    hits = _found(made, texts, question, vectors)[:most] if texts else []
    sizes = sorted(c.tokens for c in made.chunks)
    return Trial(
        cutting=made.cutting,
        chunks=len(sizes),
        tokens=sum(sizes),
        median_tokens=sizes[len(sizes) // 2] if sizes else 0,
        embedded=0 if vectors is None else len(vectors),
        hits=tuple(hits),
    )


def _embedded(
    texts: Sequence[str], question: str, embed: Embed, on_progress: OnProgress
) -> npt.NDArray[np.float32]:
    """The cosine of each text with the question."""
    import numpy as np

    (asked,) = embed([question])
    parts = []
    for first in range(0, len(texts), AT_ONCE):
        parts.append(embed(texts[first : first + AT_ONCE]) @ asked)
        on_progress(min(first + AT_ONCE, len(texts)), len(texts))
    return np.concatenate(parts)


def _found(
    made: Cut, texts: Sequence[str], question: str, cosines: npt.NDArray[np.float32] | None
) -> list[ChunkHit]:
    """Every chunk that is apart from better ones, the best first, as a store's search would have them."""
    segment = bm25.segment(texts)
    words = {
        word: [(0, segment.postings[word])] for word in question_terms(question) if word in segment.postings
    }
    by_words = bm25.rank(words, {0: segment.lengths}, MOST_RANKED)
    near = [] if cosines is None else [(0, int(row)) for row in (-cosines).argsort()[:MOST_RANKED]]
    weights = Weights() if cosines is not None else Weights(1, 0)
    scored = {}
    for candidate in fused(by_words.best, near):
        row = candidate[1]
        cosine = float(cosines[row]) if cosines is not None and row < len(cosines) else None
        scored[row] = score(by_words.fit(0, row), cosine, weights)
    ranked = sorted(scored, key=lambda row: -scored[row])
    return [_hit(made, row, scored[row]) for row in _apart(made.chunks, ranked)]


def _apart(chunks: Sequence[Chunk], ranked: Sequence[int]) -> list[int]:
    kept: list[int] = []
    for row in ranked:
        one = chunks[row]
        overlaps = (min(one.end, chunks[k].end) - max(one.start, chunks[k].start) for k in kept)
        if all(shared <= OVERLAP_SHARE * (one.end - one.start) for shared in overlaps):
            kept.append(row)
    return kept


def _hit(made: Cut, row: int, value: float) -> ChunkHit:
    c = made.chunks[row]
    return ChunkHit(made.text[c.start : c.end], value, c.tokens, c.start, c.end)
