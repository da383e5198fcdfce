"""The cases of the Open Responses compliance suite, against the types of that specification.

The suite itself is on neither PyPI nor npm; these are its published cases, asked in our own words. What comes back is
held against the specification's types, from PyPI by their hash.
"""

from __future__ import annotations

import base64
import importlib
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter

from scripts import conformance
from tests.contract.responses.talk import WEATHER, play
from tests.support.assistants import MODEL, PARIS, Account
from tests.support.upstream import Script

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
PICTURE = {"type": "input_image", "image_url": f"data:image/png;base64,{base64.b64encode(PNG).decode()}"}


def user(content: Any) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": content}


CASES: dict[str, tuple[list[dict[str, Any]], bool]] = {
    "text": ([user("Greet me.")], False),
    "system prompt": ([{**user("Talk like a sailor."), "role": "system"}, user("Greet me.")], False),
    "several turns": ([user("I am Ada."), {**user("Hello Ada."), "role": "assistant"}, user("Who?")], False),
    "a picture": ([user([{"type": "input_text", "text": "What is this?"}, PICTURE])], False),
    "a function": ([user("How warm is it in Paris?")], True),
}


@pytest.fixture(scope="module")
def types() -> Iterator[Any]:
    """The specification's types."""
    try:
        wheel = str(conformance.open_responses())
    except OSError as error:
        pytest.skip(str(error))
    sys.path.insert(0, wheel)
    yield importlib.import_module("openresponses_types")
    sys.path.remove(wheel)


def body(name: str, *, stream: bool) -> dict[str, Any]:
    asked, calls = CASES[name]
    return {"model": MODEL, "input": asked, "stream": stream} | ({"tools": [WEATHER]} if calls else {})


def check(types: Any, response: dict[str, Any], *, calls: bool) -> None:
    types.ResponseResource.model_validate(response)
    assert response["status"] == "completed" and response["output"]
    assert calls == any(item["type"] == "function_call" for item in response["output"])


@pytest.mark.parametrize("name", CASES)
def test_a_response(me: Account, types: Any, name: str) -> None:
    calls = CASES[name][1]
    play(me, Script(tool_calls=(PARIS,)) if calls else Script())
    check(types, me.http.post("responses", json=body(name, stream=False)).json(), calls=calls)


@pytest.mark.parametrize("name", CASES)
def test_its_events(me: Account, types: Any, name: str) -> None:
    calls = CASES[name][1]
    play(me, Script(tool_calls=(PARIS,)) if calls else Script())
    told = me.http.post("responses", json=body(name, stream=True)).text.removesuffix("\n\n").split("\n\n")
    events = [json.loads(event.partition("\ndata: ")[2]) for event in told]
    for event in events:
        event_type(types, event["type"]).validate_python(event)
    kinds = {(event["type"], (event.get("item") or {}).get("type")) for event in events}
    if calls:
        assert {
            ("response.output_item.added", "function_call"),
            ("response.function_call_arguments.delta", None),
            ("response.function_call_arguments.done", None),
            ("response.output_item.done", "function_call"),
        } <= kinds
    check(types, events[-1]["response"], calls=calls)


def event_type(types: Any, kind: str) -> TypeAdapter[Any]:
    """The specification's type of an event: `response.output_item.added` is ResponseOutputItemAddedStreamingEvent."""
    words = kind.replace(".", "_").split("_")
    return TypeAdapter(getattr(types, "".join(word.capitalize() for word in words) + "StreamingEvent"))
