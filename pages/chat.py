"""Chat: the stateless mode. The whole history leaves the machine with every message, and this page shows it."""

from __future__ import annotations

import streamlit as st

from components import composer, library, navigation, options, sidebar, state, wire
from components.conversation import Conversing
from components.failures import show
from components.gauge import Gauge
from components.house import house as open_house
from components.rating import Rater
from components.stream import draw_live_turn
from components.turn_view import Action, draw_turn
from services.errors import AppError, NotFound
from services.files.asking import COLLECTION
from services.live import branch

WINDOW = 20

house = open_house()
choice = sidebar.draw(house)
conversation_id = state.conversation_id()
conversation = None
if conversation_id is not None:
    try:
        conversation = house.conversations.get(conversation_id)
    except NotFound as error:
        show(error)
        conversation_id = None

if conversation and (asked_about := conversation.settings.get(COLLECTION)):
    st.switch_page(navigation.page("files"), query_params={state.COLLECTION_PARAM: asked_about})

saved = conversation.settings if conversation else composer.draft_options(house)
shown = st.session_state.get(state.SHOWN, WINDOW)
turns = branch(house.conversations, house.live, conversation_id, shown) if conversation_id else []
siblings = house.conversations.siblings(conversation_id) if conversation_id else {}
live = house.live.get(turns[-1].id) if turns else None
gauge = Gauge(house, choice, conversation_id, turns, saved)
gauge.draw(turns[-1] if turns else None)
library.draw_recent(house, conversation_id)

state.open_wire_if_asked()
with st.container(horizontal=True, vertical_alignment="center"):
    st.header(composer.title(conversation), anchor=False)
    st.space("stretch")
    with st.popover("Options", icon=":material/tune:", key="options"):
        wanted = options.draw(choice.model, composer.toolbox(house), saved, conversation_id or "new")
    on_the_wire = st.toggle(
        "On the wire", key=state.WIRE_OPEN, persist_state="session", help="What really travels, turn by turn"
    )
wanted |= composer.carried(saved)
if wanted != saved:
    composer.save_options(house, conversation_id, wanted)

talk, side = st.columns([3, 2], gap="large") if on_the_wire else (st.container(), None)
state.restore_typed()
typed = st.chat_input(
    f"Message {choice.model.id}",
    key=state.COMPOSER,
    accept_file="multiple",
    submit_mode="stop",
    max_upload_size=64,
)
if typed and live:
    live.stop()
    live.join()
    live = None
action: Action | None = state.take_confirmed()
suggested: str | None = None
brought = state.take_brought()
rater = Rater(house, turns)
with talk:
    composer.draw_gpt(house, saved)
    earlier = bool(turns) and turns[0].parent_id is not None
    if earlier and st.button("Show earlier messages", icon=":material/expand_less:", key="earlier"):
        st.session_state[state.SHOWN] = len(turns) + WINDOW
        st.rerun()
    for turn in turns[:-1] if live else turns:
        action = draw_turn(turn, siblings.get(turn.id, (turn.id,)), rate=rater.draw) or action
    if not turns and not typed and not brought:
        suggested = composer.suggestions(saved)
    elif not live and not typed and not action:
        composer.draw_estimate(gauge.history_tokens, turns)
if side is not None:
    with side:
        shown = next(
            (t for t in turns if t.id == st.session_state.get(state.WIRE_TURN)), turns[-1] if turns else None
        )
        wire.draw(turns, shown, house.conversations.exchanges(shown.id) if shown else [])

if conversation and conversation.title is None and turns and not live:
    composer.await_title(house, conversation.id)
conversing = Conversing(house, choice, conversation_id, wanted)
try:
    if action is not None:
        conversing.act(action)
    elif brought is not None:
        live = conversing.say(brought.text, brought.files, turns)
    elif typed or suggested:
        live = conversing.say(suggested or typed.text, typed.files if typed else (), turns)
except AppError as error:
    st.session_state[state.RESTORE] = typed.text if typed else None
    state.fail(error.user_message)
    st.rerun()
if live is not None:
    with talk:
        draw_live_turn(
            live, conversing.waiting_for(turns), lambda: gauge.follow(live), own_stop=typed is None
        )
