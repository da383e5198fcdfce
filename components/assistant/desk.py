"""What the assistant page works on: the assistants there are, the thread the address names, and its turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from components import server_files, sidebar, state
from components.house import House, models
from components.house import house as open_house
from services import catalog
from services.assistants.calling import Decision, Functions
from services.assistants.history import turns_of
from services.assistants.records import Assistant, Thread
from services.assistants.talks import Way
from services.catalog import Model
from services.connections import upstream_name
from services.errors import NotFound
from services.live import LiveTurn
from services.metering.prices import price
from services.turns import Turn

WINDOW = 20
MESSAGES_A_TURN = 3
FINAL = ("completed", "incomplete", "failed", "cancelled", "expired")
FOLLOWED = ("queued", "in_progress", "cancelling")
STEPS_KEPT = 1_000
MOST_READS = 3

Wire = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """One run of the page. `runs` are the newest first; `live` is the turn this process is following."""

    house: House
    assistants: tuple[Assistant, ...]
    assistant: Assistant | None
    thread: Thread | None
    turns: tuple[Turn, ...] = ()
    runs: tuple[Wire, ...] = ()
    live: LiveTurn | None = None
    has_earlier: bool = False
    messages_read: int = 0

    @property
    def run(self) -> Wire | None:
        """The newest run of the thread."""
        return self.runs[0] if self.runs else None

    def way(self, model_id: str, decisions: dict[str, Decision] | None = None) -> Way:
        """How the next turn travels."""
        settings = self.house.settings
        key = state.typed_keys().get(upstream_name(settings), "")
        functions = Functions(self.house.functions.all(), decisions or {}, state.function_keys())
        is_local = self.is_local(model_id)
        return Way(self.house.assistants.connection, is_local, functions, "" if is_local else key)

    def is_local(self, model_id: str) -> bool:
        """Whether a model runs on this machine."""
        return describe(self.house, model_id).local


def open_desk(house: House) -> Desk:
    """Everything the page needs to draw. Raises AppError."""
    assistants = tuple(house.assistants.assistants())
    thread = _thread(house)
    assistant = _assistant(assistants, thread)
    if thread is None:
        return Desk(house, assistants, assistant, None)
    shown = st.session_state.get(state.SHOWN, WINDOW)
    messages, runs = _read(house, thread.id, shown)
    live = house.runs.in_conversation(thread.id)
    turns = _turns(house, thread.id, messages, runs, live)
    return Desk(
        house,
        assistants,
        assistant,
        thread,
        turns[-shown:],
        tuple(runs),
        live,
        has_earlier=len(messages) == MESSAGES_A_TURN * shown or len(turns) > shown,
        messages_read=len(messages),
    )


def thread_turns(house: House, thread_id: str, most: int = WINDOW) -> tuple[Turn, ...]:
    """The last turns of a thread, oldest first; one that is being answered comes last. Raises AppError."""
    messages, runs = _read(house, thread_id, most)
    return _turns(house, thread_id, messages, runs, house.runs.in_conversation(thread_id))[-most:]


def _read(house: House, thread_id: str, turns: int) -> tuple[list[Wire], list[Wire]]:
    """The newest messages and runs as of one moment: of a run that ends between two requests the words would be missing."""
    runs, messages = house.assistants.runs(thread_id, 2 * turns), list[Wire]()
    for _ in range(MOST_READS):
        messages = house.assistants.messages(thread_id, MESSAGES_A_TURN * turns)
        before, runs = runs, house.assistants.runs(thread_id, 2 * turns)
        if before == runs:
            break
    return messages, runs


def _turns(
    house: House, thread_id: str, messages: list[Wire], runs: list[Wire], live: LiveTurn | None
) -> tuple[Turn, ...]:
    turns = turns_of(thread_id, messages, runs, lambda run_id: _steps(thread_id, run_id, runs), _Files())
    known = {model: describe(house, model) for model in {turn.model for turn in turns if turn.usage}}
    for turn in turns:
        if turn.usage is not None:
            turn.cost_usd = price(known[turn.model], turn.usage, turn.created_at)
    if live is None:
        return tuple(turns)
    return (*(turn for turn in turns if turn.is_final and turn.run != live.turn.run), live.turn)


def _thread(house: House) -> Thread | None:
    thread_id = state.thread_id()
    if thread_id is None:
        return None
    try:
        return house.assistants.thread(thread_id)
    except NotFound:
        state.open_thread(None)
        state.keep_typed()
        state.fail("This thread is not there any more. It may have been deleted in another window.")
        st.rerun()


def _assistant(assistants: tuple[Assistant, ...], thread: Thread | None) -> Assistant | None:
    """The one the person chose; else the one the thread was last talked to with; else the newest."""
    by_id = {assistant.id: assistant for assistant in assistants}
    if st.session_state.get(state.TALKING_TO, "") not in ("", *by_id):
        # A message meant for it must not go to another one without a word.
        state.forget_assistant()
        state.keep_typed()
        state.fail("The assistant shown here was deleted in another window. Choose another one, then send.")
        st.rerun()
    wanted = (st.session_state.get(state.ASSISTANT), thread.assistant_id if thread else None)
    chosen = next((by_id[i] for i in wanted if i in by_id), None)
    chosen = chosen or (assistants[0] if assistants else None)
    st.session_state[state.TALKING_TO] = chosen.id if chosen else ""
    return chosen


class _Files:
    """Files on the server, as the history asks for them."""

    def name(self, file_id: str) -> str:
        return server_files.name(file_id)

    def data(self, file_id: str) -> bytes:
        return server_files.data(file_id)


def _steps(thread_id: str, run_id: str, runs: list[Wire]) -> list[Wire]:
    status = next(run["status"] for run in runs if run["id"] == run_id)
    if status in FINAL:
        return _final_steps(thread_id, run_id, status)
    return open_house().assistants.steps(thread_id, run_id)


@st.cache_data(max_entries=STEPS_KEPT, show_spinner=False)
def _final_steps(thread_id: str, run_id: str, status: str) -> list[Wire]:
    """Steps of a run that is over change no more; `status` tells it from the run it was before."""
    return open_house().assistants.steps(thread_id, run_id)


def describe(house: House, model_id: str) -> Model:
    """What is known of a model that our own server answers with."""
    connection = house.assistants.connection
    listed = next((entry for entry in models(connection) if entry["id"] == model_id), None)
    return catalog.describe(model_id, connection.name, listed)


def chat_models(house: House) -> tuple[str, ...]:
    """The ids of the chat models our own server answers with, the local one first."""
    found = sidebar.chat_models(house.assistants.connection)
    return tuple(m.id for m in sorted(found, key=lambda m: (not m.local, m.id != house.settings.chat_model)))
