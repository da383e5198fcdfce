"""One data set: its name, and what can be done with it."""

from __future__ import annotations

import streamlit as st

from components import figures, state
from components.failures import show
from components.finetune import adding, findings, instead, lines, measuring, splitting, training
from components.finetune.reading import Read, chosen_base, read
from components.house import House
from components.plain import plain
from components.sidebar import Choice
from services.errors import AppError
from services.tuning.incoming import to_jsonl
from services.tuning.records import DataSet

TABS = ["Examples", "Split", "Train", "Without training", "Measure"]


def draw(house: House, choice: Choice, data_set: DataSet) -> None:
    """Draw the data set."""
    if st.button("All data sets", type="tertiary", icon=":material/arrow_back:"):
        state.open_data_set(None)
        st.rerun()
    found = read(house, data_set, chosen_base(choice))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(plain(data_set.name), anchor=False)
        st.space("stretch")
        _draw_menu(house, found)
    if not found.lines:
        st.markdown("Nothing is in it yet. Where do its examples come from?")
        adding.draw(house, data_set)
        return
    _draw_figures(found)
    # Bound to the address they would keep other pages from being opened by a button.
    tabs = st.tabs(TABS, key="data-set-tabs", on_change="rerun")
    if tabs[0].open:
        with tabs[0]:
            findings.draw(house, found)
            lines.draw(house, found)
            with st.expander("Add examples", icon=":material/add:"):
                adding.draw(house, data_set)
    if tabs[1].open:
        with tabs[1]:
            splitting.draw(house, found)
    if tabs[2].open:
        with tabs[2]:
            training.draw(choice, found)
    if tabs[3].open:
        with tabs[3]:
            instead.draw(house, choice, found)
    if tabs[4].open:
        with tabs[4]:
            measuring.draw(house, choice, found)


def _draw_figures(found: Read) -> None:
    tokens = sum(line.tokens or 0 for line in found.report.examples)
    with st.grid(4, min_column_width=150):
        st.metric("Good examples", f"{len(found.report.examples):,} of {len(found.lines):,}", border=True)
        st.metric("Tokens", f"{tokens:,}", border=True, help="Of all good examples, once.")
        st.metric(
            "Errors", f"{found.report.errors:,}", border=True, help="What a server refuses the file for."
        )
        parts = f"{len(found.split.training):,} / {len(found.split.validation):,}"
        st.metric("To train / to test", parts, border=True)


def _draw_menu(house: House, found: Read) -> None:
    with st.popover("Data set", icon=":material/more_horiz:", key="data-set-menu"):
        name = st.text_input("Name", found.data_set.name, key=f"name-{found.data_set.id}")
        if name and name.strip() != found.data_set.name and st.button("Rename", icon=":material/edit:"):
            _do(lambda: house.data_sets.rename(found.data_set.id, name))
        if found.lines:
            st.download_button(
                "Download as JSONL",
                to_jsonl([line.text for line in found.lines]),
                "examples.jsonl",
                "application/jsonl",
                icon=":material/download:",
                on_click="ignore",
            )
        if st.button("Delete", icon=":material/delete:", key="delete-data-set"):
            _confirm_deletion(house, found.data_set)


@st.dialog("Delete the data set", icon=":material/delete:")
def _confirm_deletion(house: House, data_set: DataSet) -> None:
    st.markdown(
        f"**{plain(data_set.name)}** and its {figures.counted(data_set.lines, 'line')} will be gone for good. Models that were "
        "trained with it stay."
    )
    if st.button("Delete for good", type="primary", icon=":material/delete_forever:", key="confirm-data-set"):
        house.data_sets.delete(data_set.id)
        state.open_data_set(None)
        state.notify("The data set is deleted.", ":material/delete_forever:")
        st.rerun()


def _do(work) -> None:  # type: ignore[no-untyped-def]
    try:
        work()
    except AppError as error:
        show(error)
        return
    st.rerun()
