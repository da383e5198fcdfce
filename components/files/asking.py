"""The Ask tab: the files, questions and answers about them, and beside these the source of a citation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from components import state, waiting
from components.conversation import reading_speed
from components.files import answered, answers, shelf, source
from components.files.desk import WAYS, FilesDesk, Way
from components.gauge import Gauge
from components.modes import LOOKS
from components.sidebar import Choice
from components.stream import draw_live_turn
from components.turn_view import Action, draw_turn
from services import catalog
from services.assistants import talks
from services.assistants.calling import Functions
from services.errors import AppError
from services.files.manual import Question
from services.live import LiveTurn
from services.tables.answers import TableQuestion
from services.turns import Turn

WAY = "files-way"


@dataclass(frozen=True, slots=True)
class Again:
    """A question to send: without some passages, or with SQL that the person wrote."""

    text: str
    without: tuple[str, ...] = ()
    sql: str | None = None


MENU = {"Copy": ":material/content_copy: Copy"}


def chosen_way() -> Way | None:
    """Which way the person chose in this session."""
    way: Way | None = st.session_state.get(WAY)
    return way


def draw(desk: FilesDesk, choice: Choice) -> None:
    """The tab. What the person asks is sent at its end, when everything else is drawn."""
    gauge = Gauge(desk.house, choice, _conversation_id(desk), desk.turns, {})
    gauge.draw(desk.turns[-1] if desk.turns else None)
    if desk.collection is not None:
        shelf.draw_files(desk, desk.collection)
    opened = source.shown()
    talk, side = st.columns([6, 5], gap="large") if opened else (st.container(), None)
    if opened and side is not None:
        with side:
            source.draw(opened)
    with talk:
        _draw_talk(desk, choice, gauge)


def _conversation_id(desk: FilesDesk) -> str | None:
    if desk.collection is None:
        return None
    return desk.collection.conversation_id if desk.way == "manual" else desk.collection.thread_id


def _draw_talk(desk: FilesDesk, choice: Choice, gauge: Gauge) -> None:
    if not desk.ways:
        _draw_empty(desk)
        return
    _draw_ways(desk)
    talk = st.container()
    state.restore_typed()
    typed = st.chat_input("Ask about these files", key=state.COMPOSER, submit_mode="stop")
    with talk:
        again = _draw_turns(desk)
    live = desk.live
    try:
        if typed and live is not None:
            live.stop()
            live.join()
        if typed:
            live = _ask(desk, choice, Again(typed))
        elif again is not None:
            live = _ask(desk, choice, again)
    except AppError as error:
        st.session_state[state.RESTORE] = typed or None
        state.fail(error.user_message)
        st.rerun()
    if live is not None:
        with talk:
            draw_live_turn(live, _waiting_for(desk, choice), lambda: gauge.follow(live), own_stop=not typed)


def _draw_empty(desk: FilesDesk) -> None:
    st.markdown(
        "##### Ask your documents, and check every answer\n"
        "Put PDFs, tables or other texts into a collection, then ask. Each statement carries a number: a click on it opens "
        "the page with the words it rests on marked. What the documents do not say is said not to be there."
    )
    if desk.collection is None and st.button(
        "Make a first collection", type="primary", icon=":material/create_new_folder:", key="first-collection"
    ):
        state.open_collection(desk.house.collections.create(shelf.FIRST_NAME).id)
        st.rerun()


def _draw_ways(desk: FilesDesk) -> None:
    if st.session_state.get(WAY) not in desk.ways:
        st.session_state[WAY] = desk.way
    st.segmented_control(
        "Answered by",
        desk.ways,
        format_func=lambda one: f"{LOOKS[WAYS[one][1]].icon} {WAYS[one][0]}",
        required=True,
        key=WAY,
        label_visibility="collapsed",
    )
    st.caption(WAYS[desk.way][2])


def _draw_turns(desk: FilesDesk) -> Again | None:
    """The questions and answers so far; what to ask again, and how."""
    again: Again | None = None
    for turn in desk.turns[:-1] if desk.live else desk.turns:
        action = draw_turn(turn, (turn.id,), menu=MENU, after=answers.draw_below)
        left_out = answers.draw_passages(turn) if desk.way != "native" else None
        sql = answered.draw(desk, turn) if desk.way != "native" else None
        if left_out is not None or sql is not None:
            again = Again(turn.user.content, left_out or (), sql)
        _act(action)
    return again


def _act(action: Action | None) -> None:
    if action is not None and action.kind == "show_source":
        source.show(action.citation)
        st.rerun()


def _ask(desk: FilesDesk, choice: Choice, wanted: Again) -> LiveTurn | None:
    state.let_go_typed()
    if desk.way == "native":
        return _ask_assistant(desk, choice, wanted.text)
    live = (_ask_tables if desk.way == "tables" else _ask_documents)(desk, choice, wanted)
    if live is None:
        st.rerun()
    return live


def _ask_documents(desk: FilesDesk, choice: Choice, wanted: Again) -> LiveTurn | None:
    assert desk.collection is not None
    question = Question(
        wanted.text,
        choice.model.id,
        choice.model.local,
        without=wanted.without,
        parameters=_parameters(choice),
        context_tokens=choice.model.context_tokens,
    )
    return desk.house.asking.ask(desk.collection, wanted.text, choice.connection, question)


def _ask_tables(desk: FilesDesk, choice: Choice, wanted: Again) -> LiveTurn | None:
    assert desk.collection is not None
    question = TableQuestion(wanted.text, (), choice.model.id, sql=wanted.sql, parameters=_parameters(choice))
    return desk.house.asking.ask_tables(desk.collection, choice.connection, question)


def _parameters(choice: Choice) -> dict[str, float]:
    """The same question is to get the same answer, where the model lets one say so."""
    return {"temperature": 0.0} if "temperature" in catalog.parameters(choice.model, None) else {}


def _ask_assistant(desk: FilesDesk, choice: Choice, text: str) -> LiveTurn:
    """The same question to our server's assistant, with the model that is chosen here."""
    assert desk.collection is not None
    key = "" if choice.model.local else choice.connection.api_key
    way = talks.Way(desk.house.assistants.connection, choice.model.local, Functions((), {}, {}), key)
    return desk.house.asking_assistant.ask(desk.collection, text, choice.model.id, way)


def _waiting_for(desk: FilesDesk, choice: Choice) -> Callable[[Turn, float], str]:
    speed = reading_speed(desk.turns)
    return lambda turn, elapsed_s: waiting.waiting_for(choice.connection, turn, elapsed_s, speed)
