"""When an answer is right: README.md says the same in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from itertools import permutations
from typing import Any

from benchmarks.file_questions import Question

MOST_COLUMNS = 7
"""A result with more is no answer to any of these questions."""


def is_right(answer: str, question: Question) -> bool:
    """Whether an answer holds one of the short forms (with `every`, all of them) and nothing that is forbidden."""
    if any(_holds(answer, words) for words in question.forbidden):
        return False
    found = [any(_holds(answer, form) for form in forms.split("|")) for forms in question.answers]
    return all(found) if question.every else any(found)


def _holds(answer: str, words: str) -> bool:
    """Whether the words stand in the answer, not as part of a longer word or number."""
    return bool(re.search(rf"(?<!\w)(?<!\d[.,]){re.escape(words)}(?!\w|[.,]\d)", answer.casefold()))


def same_rows(expected: Sequence[Sequence[Any]], given: Sequence[Sequence[Any]], is_ordered: bool) -> bool:
    """Whether a result holds the expected rows and no others; it may have further columns, in any order.

    A few single values may also stand beside each other, in one row.
    """
    if len(given) == 1 and 1 < len(expected) == len(given[0]) and all(len(row) == 1 for row in expected):
        given = [(value,) for value in given[0]]
    if len(expected) != len(given) or not expected:
        return len(expected) == len(given)
    width = len(given[0])
    if not len(expected[0]) <= width <= MOST_COLUMNS:
        return False
    return any(
        _same([[row[column] for column in columns] for row in given], expected, is_ordered)
        for columns in permutations(range(width), len(expected[0]))
    )


def _same(given: list[list[Any]], expected: Sequence[Sequence[Any]], is_ordered: bool) -> bool:
    if is_ordered:
        return all(map(_same_row, expected, given))
    left = list(given)
    for row in expected:
        match = next((other for other in left if _same_row(row, other)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _same_row(expected: Sequence[Any], given: Sequence[Any]) -> bool:
    return all(map(_same_value, expected, given))


def _same_value(expected: Any, given: Any) -> bool:
    """Numbers agree when rounded to the places of the expected one, texts but for case and white space, days as ISO."""
    if isinstance(expected, int | float):
        number = _number(given)
        return number is not None and abs(number - expected) < _tolerance(expected)
    if isinstance(given, date | datetime):
        given = given.isoformat()[: len(str(expected))]
    return " ".join(str(given).casefold().split()) == " ".join(str(expected).casefold().split())


def _number(given: Any) -> float | None:
    try:
        return float(given)
    except (TypeError, ValueError):
        return None


def _tolerance(expected: float) -> float:
    places = len(repr(expected).partition(".")[2].removesuffix("0")) if isinstance(expected, float) else 0
    return 0.5 * 10**-places + (1e-9 if places else 0.0)
