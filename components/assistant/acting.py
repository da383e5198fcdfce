"""What a person does in a thread, handed to the service."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from components import figures, server_files, state, waiting
from components.assistant.cards import Cards
from components.assistant.desk import FOLLOWED, Desk
from components.assistant.diagram import WORDS
from components.stream import stops
from components.turn_view import Action
from services.errors import InvalidInput
from services.health import engine_state
from services.live import LiveTurn
from services.turns import Turn

MENU = {
    "Copy": ":material/content_copy: Copy",
    "Fork": ":material/call_split: Go on from here in a new thread",
}
JOINED = "joined-runs"


def say(desk: Desk, text: str, files: Sequence[Any]) -> LiveTurn:
    """Send a message in the thread. Raises AppError, and then nothing was said."""
    if desk.assistant is None:
        raise InvalidInput("There is no assistant yet. Create one first.")
    if desk.run is not None and desk.run["status"] in (*FOLLOWED, "requires_action"):
        raise InvalidInput("The thread still has a run that is not over. Answer it or cancel it, then go on.")
    uploads = [(file.name, file.getvalue()) for file in files]
    live = desk.house.talks.say(desk.thread, desk.assistant, text, uploads, desk.way(desk.assistant.model))
    with stops(live):
        state.open_thread(live.turn.conversation_id)
    return live


def act(desk: Desk, action: Action, cards: Cards) -> None:
    """Do what was chosen on a turn."""
    match action.kind:
        case "decide":
            _go_on(desk, action.turn, cards)
            st.rerun()
        case "fork":
            _fork(desk, action.turn)
            st.rerun()
        case "show_source" if action.citation is not None:
            server_files.show_source(action.citation)


def _go_on(desk: Desk, turn: Turn, cards: Cards) -> None:
    if desk.thread is None or desk.run is None:
        return
    desk.house.talks.join(desk.thread, turn, desk.run, desk.way(desk.run["model"], cards.decisions))


def _fork(desk: Desk, turn: Turn) -> None:
    """Copy the thread up to the end of this turn."""
    assert desk.thread is not None
    messages = desk.house.assistants.messages(desk.thread.id, desk.messages_read)
    own = [m for m in messages if turn.run is not None and m.get("run_id") == turn.run.run_id]
    last = own[0]["id"] if own else turn.id
    made = desk.house.assistants.fork(desk.thread.id, last)
    title = f"{desk.thread.name or 'Thread'} (fork)"
    desk.house.assistants.describe_thread(made, title=title)
    state.open_thread(made.id)
    state.notify("A new thread goes on from here.", ":material/call_split:")


def join_if_running(desk: Desk) -> LiveTurn | None:
    """Follow a run that is going on: after a reload, or when another program began it."""
    run = desk.run
    if desk.live is not None or run is None or run["status"] not in FOLLOWED or desk.thread is None:
        return desk.live
    tried = st.session_state.setdefault(JOINED, set())
    if run["id"] in tried:  # it could not be followed to its end
        return None
    tried.add(run["id"])
    turn = next((turn for turn in desk.turns if turn.run and turn.run.run_id == run["id"]), None)
    return desk.house.talks.join(desk.thread, turn, run, desk.way(run["model"])) if turn else None


def waiting_for(desk: Desk) -> Callable[[Turn, float], str]:
    """Says what is being waited for: our server before the run has begun, then the model."""
    connection = desk.house.assistants.connection

    def say_what(turn: Turn, elapsed_s: float) -> str:
        if turn.run is None or turn.run.state != "in_progress":
            return waiting.waiting_for(connection, turn, elapsed_s, None)
        state = engine_state(connection.base_url) if desk.is_local(turn.model) else None
        sentence = state.sentence if state is not None else None
        return sentence or f"{WORDS[turn.run.state]}, {figures.seconds(elapsed_s)}"

    return say_what


def draw_files(turn: Turn) -> None:
    """Offer the files an answer made."""
    for file in turn.files:
        name = server_files.name(file.file_id)
        st.download_button(
            name,
            server_files.data(file.file_id),
            name,
            key=f"file-{turn.id}-{file.file_id}",
            icon=":material/download:",
            on_click="ignore",
        )
