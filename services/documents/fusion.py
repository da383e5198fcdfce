"""Words and vectors brought together: fused by rank to choose candidates, weighed against each other to score them.

Measured with `make bench` on 243 questions; the constants are those that did best there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

RANK_CONSTANT = 10
CANDIDATES = 40
FULL_COSINE = 0.7
"""A cosine that counts as complete agreement: the embedding model hardly goes above it for a question and its answer."""

C = TypeVar("C", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Weights:
    """How much the words and the vectors count. A side that counts nothing is not asked."""

    words: float = 0.4
    vectors: float = 0.6


def fused(*rankings: Sequence[C]) -> list[C]:
    """The candidates of all rankings, best first, by the sum of 1 / (constant + rank).

    Source: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion", 2009.
    """
    scores: dict[C, float] = defaultdict(float)
    for ranking in rankings:
        for rank, candidate in enumerate(ranking, 1):
            scores[candidate] += 1 / (RANK_CONSTANT + rank)
    return sorted(scores, key=lambda candidate: -scores[candidate])[:CANDIDATES]


def score(fit: float, cosine: float | None, weights: Weights) -> float:
    """How well a passage fits, 0 to 1: by its words (see `Ranked.fit`), and by its best window's cosine.

    Without a vector the words alone count. Above 0.5 lies what plainly answers a question.
    """
    if cosine is None:
        return fit if weights.words else 0.0
    nearness = min(max(cosine / FULL_COSINE, 0.0), 1.0)
    whole = weights.words + weights.vectors
    return (weights.words * fit + weights.vectors * nearness) / whole
