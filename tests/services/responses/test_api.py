"""Conversations of a real server as the pages use them, and their items as turns."""

from __future__ import annotations

from typing import Any

import pytest

from services.errors import InvalidInput, NotFound
from services.modes.run_events import REFUSED
from services.responses.api import ResponsesApi
from services.responses.history import turns_of
from services.turns import Mode, ToolCall, TurnStatus
from tests.support.assistants import KETTLE, MODEL
from tests.support.talks import Person
from tests.support.upstream import Script
from tests.support.upstream import ToolCall as Asked

CALL = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{}"}


@pytest.fixture
def api(person: Person) -> ResponsesApi:
    return ResponsesApi(lambda: person.api.connection)


def user(text: str) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def assistant(text: str) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"type": "message", "role": "assistant", "content": [part]}


def test_a_conversation_is_made_with_more_items_than_one_request_takes(api: ResponsesApi) -> None:
    items = [item for number in range(25) for item in (user(f"Q{number}"), assistant(f"A{number}"))]
    made = api.create_conversation({"title": "Long"}, items)
    assert (made.metadata, len(api.items(made.id)), len(api.items(made.id, 3))) == ({"title": "Long"}, 50, 3)
    turns = api.turns(made.id, "m")
    assert [(t.user.content, t.text) for t in turns] == [(f"Q{n}", f"A{n}") for n in range(25)]
    assert {(t.mode, t.status, t.model) for t in turns} == {(Mode.RESPONSES, TurnStatus.COMPLETED, "m")}
    described = api.describe_conversation(made, title="Longer")
    assert api.conversation(made.id) == described
    api.delete_conversation(made.id)
    with pytest.raises(NotFound):
        api.conversation(made.id)


def test_nothing_is_left_when_an_item_is_refused(api: ResponsesApi, person: Person) -> None:
    made: list[str] = []
    api.delete_conversation = made.append  # type: ignore[method-assign]
    with pytest.raises(InvalidInput):
        api.create_conversation(items=[*[user("Q")] * 20, {"type": "nonsense"}])
    assert len(made) == 1


def test_what_tools_did_is_in_the_turns(api: ResponsesApi, person: Person) -> None:
    _, file_id = person.account.searching()
    store = person.api.stores()[0].id
    conversation = api.create_conversation().id
    search = Asked("file_search", '{"query": "warranty of the kettle"}')
    person.upstream.only_streams = False
    person.upstream.play(Script(tool_calls=(search,)), Script(text=("Two years【1:0†kettle.txt】.",)))
    tools: Any = [{"type": "file_search", "vector_store_ids": [store]}]
    made = person.account.client.responses.create(
        model=MODEL, input="How long?", conversation=conversation, tools=tools
    )
    person.upstream.only_streams = True
    for turns in (api.turns(conversation), api.chain(made.id)):
        (turn,) = turns
        (step,) = turn.tool_steps.values()
        assert (turn.user.content, turn.text, step.state) == ("How long?", "Two years.", "completed")
        assert step.details is not None
        assert step.details["results"][0]["content"][0]["text"] == KETTLE.decode()
        assert [(c.file_id, c.start) for c in turn.citations] == [(file_id, 9)]
    assert api.response(made.id)["status"] == "completed"
    assert api.count({"model": MODEL, "conversation": conversation, "input": "And?"}) > 10
    api.delete_response(made.id)
    with pytest.raises(NotFound):
        api.response(made.id)


def test_calls_of_functions_are_told_with_what_became_of_them() -> None:
    outputs = ("51", "Error: no", REFUSED)
    items: list[dict[str, Any]] = [user("17 * 3?") | {"id": "msg_1"}]
    for number, output in enumerate(outputs):
        items.append(CALL | {"id": f"fc_{number}", "call_id": f"call_{number}"})
        items.append({"type": "function_call_output", "call_id": f"call_{number}", "output": output})
    (turn,) = turns_of("conv_1", items, "m", lambda *_: b"")
    assert [step.state for step in turn.tool_steps.values()] == ["completed", "failed", "refused"]
    assert turn.tool_steps["call_0"].call == ToolCall("call_0", "f", "{}")
    assert turn.id == "msg_1"


def test_files_of_a_message_are_named() -> None:
    content = [
        {"type": "input_file", "filename": "a.pdf"},
        {"type": "input_image", "image_url": "data:image/png;base64,iVBORw=="},
        {"type": "input_image", "file_id": "file-1"},
        {"type": "input_text", "text": "What is it?"},
    ]
    asked = {"type": "message", "role": "user", "id": "msg_1", "content": content}
    system = {"type": "message", "role": "system", "id": "msg_0", "content": "Be brief."}
    (turn,) = turns_of("conv_1", [system, asked, assistant("A dot.") | {"id": "msg_2"}], "m", lambda *_: b"")
    assert (turn.user.content, turn.text) == ("What is it?", "A dot.")
    assert [(a.filename, a.data) for a in turn.user.attachments] == [
        ("a.pdf", b""),
        ("picture", b"\x89PNG"),
        ("file-1", b""),
    ]
