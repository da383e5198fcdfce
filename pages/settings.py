"""Settings: connections and keys, budgets, the API of this installation, and the data it keeps."""

from __future__ import annotations

import streamlit as st

from components import data_panel, settings_panels, sidebar
from components.gauge import Gauge
from components.house import house as open_house

house = open_house()
choice = sidebar.draw(house)
Gauge(house, choice, None, (), {}).draw(None)

st.title("Settings", anchor=False)
connections, defaults, budgets, api, data = st.tabs(
    ["Connections", "New conversations", "Budgets", "API", "Data"],
    key="settings-tabs",
    bind="query-params",
    on_change="rerun",
)
PANELS = (
    (connections, settings_panels.draw_connections),
    (defaults, settings_panels.draw_defaults),
    (budgets, settings_panels.draw_budgets),
    (api, settings_panels.draw_api),
    (data, data_panel.draw),
)
for tab, draw in PANELS:
    if tab.open:
        with tab:
            draw(house, choice)
