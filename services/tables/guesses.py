"""What a column may be, and what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.tables.dates import DAY_FIRST
from services.tables.numbers import MAX_DIGITS, Marks
from services.tables.shapes import ColumnType

Run = Callable[[str], list[Any]]
"""Gives the rows of a query."""

MAX_SCALE = 4
"""More digits after the point than money has are kept as floating point: products of decimals outgrow 38 digits."""

_TWINS = frozenset(frozenset(pair) for pair in DAY_FIRST.items())


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column may be: numbers with these marks, dates of one of these formats, or neither."""

    column: str
    marks: Marks | None = None
    formats: tuple[str, ...] = ()
    is_boolean: bool = False
    wanted: ColumnType | None = None


@dataclass(frozen=True, slots=True)
class Typed:
    """What a column is, the SQL that makes it so, and what did not fit and is therefore empty."""

    column: str
    type: ColumnType
    sql: str
    date_format: str = ""
    marks: Marks | None = None
    is_empty: bool = False
    misfits: int = 0
    misfit_examples: tuple[str, ...] = ()
    day_or_month_first: bool = False


def number_sql(
    plain: str, largest: float, scale: int, has_exponents: bool, wanted: ColumnType | None
) -> tuple[ColumnType, str]:
    """The type for numbers in plain digits of this size and so many digits after the point, and SQL for them."""
    whole = len(str(int(largest)))
    is_integer = not scale and not has_exponents and whole <= MAX_DIGITS
    if (is_integer and wanted is None) or wanted == "integer":
        return "integer", f"TRY_CAST({plain} AS BIGINT)"
    if not has_exponents and scale <= MAX_SCALE and whole + scale <= MAX_DIGITS:
        return "decimal", f"TRY_CAST({plain} AS DECIMAL({MAX_DIGITS},{scale}))"
    number = f"TRY_CAST({plain} AS DOUBLE)"
    return "decimal", f"CASE WHEN isfinite({number}) THEN {number} END"


def is_twin(format_: str, other: str) -> bool:
    """Whether two formats of dates differ in whether day or month comes first."""
    first, second = format_.split()[:1], other.split()[:1]
    return frozenset((*first, *second)) in _TWINS
