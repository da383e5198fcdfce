"""Fine-tuning: examples, training, what to do instead, and what each reaches."""

from __future__ import annotations

import streamlit as st

from components import sidebar, state
from components.failures import show
from components.finetune import desk, jobs, notice, shelf
from components.gauge import Gauge
from components.house import house as open_house
from services.errors import NotFound
from services.tuning.jobs import TuningApi

house = open_house()
choice = sidebar.draw(house)
Gauge(house, choice, None, (), {}).draw(None)

opened = None
if (data_set_id := state.data_set_id()) is not None:
    try:
        opened = house.data_sets.get(data_set_id)
    except NotFound as error:
        show(error)
if opened is not None:
    desk.draw(house, choice, opened)
else:
    st.title("Fine-tuning", anchor=False)
    st.markdown(
        "A model learns from examples how you want it to answer: a form, a tone, a choice. It does not learn facts that way; "
        "for those there are files."
    )
    notice.draw()
    tabs = st.tabs(["Data sets", "Trainings"], key="finetune-tabs", bind="query-params", on_change="rerun")
    if tabs[0].open:
        with tabs[0]:
            shelf.draw(house)
    if tabs[1].open:
        with tabs[1]:
            jobs.draw(TuningApi(lambda: choice.connection))
