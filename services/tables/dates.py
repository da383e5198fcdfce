"""Dates and times as people write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from services.tables.names import literal

ISO = "%Y-%m-%d"
DATES = (
    ISO, "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d.%m.%y", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%m-%d-%Y",
    "%d-%m-%Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%d. %B %Y",
)  # fmt: skip
TIMES = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
DAY_FIRST = {"%m/%d/%Y": "%d/%m/%Y", "%m/%d/%y": "%d/%m/%y", "%m-%d-%Y": "%d-%m-%Y"}
"""Formats with the month first, and those that read the same dates with the day first."""

_ISO_DATE_OR_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?")
_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?\s?(Z|[+-]\d\d(:?\d\d)?)?")


def formats_of(values: Sequence[str], date_format: str | None, *, day_first: bool) -> list[str]:
    """The formats that all these values have, the likeliest first; `iso` for times as ISO 8601 has them. Few values will do."""
    if not values or any(len(value) > 40 or not value[:12].strip() for value in values):
        return []
    if date_format:
        return [f for f in (date_format, *_with_times([date_format]), *TIMES) if _fits(values, f)]
    if any(map(_ISO_TIME.fullmatch, values)) and all(map(_ISO_DATE_OR_TIME.fullmatch, values)):
        return ["iso"]
    if not all(
        any(c.isdigit() for c in v)
        and not v.isdigit()
        and ("-" in v or "/" in v or "." in v or ":" in v or " " in v)
        for v in values
    ):
        return []
    dates = sorted(DATES, key=lambda f: f in DAY_FIRST) if day_first else DATES
    candidates = (*dates, *TIMES, *_with_times(dates))
    found = [f for f in candidates if _fits(values, f)]
    return [*found[:2], "iso"] if found[:1] == [ISO] else found


def type_of(format_: str) -> str:
    """date, time or timestamp."""
    if format_ == "iso":
        return "timestamp"
    has_date, has_time = "%d" in format_ or "%Y" in format_, "%H" in format_ or "%I" in format_
    return "timestamp" if has_date and has_time else "time" if has_time else "date"


def value_sql(column: str, format_: str) -> str:
    """SQL for the text of a column as a date or time; NULL for what is none of this format."""
    kind = type_of(format_).upper()
    if format_ == "iso":
        return f"TRY_CAST({column} AS TIMESTAMP)"
    if format_ == ISO:
        return f"CASE WHEN length(trim({column})) <= 10 THEN TRY_CAST({column} AS DATE) END"
    return f"CAST(try_strptime(trim({column}), {literal(format_)}) AS {kind})"


def _with_times(dates: Sequence[str]) -> list[str]:
    return [f"{date}{between}{time}" for date in dates for between in (" ", "T", ", ") for time in TIMES]


def _fits(values: Sequence[str], format_: str) -> bool:
    try:
        for value in values:
            datetime.strptime(value.strip(), format_)
    except (ValueError, re.error):
        return False
    return True
