"""What surrounds the input of the chat page: title, options, the estimate of what will be sent, suggestions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from components import figures, state
from components.house import House
from components.options import takes_tools
from components.plain import plain
from components.sidebar import Choice
from services import catalog
from services.chat import ChatOptions
from services.documents.attachments import read_attachment
from services.storage.records import Conversation
from services.structured import check_schema
from services.tools import toolbox as all_tools
from services.tools.base import Tool
from services.turns import Message, Turn

TITLE_WATCH_S = 1.0
DEFAULTS_PREFERENCE = "default_options"
SUGGESTIONS = {
    ":material/psychology: Explain it": "Explain recursion to a curious ten-year-old, then show it in six lines of Python.",
    ":material/code: Write code": "Write a Python function that groups a list of words by their first letter, with a short test.",
    ":material/table_chart: Make a table": "Compare SQLite and PostgreSQL in a small Markdown table: setup, concurrency, size, best use.",
    ":material/function: Show the maths": "Derive the quadratic formula step by step, with the formulas typeset.",
}


def title(conversation: Conversation | None) -> str:
    """The heading of the page."""
    return plain(conversation.title) if conversation and conversation.title else "New conversation"


def toolbox(house: House) -> tuple[Tool, ...]:
    """The tools a model may be given here."""
    return all_tools(house.conversations.search)


def branch(house: House, conversation_id: str | None, last: int) -> list[Turn]:
    """The newest turns of the conversation's present branch; those cut by a crash are marked first."""
    if conversation_id is None:
        return []
    house.conversations.interrupt_stale()
    turns = house.conversations.branch(conversation_id, last=last)
    live = house.live.get(turns[-1].id) if turns else None
    return [*turns[:-1], live.turn] if live else turns


def draft_options(house: House) -> dict[str, Any]:
    """What a conversation that does not exist yet would begin with."""
    options: dict[str, Any] = st.session_state.get(state.DRAFT) or house.preferences.get(
        DEFAULTS_PREFERENCE, {}
    )
    return options


def save_options(house: House, conversation_id: str | None, options: Mapping[str, Any]) -> None:
    """Keep the options with the conversation, or in the session until there is one."""
    if conversation_id is None:
        st.session_state[state.DRAFT] = dict(options)
    else:
        house.conversations.set_settings(conversation_id, dict(options))


def chat_options(house: House, choice: Choice, options: Mapping[str, Any]) -> ChatOptions:
    """The options as the chat service takes them. Raises InvalidInput for a schema that is none."""
    model = choice.model
    parameters = dict(options.get("parameters", {}))
    chosen = set(options.get("tools", ())) if takes_tools(model) else set()
    tools = tuple(t for t in toolbox(house) if t.name in chosen)
    if tools and model.tools == "needs_effort_none":
        parameters["reasoning_effort"] = "none"
    accepted = catalog.parameters(model, parameters.get("reasoning_effort"))
    return ChatOptions(
        model=model.id,
        system_prompt=options.get("system_prompt", ""),
        parameters={name: value for name, value in parameters.items() if name in accepted},
        tools=tools,
        response_format=_response_format(options) if "response_format" in accepted else None,
        approve_tools=bool(options.get("approve_tools")),
        context_tokens=model.context_tokens,
        sees_images=model.vision is not False,
    )


def _response_format(options: Mapping[str, Any]) -> dict[str, Any] | None:
    if not options.get("schema"):
        return None
    schema = check_schema(options["schema"])
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}


def message(text: str, files: Sequence[Any]) -> Message:
    """A user message with its attachments. Raises InvalidInput when a file cannot be used."""
    return Message("user", text, tuple(read_attachment(file.name, file.getvalue()) for file in files))


def draw_estimate(history_tokens: int, turns: Sequence[Turn]) -> None:
    """Say what the next message will carry along."""
    if turns:
        st.caption(
            f"The next message takes about {history_tokens:,} tokens of history along "
            f"({figures.counted(len(turns), 'turn')}): this mode's server remembers nothing."
        )


@st.fragment(run_every=TITLE_WATCH_S)
def await_title(house: House, conversation_id: str) -> None:
    """The model names a conversation a moment after its first answer; show the name once it is there."""
    if house.conversations.get(conversation_id).title is not None:
        st.rerun()


def suggestions() -> str | None:
    """The empty page: what this mode is, and four ways to begin."""
    slot = st.empty()
    with slot.container():
        st.space("medium")
        st.markdown(
            ":blue-badge[:material/chat_bubble: Chat Completions] The client remembers: "
            "each message takes the whole conversation along. Open **On the wire** to watch it travel."
        )
        chosen = st.pills("Begin with", list(SUGGESTIONS), label_visibility="collapsed", key="suggestion")
    if chosen is None:
        return None
    slot.empty()
    return SUGGESTIONS[chosen]
