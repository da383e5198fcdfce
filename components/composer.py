"""What surrounds the input of the chat page: title, options, the estimate of what will be sent, suggestions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from components import figures, state
from components.gpts import picture
from components.house import House
from components.options import takes_tools
from components.plain import plain
from components.redraw import watched
from components.sidebar import Choice
from services import catalog
from services.chat import ChatOptions
from services.documents.attachments import read_attachment
from services.errors import NotFound
from services.gpts.opening import GPT, KNOWLEDGE, STARTERS, knowledge_tool
from services.storage.records import Conversation
from services.structured import check_schema, response_format
from services.tools import toolbox as all_tools
from services.tools.base import Tool
from services.turns import Message, Turn

TITLE_WATCH_S = 1.0
CARRIED = (GPT, KNOWLEDGE, STARTERS)
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


def carried(options: Mapping[str, Any]) -> dict[str, Any]:
    """What belongs to a conversation without being set among its options: the GPT it was opened with, and its files."""
    return {name: options[name] for name in CARRIED if name in options}


def chat_options(house: House, choice: Choice, options: Mapping[str, Any]) -> ChatOptions:
    """The options as the chat service takes them. Raises InvalidInput for a schema that is none."""
    model = choice.model
    parameters = dict(options.get("parameters", {}))
    chosen = set(options.get("tools", ())) if takes_tools(model) else set()
    tools = tuple(t for t in toolbox(house) if t.name in chosen)
    if (collection := options.get(KNOWLEDGE)) and takes_tools(model):
        tools = (*tools, knowledge_tool(partial(house.collections.search, collection)))
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
    return response_format("answer", check_schema(options["schema"]))


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


@watched(TITLE_WATCH_S)
def await_title(house: House, conversation_id: str) -> None:
    """The model names a conversation a moment after its first answer; show the name once it is there."""
    if house.conversations.get(conversation_id).title is not None:
        st.rerun()


def draw_gpt(house: House, options: Mapping[str, Any]) -> None:
    """The picture and name of the GPT that a conversation was begun with, while there is one."""
    try:
        gpt = house.gpts.get(options.get(GPT) or "")
    except NotFound:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        picture.draw(gpt, 48)
        st.caption(f"A talk with **{plain(gpt.name)}**")


def suggestions(options: Mapping[str, Any]) -> str | None:
    """The empty page: what this mode is, and ways to begin, of the conversation's own where it has some."""
    own = {starter: starter for starter in options.get(STARTERS, ())}
    offered = own or SUGGESTIONS
    slot = st.empty()
    with slot.container():
        st.space("medium")
        st.markdown(
            ":blue-badge[:material/chat_bubble: Chat Completions] The client remembers: "
            "each message takes the whole conversation along. Open **On the wire** to watch it travel."
        )
        chosen = st.pills("Begin with", list(offered), label_visibility="collapsed", key="suggestion")
    if chosen is None:
        return None
    slot.empty()
    return offered[chosen]
