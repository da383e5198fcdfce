"""The empty page: assistants that are useful at once, and ways to begin with one."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from components import state
from components.assistant.desk import Desk
from components.plain import plain
from services.assistants.presets import PRESETS, Preset, preset
from services.assistants.records import Assistant
from services.errors import NotFound
from services.gpts.opening import GPT

CARDS_A_ROW = 2


def draw(desk: Desk) -> None:
    """No assistant yet: what one is, and four to begin with."""
    st.markdown(
        ":violet-badge[:material/smart_toy: Assistants] The server remembers: it keeps the assistant, its files and "
        "every thread. Your program sends one message, and the rest is already there."
    )
    st.space("small")
    for row in (PRESETS[:CARDS_A_ROW], PRESETS[CARDS_A_ROW:]):
        for column, given in zip(st.columns(CARDS_A_ROW), row, strict=False):
            with column, st.container(border=True, height="stretch"):
                _draw_card(desk, given)


def _draw_card(desk: Desk, given: Preset) -> None:
    st.markdown(f"{given.icon} **{given.name}**")
    st.markdown(given.sentence)
    tools = {"file_search": "file search", "code_interpreter": "runs Python"}
    st.caption(" · ".join(tools[tool] for tool in given.tools) or "no tools, only memory")
    st.space("stretch")
    if st.button("Create", key=f"preset-{given.name}", icon=":material/add:"):
        made = desk.house.assistants.create_assistant(given.body(desk.house.settings.chat_model))
        st.session_state[state.ASSISTANT] = made.id
        st.rerun()


def starters(desk: Desk) -> str | None:
    """An empty thread: what its assistant is for, and what one may ask it. The chosen question."""
    assistant = desk.assistant
    if assistant is None:
        return None
    slot = st.empty()
    with slot.container():
        st.space("medium")
        st.markdown(
            ":violet-badge[:material/smart_toy: Assistants] The server remembers: only your new message is sent."
        )
        if assistant.description:
            st.markdown(plain(assistant.description))
        questions = _questions(desk, assistant)
        chosen = st.pills(
            "Begin with", questions, label_visibility="collapsed", key=f"starter-{assistant.id}"
        )
    if chosen is not None:
        slot.empty()
    return chosen


def _questions(desk: Desk, assistant: Assistant) -> list[str]:
    """What one may ask first: of its preset, or of the GPT that it was made from."""
    if (known := preset(assistant.metadata.get("preset"))) is not None:
        return list(known.starters)
    with suppress(NotFound):
        if starters := desk.house.gpts.get(assistant.metadata.get(GPT, "")).starters:
            return list(starters)
    return ["What can you do for me?"]
