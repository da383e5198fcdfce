"""Files: questions about documents and tables, answered so that everything can be checked with one click."""

from __future__ import annotations

import streamlit as st

from components import sidebar
from components.files import asking, shelf
from components.files.desk import open_desk
from components.house import house as open_house
from components.retrieval import evaluate as evaluate_tab
from components.retrieval import see as see_tab

house = open_house()
choice = sidebar.draw(house)
desk = open_desk(house, asking.chosen_way())
with st.container(horizontal=True, vertical_alignment="center"):
    st.header("Files", anchor=False, width="stretch")
    shelf.draw_choice(desk)
ask, see, evaluate = st.tabs(
    [":material/forum: Ask", ":material/scatter_plot: See retrieval", ":material/fact_check: Evaluate"],
    key="files-tab",
    on_change="rerun",
)
if ask.open:
    with ask:
        asking.draw(desk, choice)
elif desk.collection is not None:
    with see if see.open else evaluate:
        if see.open:
            see_tab.draw(house, desk.collection.id, desk.collection.name)
        else:
            evaluate_tab.draw(house, desk.collection.id, desk.collection.name, choice, desk.turns)
else:
    st.caption("Make a collection and add files first.")
