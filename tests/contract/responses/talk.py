"""Short words for what tests of responses do again and again."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from typing import Any

from openai.types.responses import Response, ResponseStreamEvent

from tests.support.assistants import MODEL, Account
from tests.support.upstream import Script, ScriptedUpstream, ToolCall

WEATHER: dict[str, Any] = {
    "type": "function",
    "name": "weather",
    "description": "The weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def program(code: str) -> ToolCall:
    """A call of the code interpreter."""
    return ToolCall("code_interpreter", json.dumps({"code": code}))


def search(query: str) -> ToolCall:
    """A call of file search."""
    return ToolCall("file_search", json.dumps({"query": query}))


def said(upstream: ScriptedUpstream) -> list[tuple[str, Any]]:
    """What the model was sent last: role and content of each message."""
    return [(m["role"], m["content"]) for m in upstream.requests[-1].json["messages"]]


def ask(me: Account, asked: Any, **params: Any) -> Response:
    """The response to this input."""
    response: Response = me.client.responses.create(model=MODEL, input=asked, **params)
    return response


def events(me: Account, asked: Any, **params: Any) -> list[ResponseStreamEvent]:
    """The events of the response to this input, which must be numbered without a gap."""
    told = list(me.client.responses.create(model=MODEL, input=asked, stream=True, **params))
    assert [event.sequence_number for event in told] == list(range(len(told)))  # type: ignore[union-attr]
    return told


def kinds(told: Iterable[ResponseStreamEvent]) -> list[str]:
    """The kinds of events, a row of deltas told once."""
    return [kind for kind, _ in itertools.groupby(event.type.removeprefix("response.") for event in told)]


def final(told: list[ResponseStreamEvent]) -> Response:
    """The response as its last event tells it."""
    return told[-1].response  # type: ignore[union-attr]


def play(me: Account, *scripts: Script) -> None:
    """Have the model answer like this, in order."""
    me.upstream.play(*scripts)
