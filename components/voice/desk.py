"""What the Voice page talks to: a conversation of the chat, or a thread of an assistant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from components import composer, sidebar, state
from components.assistant import desk as assistant_desk
from components.gauge import Gauge
from components.house import House
from components.sidebar import Choice
from services.errors import NotFound
from services.live import LiveTurn, branch
from services.media.audio.voice_turn import Begin
from services.turns import Message, Mode, Turn

MODE = "voice-mode"
SHOWN = 40
SYSTEM_PROMPT = (
    "You are spoken to, and your answer is read aloud. Answer in one to three short sentences, in plain words, "
    "without lists, tables, code or Markdown."
)


@dataclass(frozen=True, slots=True)
class Desk:
    """One run of the page: the turns of what is open, and how the next one is sent."""

    house: House
    mode: Mode
    choice: Choice
    conversation_id: str | None
    turns: Sequence[Turn]
    begin: Begin | None
    gauge: Gauge


def open_chat(house: House) -> Desk:
    """The conversation that the address names, or a new one."""
    choice = sidebar.draw(house)
    conversation_id = state.conversation_id()
    settings: Mapping[str, Any] = {"system_prompt": SYSTEM_PROMPT}
    turns: list[Turn] = []
    if conversation_id is not None:
        try:
            settings = house.conversations.get(conversation_id).settings
            turns = branch(house.conversations, house.live, conversation_id, SHOWN)
        except NotFound:
            state.open_conversation(None)
            conversation_id = None
    options = composer.chat_options(house, choice, settings)
    parent_id = turns[-1].id if turns else None

    def begin(text: str) -> LiveTurn | None:
        talk = conversation_id or house.conversations.create(settings=dict(settings)).id
        return house.chat.ask(talk, Message("user", text), choice.connection, options, parent_id=parent_id)

    gauge = Gauge(house, choice, conversation_id, turns, settings)
    return Desk(house, Mode.CHAT_COMPLETIONS, choice, conversation_id, turns, begin, gauge)


def open_thread(house: House) -> Desk:
    """The thread that the address names, or a new one with the assistant last talked to."""
    found = assistant_desk.open_desk(house)
    assistant, thread = found.assistant, found.thread
    model = assistant.model if assistant else house.settings.chat_model

    def pick(model_id: str) -> None:
        if assistant is not None:
            house.assistants.update_assistant(assistant.id, {"model": model_id})

    choice = sidebar.draw_for(
        house, assistant_desk.describe(house, model), assistant_desk.chat_models(house), pick
    )
    way = found.way(model)

    def begin(text: str) -> LiveTurn | None:
        assert assistant is not None
        return house.talks.say(thread, assistant, text, (), way)

    settings = {"system_prompt": assistant.instructions if assistant else ""}
    thread_id = thread.id if thread else None
    gauge = Gauge(house, choice, thread_id, found.turns, settings, called="Thread")
    can_begin = begin if assistant is not None else None
    return Desk(house, Mode.ASSISTANTS, choice, thread_id, found.turns, can_begin, gauge)


def remember(turn: Turn) -> None:
    """Put what a turn began into the address."""
    if turn.mode is Mode.ASSISTANTS:
        if state.thread_id() != turn.conversation_id:
            state.open_thread(turn.conversation_id)
    elif state.conversation_id() != turn.conversation_id:
        state.open_conversation(turn.conversation_id)


def chosen_mode() -> Mode:
    """The mode chosen on the page."""
    return st.session_state.get(MODE) or Mode.CHAT_COMPLETIONS
