"""Usage: what was used and spent, budgets, rate limits, prices, and the models that end."""

from __future__ import annotations

import streamlit as st

from components import sidebar
from components.gauge import Gauge
from components.house import house as open_house
from components.usage import budgets, endings, limits, prices, spending

house = open_house()
choice = sidebar.draw(house)
Gauge(house, choice, None, (), {}).draw(None)

st.header("Usage", anchor=False)
PANELS = {
    "Spending": spending.draw,
    "Budgets": budgets.draw,
    "Rate limits": limits.draw,
    "Prices": prices.draw,
    "Shutdown dates": endings.draw,
}
tabs = st.tabs(list(PANELS), key="usage-tabs", bind="query-params", on_change="rerun")
for tab, draw in zip(tabs, PANELS.values(), strict=True):
    if tab.open:
        with tab:
            draw(house)
