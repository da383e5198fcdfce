"""A report drawn: its conclusion, each trial as a point, the trials as a table."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict

import streamlit as st

from components import figures
from components.plain import plain
from services.formulas import harmless
from services.lab.conclusion import Conclusion, conclude
from services.lab.experiments import Experiment
from services.lab.records import METRICS, Report

COLOURS = ("#94a3b8", "#0d9488")


def models(report: Report) -> str:
    """The model or models a report is about."""
    plan = report.plan
    return f"{plan.model} and {plan.other_model}" if plan.other_model else plan.model


def draw(experiment: Experiment, report: Report) -> None:
    """Draw what a run has found, finished or not."""
    found = conclude(experiment, report.trials)
    if report.problem:
        st.warning(report.problem, icon=":material/info:")
    if found.is_clear:
        st.success(found.sentence, icon=":material/insights:")
    else:
        st.info(found.sentence, icon=":material/insights:")
    _draw_figures(experiment, found, report)
    if report.trials:
        st.altair_chart(_chart(experiment, report), alt=found.sentence)
        with st.expander("Every trial", icon=":material/table_rows:"):
            st.dataframe(_rows(experiment, report), hide_index=True)
            _draw_downloads(experiment, report)


def _draw_figures(experiment: Experiment, found: Conclusion, report: Report) -> None:
    name, unit = METRICS[experiment.metric]
    with st.container(horizontal=True):
        for side in found.sides:
            figure = "–" if side.median is None else _figure(side.median, unit)
            checked = f"{side.good} of {side.checked} passed" if side.checked else None
            st.metric(f"{side.name}: median {name}", figure, checked, delta_color="off", delta_arrow="off")
        cost = "unknown" if report.cost_usd is None else figures.money(report.cost_usd)
        st.metric("Cost of this run", cost)


def _figure(value: float, unit: str) -> str:
    return f"{value:.2f} s" if unit == "s" else f"{value:,.0f}"


def _chart(experiment: Experiment, report: Report):  # type: ignore[no-untyped-def]
    import altair as alt

    name, unit = METRICS[experiment.metric]
    values = [
        {"way": experiment.ways[trial.way], "value": trial.value(experiment.metric), "note": trial.note}
        for trial in report.trials
    ]
    title = f"{name} ({unit})"
    scale = alt.Scale(domain=list(experiment.ways), range=list(COLOURS))
    base = alt.Chart(alt.Data(values=values)).encode(
        x=alt.X("value:Q", title=title, scale=alt.Scale(zero=True)),
        y=alt.Y("way:N", title=None, sort=list(experiment.ways), axis=alt.Axis(labelLimit=240)),
    )
    points = base.mark_circle(size=110, opacity=0.75).encode(
        color=alt.Color("way:N", scale=scale, legend=None), tooltip=["way:N", "value:Q", "note:N"]
    )
    medians = base.mark_tick(thickness=3, size=34, color="#6366f1").encode(x="median(value):Q")
    return (points + medians).properties(height=150)


def _rows(experiment: Experiment, report: Report) -> list[dict[str, object]]:
    return [
        {
            "Way": experiment.ways[trial.way],
            "First word (s)": round(trial.first_s, 2),
            "All (s)": round(trial.seconds, 2),
            "Read": trial.usage.prompt_tokens,
            "From cache": trial.usage.cached_tokens,
            "Written": trial.usage.completion_tokens,
            "Calls": trial.calls,
            "Passed": trial.good,
            "Note": plain(trial.note),
        }
        for trial in report.trials
    ]


def _draw_downloads(experiment: Experiment, report: Report) -> None:
    rows = _rows(experiment, report)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(
        {name: harmless(value) if isinstance(value, str) else value for name, value in row.items()}
        for row in rows
    )
    with st.container(horizontal=True):
        st.download_button(
            "CSV",
            text.getvalue(),
            f"{experiment.slug}.csv",
            "text/csv",
            icon=":material/download:",
            key=f"csv-{report.id}",
        )
        st.download_button(
            "JSON",
            json.dumps(asdict(report), default=str, indent=2),
            f"{experiment.slug}.json",
            "application/json",
            icon=":material/download:",
            key=f"json-{report.id}",
        )
