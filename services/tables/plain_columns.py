"""Columns all of whose values are as plain as they look in the first records; in the reading process only.

This is what most columns of most files are, and counting a cast costs a tenth of what looking for thousands marks, currencies
and words for nothing does.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

from services.tables import dates
from services.tables.guesses import Guess, Run, Typed, is_twin, number_sql


def plain_types(run: Run, source: str, guesses: Sequence[Guess]) -> dict[str, Typed]:
    """What those of the columns are in which every single value is plain. One pass over all records."""
    terms = {guess.column: _terms(guess) for guess in guesses}
    listed = ", ".join(term for some in terms.values() for term in some)
    values = iter(run(f"SELECT {listed} FROM {source}")[0])  # noqa: S608
    found = {}
    for guess in guesses:
        counts = [next(values) for _ in terms[guess.column]]
        typed = _typed(guess, counts)
        if typed is not None:
            found[guess.column] = typed
    return found


def _terms(guess: Guess) -> list[str]:
    column = guess.column
    if guess.wanted is None and guess.marks and not guess.formats:
        plain = _plain(guess)
        number = f"TRY_CAST({plain} AS DOUBLE)"
        odd = f"contains({column}, '.')" if guess.marks.decimal == "," else "false"
        return [
            f"count({column})",
            f"count({number})",
            f"max(abs({number}))",
            f"max(length({plain}) - strpos({plain}, '.')) FILTER (contains({plain}, '.'))",
            f"count(*) FILTER (contains({plain}, 'e') OR contains({plain}, 'E'))",
            f"count(*) FILTER (starts_with({plain}, '0') AND length({plain}) > 1 AND NOT contains({plain}, '.') OR {odd})",
        ]
    if guess.wanted is None and guess.formats and not guess.marks:
        return [f"count({column})", *(f"count({dates.value_sql(column, f)})" for f in guess.formats)]
    return [
        f"count({column})",
        f"count(*) FILTER (starts_with({column}, ' ') OR ends_with({column}, ' ') OR {column} = '')",
    ]


def _plain(guess: Guess) -> str:
    is_comma = guess.marks is not None and guess.marks.decimal == ","
    return f"replace({guess.column}, ',', '.')" if is_comma else guess.column


def _typed(guess: Guess, counts: Sequence[Any]) -> Typed | None:
    filled = counts[0]
    if not filled:
        return None
    if guess.wanted is None and guess.marks and not guess.formats:
        return _number(guess, counts)
    if guess.wanted is None and guess.formats and not guess.marks:
        return _date(guess, counts)
    is_text = guess.wanted == "text" or (guess.wanted is None and not guess.is_boolean and not guess.marks)
    return Typed(guess.column, "text", guess.column) if is_text and not counts[1] else None


def _number(guess: Guess, counts: Sequence[Any]) -> Typed | None:
    filled, numbers, largest, scale, exponents, odd = counts
    if numbers < filled or odd or not isfinite(largest):
        return None
    kind, sql = number_sql(_plain(guess), largest, scale or 0, bool(exponents), None)
    return Typed(guess.column, kind, sql, "", guess.marks)


def _date(guess: Guess, counts: Sequence[Any]) -> Typed | None:
    filled, *fitting = counts
    whole = [f for f, count in zip(guess.formats, fitting, strict=True) if count == filled]
    if not whole:
        return None
    kind: Any = dates.type_of(whole[0])
    is_open = any(is_twin(whole[0], other) for other in whole[1:])
    return Typed(
        guess.column, kind, dates.value_sql(guess.column, whole[0]), whole[0], day_or_month_first=is_open
    )
