"""The data sets there are, and the way to a new one."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from components import figures, state
from components.failures import show
from components.house import House
from components.plain import plain
from services.errors import AppError
from services.tuning import sample
from services.tuning.records import DataSet

PER_ROW = 3


def draw(house: House) -> None:
    """Draw the cards."""
    with st.container(horizontal=True):
        if st.button("New data set", type="primary", icon=":material/add:", key="new-data-set"):
            _create(house, f"Examples of {datetime.now(state.zone()):%d %B}")
        if st.button("Try it with ready examples", icon=":material/lab_profile:", key="sample-data-set"):
            _create(house, sample.NAME, sample.sample())
    found = house.data_sets.all()
    if not found:
        _draw_empty()
        return
    with st.grid(PER_ROW, border=True) as grid:
        for data_set in found:
            with grid.cell():
                _draw_card(data_set)


def _draw_empty() -> None:
    st.info(
        "No data sets yet. A data set is a list of examples: a question as your users ask it, and the answer you want. "
        "They come from a file, from answers you liked in your own conversations, or you write them. Ten are the least a "
        "training takes; fifty good ones are a start.",
        icon=":material/dataset:",
    )


def _draw_card(data_set: DataSet) -> None:
    changed = data_set.updated_at.astimezone(state.zone())
    st.markdown(f":material/dataset: **{plain(data_set.name)}**")
    st.caption(f"{figures.counted(data_set.lines, 'line')} · changed {changed:%d %b, %H:%M}")
    if st.button("Open", key=f"open-{data_set.id}", icon=":material/arrow_forward:"):
        state.open_data_set(data_set.id)
        st.rerun()


def _create(house: House, name: str, lines: list[str] | None = None) -> None:
    try:
        made = house.data_sets.create(name, lines or [])
    except AppError as error:
        show(error)
        return
    state.open_data_set(made.id)
    st.rerun()
