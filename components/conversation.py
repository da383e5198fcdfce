"""What a person does in a conversation, handed to the chat service."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from components import composer, state, waiting
from components.house import House
from components.sidebar import Choice
from components.turn_view import Action
from services.live import LiveTurn
from services.turns import Message, Turn


class Conversing:
    """One page run's way to act on a conversation; it is created when the first message is sent."""

    def __init__(
        self, house: House, choice: Choice, conversation_id: str | None, options: Mapping[str, Any]
    ) -> None:
        self._house = house
        self._choice = choice
        self._conversation_id = conversation_id
        self._options = options

    def say(self, text: str, files: Sequence[Any], turns: Sequence[Turn]) -> LiveTurn | None:
        """Send a message at the end of the branch. Raises AppError before anything is stored."""
        user = composer.message(text, files)
        chat_options = composer.chat_options(self._house, self._choice, self._options)
        if self._conversation_id is None:
            created = self._house.conversations.create(settings=dict(self._options))
            self._conversation_id = created.id
            st.session_state.pop(state.DRAFT, None)
            state.open_conversation(created.id)
        return self._ask(user, turns[-1].id if turns else None, chat_options)

    def act(self, action: Action) -> None:
        """Do what was chosen on a turn, then draw the page again; it joins the answer if one has begun."""
        turn = action.turn
        match action.kind:
            case "edit":
                st.session_state.pop(state.EDITING, None)
                self._again(turn, replace(turn.user, content=action.text))
            case "regenerate":
                self._again(turn, turn.user)
            case "decide":
                options = composer.chat_options(self._house, self._choice, self._options)
                self._house.chat.decide(turn, dict(action.decisions), self._choice.connection, options)
            case "select":
                self._house.conversations.select(turn.conversation_id, action.target)
            case "delete":
                self._house.conversations.delete_turn(turn.id)
            case "show_wire":
                st.session_state[state.WIRE_TURN] = turn.id
                st.session_state[state.OPEN_WIRE] = True
        st.rerun()

    def waiting_for(self, turns: Sequence[Turn]) -> Callable[[Turn, float], str]:
        """Says what is being waited for, given how fast prompts were read before in this conversation."""
        speed = reading_speed(turns)
        connection = self._choice.connection
        return lambda turn, elapsed_s: waiting.waiting_for(connection, turn, elapsed_s, speed)

    def _again(self, turn: Turn, user: Message) -> None:
        options = composer.chat_options(self._house, self._choice, self._options)
        self._conversation_id = turn.conversation_id
        self._ask(user, turn.parent_id, options)

    def _ask(self, user: Message, parent_id: str | None, options: Any) -> LiveTurn | None:
        assert self._conversation_id is not None
        st.session_state.pop(state.WIRE_TURN, None)
        state.let_go_typed()
        live = self._house.chat.ask(
            self._conversation_id, user, self._choice.connection, options, parent_id=parent_id
        )
        if live is None:
            st.rerun()
        return live


def reading_speed(turns: Sequence[Turn]) -> float | None:
    """Uncached prompt tokens a second of the latest turn that tells, or None."""
    for turn in reversed(turns):
        usage = turn.usage
        if usage and turn.ttft_s and turn.calls == 1 and usage.prompt_tokens:
            fresh = usage.prompt_tokens - (usage.cached_tokens or 0)
            if fresh > 20:
                return fresh / turn.ttft_s
    return None
