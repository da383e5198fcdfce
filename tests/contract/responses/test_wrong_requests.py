"""What a request may not say is refused in OpenAI's words, before anything is begun."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.assistants import MODEL, Account

USER: dict[str, Any] = {"role": "user", "content": "Hi"}
FUNCTION: dict[str, Any] = {"type": "function", "name": "f"}
CODE: dict[str, Any] = {"type": "code_interpreter", "container": {"type": "auto"}}


@pytest.mark.parametrize(
    ("body", "message", "param"),
    [
        ({"model": None}, "Missing required parameter: 'model'.", "model"),
        ({"input": None}, "Missing required parameter: 'input'.", "input"),
        ({"input": 1}, "Invalid type for 'input': expected one of a string or an array", "input"),
        ({"nonsense": 1}, "Unknown parameter: 'nonsense'.", "nonsense"),
        ({"input": [{"role": "tool", "content": "x"}]}, "Invalid value: 'tool'.", "input[0].role"),
        (
            {"input": [{"role": "user"}]},
            "Missing required parameter: 'input[0].content'.",
            "input[0].content",
        ),
        ({"input": [{**USER, "name": "x"}]}, "Unknown parameter: 'input[0].name'.", "input[0].name"),
        (
            {"input": [{"role": "user", "content": [{"type": "output_text", "text": "x"}]}]},
            "Invalid value: 'output_text'.",
            "input[0].content[0].type",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "input_text"}]}]},
            "Missing required parameter: 'input[0].content[0].text'.",
            "input[0].content[0].text",
        ),
        (
            {
                "input": [
                    {"role": "user", "content": [{"type": "input_file", "file_url": "https://example.org"}]}
                ]
            },
            "Files are not fetched here.",
            "input[0].content[0].file_url",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "input_file", "file_data": "!"}]}]},
            "Invalid 'file_data'",
            "input",
        ),
        ({"input": [{"type": "mcp_call"}]}, "Invalid value: 'mcp_call'.", "input[0].type"),
        (
            {"input": [{"type": "function_call_output", "output": "x"}]},
            "Missing required parameter: 'input[0].call_id'.",
            "input[0].call_id",
        ),
        ({"max_output_tokens": 1}, "integer below minimum value", "max_output_tokens"),
        ({"temperature": 3}, "above maximum value", "temperature"),
        ({"tools": [{"type": "web_search"}]}, "Invalid value: 'web_search'.", "tools[0].type"),
        ({"tools": [{**FUNCTION, "name": "a b"}]}, "Invalid 'tools[0].name'", "tools[0].name"),
        ({"tools": [CODE], "tool_choice": {"type": "file_search"}}, "not found in 'tools'", "tool_choice"),
        ({"tool_choice": "required"}, "not found in 'tools'", "tool_choice"),
        ({"prompt": {"id": "pmpt_1"}}, "Unsupported parameter: 'prompt'", "prompt"),
        ({"include": ["everything"]}, "Invalid value: 'everything'.", "include[0]"),
        (
            {"previous_response_id": "resp_1"},
            "Previous response with id 'resp_1' not found.",
            "previous_response_id",
        ),
    ],
)
def test_it_is_refused(me: Account, body: dict[str, Any], message: str, param: str) -> None:
    status, told = me.error("POST", "responses", json={"model": MODEL, "input": "Hi", **body})
    assert status == 400 and message in told, told
    answer = me.http.post("responses", json={"model": MODEL, "input": "Hi", **body})
    assert answer.json()["error"]["param"] == param
    assert me.upstream.requests == []


def test_a_network_is_not_to_be_had(me: Account) -> None:
    policy = {"type": "allowlist", "allowed_domains": ["example.org"]}
    tool = {"type": "code_interpreter", "container": {"type": "auto", "network_policy": policy}}
    status, told = me.error("POST", "responses", json={"model": MODEL, "input": "Hi", "tools": [tool]})
    assert (status, told) == (400, "Programs here have no network. Leave out 'network_policy'.")


@pytest.mark.parametrize("name", ["starting_after=x", "starting_after=-1"])
def test_a_place_in_the_events_is_a_number(me: Account, name: str) -> None:
    response = me.client.responses.create(model=MODEL, input="Hi")
    assert me.error("GET", f"responses/{response.id}?stream=true&{name}")[0] == 400


def test_a_conversation_takes_20_items_at_once(me: Account) -> None:
    assert me.error("POST", "conversations", json={"items": [USER] * 21})[0] == 400
    assert (
        me.error("POST", "conversations", json={"items": [{"type": "item_reference", "id": "msg_1"}]})[0]
        == 400
    )
    made = me.client.conversations.create(items=[USER] * 20)  # type: ignore[list-item]
    assert me.error("POST", f"conversations/{made.id}", json={})[0] == 400
    assert me.error("POST", f"conversations/{made.id}/items", json={"items": None})[0] == 400
