"""The GPTs there are: one's own, and six to start from."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from components import state
from components.gpts import builder, picture
from components.house import House
from components.plain import plain
from services.errors import AppError
from services.gpts.ready import ready
from services.gpts.records import Gpt
from services.gpts.store import from_file
from services.turns import new_id

PER_ROW = 3
OPENED_FILE = "gpt-file"


def draw(house: House) -> None:
    """Draw the cards, and the ways to a new GPT."""
    st.title("GPTs", anchor=False)
    st.markdown(
        "A GPT is a configuration with a name: instructions, tools, files, and ways to begin. Nothing is trained, so it runs "
        "with any model and in any mode."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if st.button("New GPT", type="primary", icon=":material/add:", key="new-gpt"):
            builder.begin(Gpt(new_id("gpt"), ""))
        with st.popover("Open a shared one", icon=":material/upload:"):
            _draw_import()
    own = house.gpts.all()
    if own:
        st.header("Yours", anchor=False)
        _draw_cards(own, is_own=True)
    st.header("To start from", anchor=False)
    _draw_cards(list(ready()), is_own=False)


def _draw_cards(gpts: list[Gpt], *, is_own: bool) -> None:
    with st.grid(PER_ROW, border=True) as grid:
        for gpt in gpts:
            with grid.cell():
                picture.draw(gpt)
                st.markdown(f":material/{gpt.icon}: **{plain(gpt.name)}**  \n{plain(gpt.description)}")
                if is_own and st.button("Open", key=f"open-{gpt.id}", icon=":material/arrow_forward:"):
                    state.open_gpt(gpt.id)
                    st.rerun()
                if not is_own and st.button("Use this", key=f"use-{gpt.id}", icon=":material/add:"):
                    builder.begin(replace(gpt, id=new_id("gpt")))


def _draw_import() -> None:
    given = st.file_uploader("A file that was shared", "json", key=OPENED_FILE, max_upload_size=1)
    st.caption(
        "You see what is in it before it is kept. Its instructions are text: they can do no more than be sent to a model."
    )
    if given is None or st.session_state.get(f"{OPENED_FILE}-read") == given.file_id:
        return
    try:
        gpt = from_file(given.getvalue())
    except AppError as error:
        st.error(error.user_message, icon=":material/error:")
        return
    st.session_state[f"{OPENED_FILE}-read"] = given.file_id
    builder.begin(gpt)
