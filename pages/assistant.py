"""Assistant: the stateful mode. The server keeps the assistant, its files and every thread, and this page shows it."""

from __future__ import annotations

import streamlit as st

from components import sidebar, state
from components.assistant import acting, functions, gallery, picker, progress, server_panel, stores, threads
from components.assistant.cards import Cards
from components.assistant.desk import WINDOW, chat_models, describe, open_desk
from components.assistant.run_panel import Following
from components.gauge import Gauge
from components.house import house as open_house
from components.stream import draw_live_turn
from components.turn_view import Action, draw_turn
from services.assistants.records import Assistant
from services.errors import AppError
from services.live import LiveTurn

PANEL_PX = 440

house = open_house()
desk = open_desk(house)
assistant, turns = desk.assistant, desk.turns
model_id = assistant.model if assistant else house.settings.chat_model


def pick(model: str) -> None:
    """Give the assistant another model."""
    if assistant is not None:
        house.assistants.update_assistant(assistant.id, {"model": model})


choice = sidebar.draw_for(house, describe(house, model_id), chat_models(house), pick)
settings = {"system_prompt": assistant.instructions if assistant else ""}
gauge = Gauge(house, choice, desk.thread.id if desk.thread else None, turns, settings, called="Thread")
gauge.draw(turns[-1] if turns else None)
threads.draw_recent(desk)

with st.container(horizontal=True, vertical_alignment="center"):
    st.header(threads.title_of(desk.thread) if desk.thread else "Assistant", anchor=False, width="stretch")
    if st.button("Functions", icon=":material/function:", type="tertiary", key="functions"):
        functions.manage(desk)
    if st.button("Vector stores", icon=":material/database:", type="tertiary", key="stores"):
        stores.manage(desk)
on_the_server = picker.draw(desk)


def talk_with(assistant: Assistant) -> None:
    """The thread, what belongs to it on the server, and the next message."""
    state.restore_typed()
    typed = st.chat_input(
        f"Message {assistant.name or 'the assistant'}",
        key=state.COMPOSER,
        accept_file="multiple",
        submit_mode="stop",
        max_upload_size=512,
    )
    # The page stands at its end: there the panel is beside what was said last, however long the thread is.
    align = "bottom" if turns or typed else "top"
    talk, side = (
        st.columns([3, 2], gap="large", vertical_alignment=align) if on_the_server else (st.container(), None)
    )
    live, cards = acting.join_if_running(desk), Cards(desk)
    action: Action | None = None
    suggested: str | None = None
    with talk:
        if desk.has_earlier and st.button(
            "Show earlier messages", icon=":material/expand_less:", key="earlier"
        ):
            st.session_state[state.SHOWN] = st.session_state.get(state.SHOWN, WINDOW) + WINDOW
            st.rerun()
        for turn in turns[:-1] if live else turns:
            action = (
                draw_turn(turn, (turn.id,), menu=acting.MENU, approve=cards.draw, after=acting.draw_files)
                or action
            )
        if not turns and not typed:
            suggested = gallery.starters(desk)
    following = None
    if side is not None:
        with side, st.container(height=PANEL_PX, border=False):
            following = server_panel.draw(desk)

    try:
        if action is not None:
            acting.act(desk, action, cards)
        elif typed or suggested:
            with talk, st.spinner("Sending"):
                live = acting.say(desk, suggested or typed.text, typed.files if typed else ())
    except AppError as error:
        st.session_state[state.RESTORE] = typed.text if typed else None
        state.fail(error.user_message)
        st.rerun()
    if live is not None:
        with talk:
            draw_answer(live, following, own_stop=typed is None)


def draw_answer(live: LiveTurn, panel: Following | None, *, own_stop: bool) -> None:
    """The answer as it comes, and with it the meter, the files being read and the run."""
    reading = progress.Reading(house.assistants, live.turn)

    def follow() -> None:
        gauge.follow(live)
        reading.follow()
        if panel is not None:
            panel.follow(live.turn)

    draw_live_turn(live, acting.waiting_for(desk), follow, own_stop=own_stop, below_question=reading.place)


if assistant is None:
    gallery.draw(desk)
else:
    talk_with(assistant)
