"""Compare: one message to two, three or four lanes at once, with what each sends, costs and remembers."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components import sidebar, state
from components.compare import (
    acting,
    blind,
    chooser,
    lane_settings,
    lanes,
    panels,
    playing,
    scenarios,
    shelf,
)
from components.compare.desk import Desk, open_desk
from components.failures import guarded
from components.gauge import Gauge
from components.house import house as open_house
from services.compare.asking import NewMessage
from services.errors import AppError

house = open_house()
choice = sidebar.draw(house)
desk = open_desk(house, choice)
is_sent = bool(st.session_state.get(state.COMPOSER))
if not is_sent:
    with guarded():
        desk = acting.go_on(desk)
totals = house.comparing.totals(desk.comparison) if desk.comparison else None
Gauge(house, choice, None, (), {}, called="Lanes", totals=totals).draw(None)
shelf.draw_recent(house, desk.comparison.id if desk.comparison else None)
shelf.draw_head(desk)
# What stands here before the first message is gone at once when that is sent, not only when it has been answered.
beginning = st.empty()
state.restore_typed()


def draw_input(desk: Desk) -> Any:
    """The one input below all lanes; what was sent."""
    return st.chat_input(
        f"One message to {len(desk.lanes)} lanes",
        key=state.COMPOSER,
        accept_file="multiple",
        submit_mode="stop",
        max_upload_size=64,
    )


def draw_beginning(desk: Desk) -> None:
    """The lanes as they are set up, the input, and scenarios to begin with."""
    st.markdown(
        "Every lane gets the same message. Watch what each of them sends, what its server remembers, and what that costs as "
        "the talk grows."
    )
    lanes.draw_headers(desk)
    draw_input(desk)
    st.subheader("Or have a scenario played", anchor=False)
    if (chosen := scenarios.draw_cards()) is not None:
        playing.begin(desk, chosen)
    with st.expander("Which mode is for me?", icon=":material/help:"):
        chooser.draw()


typed = None
if is_sent or desk.turns:
    typed = draw_input(desk)
else:
    with beginning.container():
        draw_beginning(desk)
if typed:
    try:
        files = [(file.name, file.getvalue()) for file in typed.files]
        desk = acting.say(desk, NewMessage(typed.text, files, lane_settings.own_files()))
    except AppError as error:
        st.session_state[state.RESTORE] = typed.text
        state.fail(error.user_message)
        st.rerun()


def draw_talk(desk: Desk) -> None:
    """The talk, what was measured, and at last the answers that are on their way."""
    playing.draw_caption(desk)
    wish, places = None, lanes.Places()
    if desk.is_blind and desk.comparison is not None:
        status = lanes.draw_waiting(desk)
        blind.draw(desk.comparison, desk.talks, desk.settings, desk.save)
    else:
        status = None
        lanes.draw_headers(desk)
        places, wish = lanes.draw_turns(desk, desk.live)
        if desk.live and not typed:
            lanes.draw_stop(desk.live)
        playing.draw_verdict(desk)
        panels.draw(desk)
    if wish is not None:
        acting.grant(desk, wish)
        st.rerun()
    if desk.live:
        lanes.follow(desk, desk.live, places, status)


if desk.turns:
    draw_talk(desk)
