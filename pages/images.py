"""Images: pictures from words, changed in words and by painting, asked about, and kept in a gallery."""

from __future__ import annotations

import streamlit as st

from components import sidebar
from components.gauge import Gauge
from components.house import house as open_house
from components.images import asking, editing, making, shelf, stage
from components.images.desk import open_desk

MAKE, EDIT, ASK = ":material/brush: Make", ":material/auto_fix_high: Edit", ":material/help: Ask"

house = open_house()
choice = sidebar.draw(house)
Gauge(house, choice, None, (), {}).draw(None)
desk = open_desk(house, choice)
st.header("Images", anchor=False)
controls, picture = st.columns([2, 3], gap="large")
with controls:
    way = st.segmented_control(
        "What to do",
        [MAKE, EDIT, ASK],
        default=MAKE,
        key="images-way",
        required=True,
        label_visibility="collapsed",
        width="stretch",
    )
with picture:
    slot = st.empty().container()
with controls:
    if way == EDIT:
        editing.draw(desk, slot)
    elif way == ASK:
        asking.draw(desk, slot)
    else:
        making.draw(desk, slot)
with picture:
    if desk.open is None:
        with st.container(border=True):
            st.markdown("**The picture appears here.** Say what it shall show, or begin with one of these.")
            making.ideas()
    elif way != ASK:
        if way == EDIT:
            stage.draw_below(desk, desk.open)
        else:
            stage.draw(desk, desk.open)
stage.draw_comparison(desk)
shelf.draw(desk)
