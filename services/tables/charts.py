"""Whether a result makes a chart, and which one: told plainly, so that any library can draw it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from services.tables.shapes import Result

MAX_CATEGORIES = 50
MAX_POINTS = 2_000
MAX_SERIES = 6
LARGEST_RATIO = 50
"""Two measures share an axis only while neither makes the other a flat line."""

ChartKind = Literal["bar", "line", "scatter"]
_Role = Literal["number", "category", "time"]

_TIME_NAME = re.compile(
    r"(?:^|_)(?:year|month|quarter|week|day|date|hour|jahr|monat|quartal|woche|tag|datum)(?:$|_)", re.I
)
_TIME_TEXT = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?|[- ]?[QqWw]\d{1,2})?")
_KEY_NAME = re.compile(r"(?:^|_)(?:id|nr|no|key|code|zip|postcode|plz|row)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of a result's columns, by name: `y` over `x`, one colour for each value of `series`.

    Several columns in `y` are several colours too; `series` is None then. Rows stay in the result's order.
    """

    kind: ChartKind
    x: str
    y: tuple[str, ...]
    series: str | None = None


def chart_for(result: Result) -> Chart | None:
    """The chart that shows `result`; None where a table says it better.

    Bars for numbers by category, a line for numbers over time, points for one number against another.
    """
    if (
        not 2 <= result.row_count <= MAX_POINTS
        or result.is_cut
        or len(set(result.columns)) < len(result.columns)
    ):
        return None
    columns = _Columns(result)
    if columns.times:
        return _over_time(columns)
    if columns.categories:
        return _by_category(columns)
    return _of_numbers(columns)


class _Columns:
    """The columns of a result by what a chart can make of them."""

    def __init__(self, result: Result) -> None:
        self.values = {name: [row[place] for row in result.rows] for place, name in enumerate(result.columns)}
        roles = {name: _role(name, values) for name, values in self.values.items()}
        self.times = [name for name, role in roles.items() if role == "time"]
        self.categories = [name for name, role in roles.items() if role == "category"]
        self.numbers = [name for name, role in roles.items() if role == "number"]

    def distinct(self, *names: str) -> int:
        """How many different values these columns have together."""
        return len(set(zip(*(self.values[name] for name in names), strict=True)))

    @property
    def measures(self) -> tuple[str, ...]:
        """Numbers that can share an axis with the first of them; names of records are none."""
        numbers = [name for name in self.numbers if not _KEY_NAME.search(name)]
        if not numbers:
            return ()
        first = _largest(self.values[numbers[0]])
        return tuple(n for n in numbers[:MAX_SERIES] if _share_an_axis(first, _largest(self.values[n])))


def _role(name: str, values: Sequence[Any]) -> _Role | None:
    present = [value for value in values if value is not None]
    if not present:
        return None
    if all(isinstance(value, date) for value in present):
        return "time"
    if all(isinstance(value, str) and _TIME_TEXT.fullmatch(value) for value in present):
        return "time"
    if all(isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) for value in present):
        is_period = isinstance(present[0], int) and _TIME_NAME.search(name) and len(set(values)) > 1
        return "time" if is_period else "number"
    return "category" if all(isinstance(value, (str, bool)) for value in present) else None


def _largest(values: Sequence[Any]) -> float:
    return max((abs(float(value)) for value in values if value is not None), default=0.0)


def _share_an_axis(one: float, other: float) -> bool:
    low, high = sorted((one, other))
    return high <= low * LARGEST_RATIO


def _over_time(columns: _Columns) -> Chart | None:
    if not columns.measures:
        return None
    return _split("line", columns.times[0], columns, MAX_POINTS)


def _by_category(columns: _Columns) -> Chart | None:
    if not columns.measures:
        return None
    # The column with most values goes along the axis, the other one is told by colours.
    along = max(columns.categories, key=columns.distinct)
    return _split("bar", along, columns, MAX_CATEGORIES)


def _split(kind: ChartKind, x: str, columns: _Columns, most: int) -> Chart | None:
    """The chart over `x`, in colours where a category parts the rows; None where several rows fall on one place."""
    rows, places = len(columns.values[x]), columns.distinct(x)
    if not 2 <= places <= most:
        return None
    if places == rows:
        return Chart(kind, x, columns.measures)
    series = [name for name in columns.categories if name != x and 2 <= columns.distinct(name) <= MAX_SERIES]
    for name in sorted(series, key=columns.distinct):
        if columns.distinct(x, name) == rows:
            return Chart(kind, x, columns.measures[:1], name)
    return None


def _of_numbers(columns: _Columns) -> Chart | None:
    """Points; or bars where the first column is a small scale with one row for each step, such as grades."""
    if len(columns.numbers) < 2:
        return None
    x, y = columns.numbers[:2]
    steps = columns.values[x]
    if all(isinstance(step, int) for step in steps) and columns.distinct(x) == len(steps) <= MAX_CATEGORIES:
        return Chart("bar", x, (y,)) if _is_small_scale(steps) else Chart("scatter", x, (y,))
    return Chart("scatter", x, (y,)) if len(steps) > 2 else None


def _is_small_scale(steps: Sequence[int]) -> bool:
    return max(steps) - min(steps) <= 2 * len(steps)
