"""Files: questions about documents and tables, answered so that everything can be checked with one click."""

from __future__ import annotations

import streamlit as st

from components import sidebar
from components.files import asking, shelf
from components.files.desk import open_desk
from components.house import house as open_house

house = open_house()
choice = sidebar.draw(house)
desk = open_desk(house, asking.chosen_way())
with st.container(horizontal=True, vertical_alignment="center"):
    st.header("Files", anchor=False)
    shelf.draw_choice(desk)
ask, see, evaluate = st.tabs(
    [":material/forum: Ask", ":material/scatter_plot: See retrieval", ":material/fact_check: Evaluate"],
    key="files-tab",
    on_change="rerun",
)
if ask.open:
    with ask:
        asking.draw(desk, choice)
