"""How near an answer is to the one that is wanted: the same, or how many of its words are."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from statistics import fmean

WORD = re.compile(r"\w+")


def normal(text: str) -> str:
    """A text without capitals, doubled blanks, and signs at its end."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).strip(" .!?;,'\"`")


def is_exact(wanted: str, given: str) -> bool:
    """Whether two answers are the same but for capitals, blanks and the sign at the end."""
    return normal(wanted) == normal(given)


def overlap(wanted: str, given: str) -> float:
    """F1 of the words two answers share, each counted as often as it stands: 0 is none, 1 is all.

    Source: the F1 of SQuAD (Rajpurkar et al., 2016), here without taking articles out.
    """
    ours, theirs = Counter(WORD.findall(normal(wanted))), Counter(WORD.findall(normal(given)))
    if not ours or not theirs:
        return float(is_exact(wanted, given))
    shared = (ours & theirs).total()
    return 2 * shared / (ours.total() + theirs.total())


def mean(values: Sequence[float]) -> float | None:
    """The mean; None of nothing."""
    return fmean(values) if values else None
