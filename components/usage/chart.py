"""The chart of a period: a bar for each day, week or month, parted by colour."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import streamlit as st

from components import figures
from components.usage.desk import Spending
from components.usage.measures import MOST_PARTS, OTHERS, Measure, order, parts

if TYPE_CHECKING:
    import altair as alt

HEIGHT_PX = 320
LEGEND_PX = 220
AXIS = {"day": "%d %b", "week": "%d %b", "month": "%b %Y"}
WHEN = {"day": "%a, %d %b %Y", "week": "week of %d %b %Y", "month": "%B %Y"}


def draw(spending: Spending, measure: Measure, by: str) -> None:
    """Draw a measure over the period."""
    rows, names = _rows(spending, measure, by)
    st.altair_chart(_chart(spending, rows, names, measure), alt=_described(spending, rows, measure, by))


def _rows(spending: Spending, measure: Measure, by: str) -> tuple[list[dict[str, Any]], list[str]]:
    cells: dict[tuple[int, str], float] = defaultdict(float)
    totals: dict[str, float] = defaultdict(float)
    for place, sums in enumerate(spending.sums):
        for one in sums:
            for name, value in parts(one, measure, by).items():
                cells[place, name] += value
                totals[name] += value
    names = order(by, totals)
    own = names if len(names) <= MOST_PARTS else names[: MOST_PARTS - 1]
    rows: dict[tuple[int, str], float] = defaultdict(float)
    for (place, name), value in cells.items():
        rows[place, name if name in own else OTHERS] += value
    shown = own if len(own) == len(names) else [*own, OTHERS]
    return [
        {
            "day": spending.span.buckets[place].day.isoformat(),
            "when": spending.span.buckets[place].day.strftime(WHEN[spending.span.step]),
            "part": name,
            "rank": shown.index(name),
            "value": value,
            "told": _told(value, measure),
        }
        for (place, name), value in sorted(rows.items())
        if value
    ], shown


def _told(value: float, measure: Measure) -> str:
    if measure.is_usd:
        return f"${value:,.2f}" if value >= 1 else f"${value:.4f}"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def _chart(spending: Spending, rows: list[dict[str, Any]], names: list[str], measure: Measure) -> alt.Chart:
    import altair as alt
    import pandas as pd

    days = [bucket.day.isoformat() for bucket in spending.span.buckets]
    frame = pd.DataFrame(rows, columns=["day", "when", "part", "rank", "value", "told"])
    there = [name for name in names if name in set(frame["part"])]
    axis = alt.Axis(
        title=None,
        labelAngle=0,
        labelOverlap=True,
        labelExpr=f"timeFormat(toDate(datum.value + 'T12:00'), '{AXIS[spending.span.step]}')",
    )
    return (
        alt.Chart(frame)
        .mark_bar(cornerRadius=2)
        .properties(height=HEIGHT_PX)
        .encode(
            x=alt.X("day:O", scale=alt.Scale(domain=days, paddingInner=0.25), axis=axis),
            y=alt.Y(
                "value:Q", title=None, axis=alt.Axis(format="$,.4~r" if measure.is_usd else "~s", tickCount=5)
            ),
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=names),
                legend=alt.Legend(title=None, orient="bottom", columns=2, labelLimit=LEGEND_PX, values=there),
            ),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("when:N", title="when"),
                alt.Tooltip("part:N", title="what"),
                alt.Tooltip("told:N", title=measure.label.lower()),
            ],
        )
    )


def _described(spending: Spending, rows: list[dict[str, Any]], measure: Measure, by: str) -> str:
    sums: dict[str, float] = defaultdict(float)
    for row in rows:
        sums[row["part"]] += row["value"]
    words = ", ".join(f"{name} {_told(value, measure)}" for name, value in sums.items())
    bars = figures.counted(len(spending.span.buckets), spending.span.step)
    return f"{measure.label} over {bars}, by {by.lower()}: {words or 'nothing'}."
