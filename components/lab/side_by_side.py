"""Kept reports of one experiment, laid side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from components import state
from components.lab import result
from services.lab.comparing import Beside, comparable, side_by_side
from services.lab.conclusion import Side
from services.lab.experiments import Experiment, experiment
from services.lab.records import METRICS, Report

ROW_PX = 44


def draw(kept: Sequence[Report]) -> None:
    """Draw the choice of reports, and what they say about the same thing."""
    offered = {one: some for slug, some in comparable(kept).items() if (one := experiment(slug)) is not None}
    if not offered:
        st.caption("Once two reports of one experiment are kept, they can be compared here.")
        return
    with st.container(border=True):
        st.subheader("Side by side", anchor=False)
        left, right = st.columns([1, 2])
        chosen = left.selectbox(
            "Experiment", list(offered), format_func=lambda one: one.title, key="beside-experiment"
        )
        reports = {report.id: report for report in offered[chosen]}
        ids = right.multiselect(
            "Reports",
            list(reports),
            list(reports)[:2],
            format_func=lambda one: name_of(reports[one]),
            key=f"beside-{chosen.slug}",
        )
        if len(ids) < 2:
            st.info("Choose two reports or more.", icon=":material/compare_arrows:")
            return
        _draw(chosen, side_by_side(chosen, [reports[one] for one in ids]))


def name_of(report: Report) -> str:
    """A report in a few words: its model and when it was made."""
    return f"{result.models(report)}, {report.at.astimezone(state.zone()):%d %b, %H:%M:%S}"


def _draw(chosen: Experiment, beside: Sequence[Beside]) -> None:
    name, unit = METRICS[chosen.metric]
    st.altair_chart(_chart(chosen, beside), alt=_alt(chosen, beside))
    st.dataframe(
        [_row(one, way) for one in beside for way in (0, 1)],
        hide_index=True,
        placeholder="unknown",
        column_config={
            "Median": st.column_config.NumberColumn(f"Median {name} ({unit})", format="%.2f"),
            "Cost": st.column_config.NumberColumn("Cost of a trial", format="$%.6f"),
        },
    )
    prompts = {one.report.plan.prompt for one in beside}
    if len(prompts) > 1:
        st.caption(":orange[:material/warning:] Their prompts differ, so part of a difference may be theirs.")
    st.caption(
        "Bars: where the median lies with 95 % certainty, by drawing the trials again and again. Where two bars do not overlap, "
        "a difference is hardly chance; where they do, it may be."
    )


def _row(one: Beside, way: int) -> dict[str, Any]:
    side, interval = one.found.sides[way], one.intervals[way]
    return {
        "Report": name_of(one.report),
        "Way": side.name,
        "Median": side.median,
        "95 % between": "too few trials"
        if interval is None
        else f"{interval[0]:,.2f} and {interval[1]:,.2f}",
        "Passed": f"{side.good} of {side.checked}" if side.checked else None,
        "Cost": None if side.cost_usd is None else float(side.cost_usd),
        "Trials": len(side.values),
    }


def _alt(chosen: Experiment, beside: Sequence[Beside]) -> str:
    name, unit = METRICS[chosen.metric]

    def told(side: Side) -> str:
        return f"{side.name} {side.median:,.2f} {unit}" if side.median is not None else f"{side.name} unknown"

    each = (f"{name_of(one.report)}: {', '.join(told(side) for side in one.found.sides)}" for one in beside)
    return f"Median {name}. {'; '.join(each)}"


def _chart(chosen: Experiment, beside: Sequence[Beside]):  # type: ignore[no-untyped-def]
    import altair as alt

    name, unit = METRICS[chosen.metric]
    values = [
        {
            "report": name_of(one.report),
            "way": side.name,
            "median": side.median,
            "low": interval[0] if interval else side.median,
            "high": interval[1] if interval else side.median,
        }
        for one in beside
        for side, interval in zip(one.found.sides, one.intervals, strict=True)
        if side.median is not None
    ]
    scale = alt.Scale(domain=list(chosen.ways), range=list(result.COLOURS))
    base = alt.Chart(alt.Data(values=values)).encode(
        y=alt.Y("report:N", title=None, sort=None, axis=alt.Axis(labelLimit=260)),
        yOffset=alt.YOffset("way:N", sort=list(chosen.ways)),
        color=alt.Color("way:N", scale=scale, title=None, legend=alt.Legend(orient="top", labelLimit=240)),
        tooltip=[
            "report:N",
            "way:N",
            *(alt.Tooltip(f"{one}:Q", format=".2f") for one in ("median", "low", "high")),
        ],
    )
    ranges = base.mark_rule(strokeWidth=3).encode(
        x=alt.X("low:Q", title=f"{name} ({unit})", scale=alt.Scale(zero=True)), x2="high:Q"
    )
    medians = base.mark_point(filled=True, size=110, opacity=1).encode(x="median:Q")
    return (ranges + medians).properties(height=70 + ROW_PX * len(beside))
