"""The experiments there are, and the reports that were kept."""

from __future__ import annotations

import streamlit as st

from components import state
from components.house import House
from components.lab import result, side_by_side
from services.lab.conclusion import conclude
from services.lab.experiments import EXPERIMENTS, experiment
from services.lab.records import Report
from services.lab.reports import Reports

PER_ROW = 3


def draw(house: House) -> None:
    """The cards of all experiments, and what has been found so far."""
    st.markdown(
        "Advice about models ages fast. Here each piece of it is a small experiment on your own prompt and model: two ways, "
        "tried in turns, with a conclusion that says how sure it is."
    )
    with st.grid(PER_ROW, border=True) as grid:
        for one in EXPERIMENTS:
            with grid.cell():
                st.markdown(f"{one.icon} **{one.title}**  \n{one.hypothesis}")
                if st.button("Try it", key=f"try-{one.slug}", icon=":material/arrow_forward:"):
                    state.open_experiment(one.slug)
                    st.rerun()
    st.header("Kept reports", anchor=False)
    reports = Reports(house.preferences)
    kept = reports.all()
    if not kept:
        st.caption("Each run is kept here, so that you can compare models and days.")
        return
    _draw_table(kept)
    side_by_side.draw(kept)
    for report in kept:
        _draw_report(reports, report)


def _draw_table(kept: list[Report]) -> None:
    rows = []
    for report in kept:
        chosen = experiment(report.plan.experiment)
        if chosen is None:
            continue
        found = conclude(chosen, report.trials)
        rows.append(
            {
                "When": report.at.astimezone(state.zone()),
                "Experiment": chosen.title,
                "Model": result.models(report),
                "First way": _median(found.sides[0].median),
                "Second way": _median(found.sides[1].median),
                "Clear": found.is_clear,
                "Trials": len(report.trials),
            }
        )
    st.dataframe(
        rows, hide_index=True, column_config={"When": st.column_config.DatetimeColumn(format="calendar")}
    )


def _median(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _draw_report(reports: Reports, report: Report) -> None:
    chosen = experiment(report.plan.experiment)
    if chosen is None:
        return
    when = report.at.astimezone(state.zone())
    with st.expander(f"{chosen.title} · {result.models(report)} · {when:%d %b, %H:%M}", icon=chosen.icon):
        result.draw(chosen, report)
        if st.button(
            "Delete this report", key=f"delete-{report.id}", icon=":material/delete:", type="tertiary"
        ):
            reports.delete(report.id)
            st.rerun()
