"""How alike texts are: the cosine of the angle between their vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.documents.terms import question_terms
from services.errors import InvalidInput
from services.retrieval.api import RetrievalApi
from services.turns import Usage

if TYPE_CHECKING:
    from services.retrieval.records import Vectors

MOST_TEXTS = 8
LONGEST_TEXT = 4_000


@dataclass(frozen=True, slots=True)
class Likeness:
    """Each text against each. `cosines` and `shared_words` have a row and a column for every text.

    `shared_words` is the share of the words of the one that stand in the other too, of both together, 0 to 1.
    """

    texts: tuple[str, ...]
    cosines: tuple[tuple[float, ...], ...]
    shared_words: tuple[tuple[float, ...], ...]
    usage: Usage


def compare(api: RetrievalApi, texts: Sequence[str], model: str) -> Likeness:
    """How alike these texts are to an embedding model, and in their words. Raises AppError."""
    given = tuple(text.strip() for text in texts if text.strip())
    if not 2 <= len(given) <= MOST_TEXTS:
        raise InvalidInput(f"Write two texts to compare, or up to {MOST_TEXTS}.")
    if max(map(len, given)) > LONGEST_TEXT:
        raise InvalidInput(f"A text to compare has at most {LONGEST_TEXT:,} characters. Shorten it.")
    vectors, usage = api.embed(given, model)
    words = [set(question_terms(text)) for text in given]
    shared = tuple(tuple(_shared(one, other) for other in words) for one in words)
    return Likeness(given, cosines(vectors), shared, usage)


def cosines(vectors: Vectors) -> tuple[tuple[float, ...], ...]:
    """The cosine of each vector of length 1 with each."""
    return tuple(tuple(min(max(value, -1.0), 1.0) for value in row) for row in (vectors @ vectors.T).tolist())


def _shared(one: set[str], other: set[str]) -> float:
    """Source: Jaccard, "The distribution of the flora in the alpine zone", 1912."""
    return len(one & other) / len(one | other) if one | other else 0.0
