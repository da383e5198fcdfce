"""Lab: best practices as experiments on one's own prompts."""

from __future__ import annotations

import streamlit as st

from components import sidebar, state
from components.gauge import Gauge
from components.house import house as open_house
from components.lab import batches, desk, meaning, overview
from services.lab.experiments import experiment

house = open_house()
choice = sidebar.draw(house)
Gauge(house, choice, None, (), {}).draw(None)

chosen = experiment(state.experiment_slug() or "")
if chosen is not None:
    desk.draw(house, choice, chosen)
else:
    st.title("Lab", anchor=False)
    tabs = st.tabs(
        ["Experiments", "Batches", "Cache by meaning"], key="lab-tabs", bind="query-params", on_change="rerun"
    )
    if tabs[0].open:
        with tabs[0]:
            overview.draw(house)
    if tabs[1].open:
        with tabs[1]:
            batches.draw(house, choice)
    if tabs[2].open:
        with tabs[2]:
            meaning.draw(house, choice)
