"""BM25 over chunks of documents: the words of a text, how they are kept, and how a query is scored.

Postings are pairs of chunk ordinal and count, one run of bytes for each word and file, so that a file of a thousand
pages is a few thousand rows of a database and not a few hundred thousand.

Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.documents.terms import terms

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Integers = npt.NDArray[np.uint32]

K1 = 1.2
B = 0.75
"""The usual values; others near them rank alike."""
PERFECT_SHARE = 2 / 3
"""So much of the highest score there could be counts as perfect: no text consists of the query's words alone."""

Postings = Mapping[str, Sequence[tuple[int, bytes]]]
"""For each word of a query, the files it stands in and its postings there."""


@dataclass(frozen=True, slots=True)
class Segment:
    """What is kept of one file: how long each chunk is, in words, and where each word stands."""

    lengths: bytes
    postings: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Ranked:
    """How well chunks fit the words of a query, best first as pairs of file and ordinal."""

    best: list[tuple[int, int]]
    _starts: Mapping[int, int]
    _share: Floats

    def fit(self, file: int, ordinal: int) -> float:
        """How well a chunk fits, 0 to 1: its score as a share of what would be a perfect one."""
        return float(self._share[self._starts[file] + ordinal])


def segment(texts: Iterable[str]) -> Segment:
    """The segment of a file from the texts of its chunks, in order."""
    import numpy as np

    pairs: dict[str, list[int]] = defaultdict(list)
    lengths: list[int] = []
    for ordinal, text in enumerate(texts):
        counts = Counter(terms(text))
        lengths.append(counts.total())
        for word, count in counts.items():
            pairs[word] += (ordinal, count)
    packed = {word: np.array(numbers, dtype="<u4").tobytes() for word, numbers in pairs.items()}
    return Segment(np.array(lengths, dtype="<u4").tobytes(), packed)


def rank(postings: Postings, lengths: Mapping[int, bytes], limit: int) -> Ranked:
    """The best chunks for the words of a query, among files with these chunk lengths. There is at least one file."""
    import numpy as np

    files = list(lengths)
    counts = [np.frombuffer(lengths[file], dtype="<u4") for file in files]
    starts = dict(zip(files, np.cumsum([0, *map(len, counts)]).tolist(), strict=False))
    length = np.concatenate(counts).astype(np.float32)
    norm = K1 * (1 - B + B * length / max(float(length.mean()), 1.0))
    score, highest = np.zeros_like(length), 1e-9
    for found in postings.values():
        rows, times = _gathered(found, starts)
        weight = _idf(len(length), len(rows)) * (K1 + 1)
        score[rows] += weight * times / (times + norm[rows])
        highest += weight
    best = _top(score, limit)
    bounds = np.array([starts[file] for file in files])
    where = np.searchsorted(bounds, best, side="right") - 1
    pairs = [(files[w], int(row - bounds[w])) for row, w in zip(best.tolist(), where.tolist(), strict=True)]
    return Ranked(pairs, starts, np.minimum(score / (highest * PERFECT_SHARE), 1.0))


def _gathered(found: Sequence[tuple[int, bytes]], starts: Mapping[int, int]) -> tuple[Integers, Floats]:
    """Row numbers and counts of one word over all files."""
    import numpy as np

    rows, times = [], []
    for file, packed in found:
        if file in starts:
            pairs = np.frombuffer(packed, dtype="<u4").reshape(-1, 2)
            rows.append(pairs[:, 0] + starts[file])
            times.append(pairs[:, 1].astype(np.float32))
    if not rows:
        return np.zeros(0, dtype=np.uint32), np.zeros(0, dtype=np.float32)
    return np.concatenate(rows), np.concatenate(times)


def _idf(chunks: int, with_word: int) -> float:
    import math

    return math.log(1 + (chunks - with_word + 0.5) / (with_word + 0.5))


def _top(score: Floats, limit: int) -> npt.NDArray[np.intp]:
    """Rows of the highest scores above zero, best first; of equals the earlier one."""
    import numpy as np

    limit = min(limit, int((score > 0).sum()))
    if limit == 0:
        return np.zeros(0, dtype=np.intp)
    lowest = np.partition(score, -limit)[-limit]
    candidates = np.flatnonzero(score >= lowest)
    best: npt.NDArray[np.intp] = candidates[np.argsort(-score[candidates], kind="stable")][:limit]
    return best
