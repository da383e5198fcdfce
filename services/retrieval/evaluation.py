"""How well questions find their passages: hit rate, MRR, nDCG@10 and citation precision, as pure functions."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.retrieval.records import Side

HIT_RANKS = (1, 3, 5, 10)
GAIN_RANKS = 10
SHARE_OF_QUOTE = 0.6
"""A passage holds a quote when it holds this much of it: a chunk may end in the middle."""

_BROKEN_WORD = re.compile(r"(?<=\w)(?:\u00ad|-[ \t]*\n\s*)(?=\w)")
_SIGNS = str.maketrans("‘’“”–—", "''\"\"--")


@dataclass(frozen=True, slots=True)
class Expected:
    """Where an answer stands: a file by its name, and there on pages, in a quote, or anywhere."""

    filename: str
    pages: tuple[int, ...] = ()
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the passages that answer it."""

    text: str
    expected: tuple[Expected, ...]


class Place(Protocol):
    """A passage that was found or cited."""

    @property
    def filename(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def page(self) -> int | None: ...
    @property
    def last_page(self) -> int | None: ...


Answered = Sequence[frozenset[int]]
"""For each passage in the order it was found: which of the expected ones it holds, by their numbers."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How a search is made: by what, how many passages it gives, and the least score of each."""

    side: Side
    most: int
    threshold: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one question found, with the score of each passage; all that any setting of this side can show."""

    question: Question
    side: Side
    answered: tuple[frozenset[int], ...]
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Measures:
    """Means over all questions of one setting. `empty` questions found nothing; `passages` is how many one got."""

    setting: Setting
    questions: int
    hit_rates: Mapping[int, float]
    mrr: float
    ndcg: float
    passages: float
    empty: int


def holds(place: Place, expected: Expected) -> bool:
    """Whether a passage is, or holds, an expected one."""
    if place.filename != expected.filename:
        return False
    if expected.quote.strip():
        return _holds_quote(normal(place.text), normal(expected.quote))
    if expected.pages and place.page is not None:
        last = place.last_page or place.page
        return any(place.page <= page <= last for page in expected.pages)
    return not expected.pages


def answered(found: Iterable[Place], question: Question) -> tuple[frozenset[int], ...]:
    """Which expected passages each of those found holds."""
    expected = list(enumerate(question.expected))
    return tuple(frozenset(number for number, e in expected if holds(place, e)) for place in found)


def hit_at(answered: Answered, rank: int) -> bool:
    """Whether one of the first passages holds an expected one."""
    return any(answered[:rank])


def reciprocal_rank(answered: Answered) -> float:
    """1 / the rank of the first passage that holds an expected one; 0 without any."""
    return next((1 / rank for rank, numbers in enumerate(answered, 1) if numbers), 0.0)


def ndcg(answered: Answered, expected: int) -> float:
    """Normalised discounted cumulative gain of the first ten; each expected passage counts once, where it comes first.

    Source: Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", 2002.
    """
    seen: frozenset[int] = frozenset()
    gain = 0.0
    for rank, numbers in enumerate(answered[:GAIN_RANKS], 1):
        gain += len(numbers - seen) / math.log2(rank + 1)
        seen |= numbers
    best = sum(1 / math.log2(rank + 1) for rank in range(1, min(GAIN_RANKS, expected) + 1))
    return min(gain / best, 1.0) if best else 0.0


def citation_precision(cited: Iterable[Place], question: Question) -> float | None:
    """The share of the cited passages that hold an expected one; None where nothing was cited."""
    right = [any(bears_out(place, e) for e in question.expected) for place in cited]
    return statistics.mean(right) if right else None


def bears_out(cited: Place, expected: Expected) -> bool:
    """Whether a citation points to an expected passage: its quote is part of that one's or the other way round, or it is on its page.

    A citation quotes a sentence where a search finds a chunk.
    """
    if cited.filename != expected.filename:
        return False
    one, other = normal(cited.text), normal(expected.quote)
    if one and other and (_holds_quote(one, other) or _holds_quote(other, one)):
        return True
    return holds(cited, Expected(expected.filename, expected.pages)) and bool(expected.pages or not other)


def shown(outcome: Outcome, setting: Setting) -> tuple[frozenset[int], ...]:
    """What a setting shows of what was found: no more than it wants, nothing below its threshold."""
    pairs = zip(outcome.answered, outcome.scores, strict=True)
    return tuple(numbers for numbers, score in pairs if score >= setting.threshold)[: setting.most]


def measure(outcomes: Sequence[Outcome], setting: Setting) -> Measures | None:
    """The means of one setting over the outcomes of its side; None where there are none."""
    mine = [(o, shown(o, setting)) for o in outcomes if o.side == setting.side]
    if not mine:
        return None
    return Measures(
        setting=setting,
        questions=len(mine),
        hit_rates={rank: statistics.mean(hit_at(found, rank) for _, found in mine) for rank in HIT_RANKS},
        mrr=statistics.mean(reciprocal_rank(found) for _, found in mine),
        ndcg=statistics.mean(ndcg(found, len(o.question.expected)) for o, found in mine),
        passages=statistics.mean(len(found) for _, found in mine),
        empty=sum(not found for _, found in mine),
    )


def normal(text: str) -> str:
    """A text without what only its typesetting brought: case, breaks of lines and words, kinds of quotation marks."""
    return " ".join(_BROKEN_WORD.sub("", text).translate(_SIGNS).casefold().split())


def _holds_quote(text: str, quote: str) -> bool:
    if quote in text:
        return True
    least = max(1, math.ceil(len(quote) * SHARE_OF_QUOTE))
    lengths = range(len(quote) - 1, least - 1, -1)
    return any(text.endswith(quote[:n]) or text.startswith(quote[-n:]) for n in lengths)
