"""A chart where it shows the result, and none where it would not."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.tables.charts import Chart, chart_for
from services.tables.shapes import Result


def result(columns: str, *rows: tuple[Any, ...], is_cut: bool = False) -> Result:
    names = tuple(columns.split())
    return Result(names, ("text",) * len(names), rows, 0.1, is_cut)


DAYS = [date(2025, 1, day) for day in range(1, 29)]


@pytest.mark.parametrize(
    ("found", "chart"),
    [
        (result("country orders", ("Spain", 3), ("Japan", 5)), Chart("bar", "country", ("orders",))),
        (
            result("country low high", ("Spain", 3, 9), ("Japan", 5, 8)),
            Chart("bar", "country", ("low", "high")),
        ),
        (
            result("country orders revenue", ("Spain", 3, 90_000), ("Japan", 5, 80_000)),
            Chart("bar", "country", ("orders",)),
        ),
        (
            result("country channel n", ("Spain", "shop", 1), ("Japan", "shop", 2), ("Spain", "web", 3)),
            Chart("bar", "country", ("n",), "channel"),
        ),
        (result("day rain", *((d, n) for n, d in enumerate(DAYS))), Chart("line", "day", ("rain",))),
        (result("month n", ("2025-01", 3), ("2025-02", 5)), Chart("line", "month", ("n",))),
        (result("year n", (2023, 3), (2024, 5)), Chart("line", "year", ("n",))),
        (
            result("day town rain", *((d, t, 1.5) for d in DAYS for t in ("Oslo", "Bergen"))),
            Chart("line", "day", ("rain",), "town"),
        ),
        (result("grade n", (1, 30), (2, 20), (3, 9)), Chart("bar", "grade", ("n",))),
        (result("height weight", (1.8, 80), (1.7, 66), (1.9, 90)), Chart("scatter", "height", ("weight",))),
        (result("is_member n", (True, 30), (False, 20)), Chart("bar", "is_member", ("n",))),
    ],
)
def test_a_result_gets_the_chart_that_shows_it(found: Result, chart: Chart) -> None:
    assert chart_for(found) == chart


@pytest.mark.parametrize(
    "found",
    [
        result("n", (452,)),
        result("country orders", ("Spain", 3)),
        result("name", ("Ann",), ("Ben",)),
        result("name id", ("Ann", 1), ("Ben", 2)),
        result("country n", *((f"country {n}", n) for n in range(51))),
        result("country n", ("Spain", 3), ("Spain", 5)),
        result("country n", ("Spain", 3), ("Japan", 5), is_cut=True),
        result("country n", ("Spain", None), ("Japan", None)),
        result("n n", (1, 2), (2, 3)),
        result(""),
    ],
)
def test_no_chart_where_a_table_says_it_better(found: Result) -> None:
    assert chart_for(found) is None


def test_series_are_few_enough_to_tell_apart() -> None:
    rows = [(town, f"kind {kind}", kind) for town in ("Oslo", "Rome") for kind in range(30)]
    assert chart_for(result("town kind n", *rows)) == Chart("bar", "kind", ("n",), "town")
    rows = [(f"town {n}", f"kind {kind}", kind) for n in range(8) for kind in range(30)]
    assert chart_for(result("town kind n", *rows)) is None
