"""Talking to a GPT before it is saved. Nothing of it is kept, but every call is metered."""

from __future__ import annotations

import streamlit as st

from components import waiting
from components.composer import chat_options, toolbox
from components.gpts import picture
from components.house import House
from components.sidebar import Choice
from components.stream import FRAME_S, TOUCH_S, Growing, stops
from components.turn_view import AVATAR, draw_answer, draw_message
from services.gpts.opening import chat_settings
from services.gpts.records import Gpt
from services.modes.chat_completions import ChatRequest, send
from services.turns import Message, Turn

TURNS = "gpt_preview"


def forget() -> None:
    """Begin the talk anew."""
    st.session_state.pop(TURNS, None)


def draw(house: House, choice: Choice, gpt: Gpt) -> None:
    """Draw the talk so far, and answer what was typed."""
    turns: list[Turn] = st.session_state.setdefault(TURNS, [])
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            picture.draw(gpt, 40)
            st.markdown(f"**Preview** :gray-badge[{choice.model.id}]", width="stretch")
            if turns and st.button(
                "", icon=":material/restart_alt:", key="preview-anew", help="Begin anew", type="tertiary"
            ):
                forget()
                st.rerun()
        chosen = None
        if not turns and gpt.starters:
            chosen = st.pills("Begin with", gpt.starters, label_visibility="collapsed", key="preview-starter")
        for turn in turns:
            with st.chat_message("user", avatar=AVATAR["user"]):
                draw_message(turn.user)
            draw_answer(turn)
        place = st.container()
        typed = st.chat_input("Try it", key="preview-input")
        if text := typed or chosen:
            with place:
                _answer(house, choice, gpt, turns, text)


def _answer(house: House, choice: Choice, gpt: Gpt, turns: list[Turn], text: str) -> None:
    settings = chat_settings(gpt, [tool.name for tool in toolbox(house)])
    options = chat_options(house, choice, settings)
    turn = Turn("gpt-preview", Message("user", text), choice.model.id, choice.connection.name)
    request = ChatRequest(
        model=options.model,
        messages=(*(message for before in turns for message in before.messages), turn.user),
        system_prompt=options.system_prompt,
        parameters=options.parameters,
        tools=options.tools,
        context_tokens=options.context_tokens,
    )
    live = house.runs.start(turn, choice.connection, lambda client: send(client, choice.connection, request))
    turns.append(turn)
    with stops(live):
        with st.chat_message("user", avatar=AVATAR["user"]):
            draw_message(turn.user)
        growing = Growing(
            live, lambda turn, elapsed_s: waiting.waiting_for(choice.connection, turn, elapsed_s, None)
        )
        while not live.done:
            live.wait(growing.version, TOUCH_S)
            if growing.frame():
                live.wait(growing.version, FRAME_S)
    st.rerun()
