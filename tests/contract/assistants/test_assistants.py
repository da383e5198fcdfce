"""Assistants: five operations, their defaults and their limits."""

from __future__ import annotations

import re
import time
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.support.assistants import FUNCTION, MODEL, Account

SCHEMA = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}
WHOLE: dict[str, Any] = {
    "model": "gpt-4.1-mini",
    "name": "Guide",
    "description": "Knows the way.",
    "instructions": "Be brief.",
    "tools": [{"type": "code_interpreter"}, FUNCTION],
    "metadata": {"team": "blue"},
    "temperature": 0.3,
    "top_p": 0.5,
    "response_format": {"type": "json_object"},
    "reasoning_effort": "low",
}


def test_a_new_assistant_has_openais_defaults(client: OpenAI) -> None:
    made = client.beta.assistants.create(model=MODEL)
    assert re.fullmatch(r"asst_[0-9A-Za-z]{24}", made.id)
    assert abs(made.created_at - time.time()) < 5
    told = made.to_dict()
    del told["id"], told["created_at"]
    assert told == {
        "object": "assistant",
        "model": MODEL,
        "name": None,
        "description": None,
        "instructions": None,
        "tools": [],
        "tool_resources": {},
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "response_format": "auto",
        "reasoning_effort": None,
    }


def test_everything_an_assistant_is_made_with_comes_back(client: OpenAI) -> None:
    made = client.beta.assistants.create(**WHOLE)
    again = client.beta.assistants.retrieve(made.id)
    assert made == again
    told = again.to_dict()
    assert {name: told[name] for name in WHOLE if name != "tools"} == {
        n: v for n, v in WHOLE.items() if n != "tools"
    }
    assert [tool.type for tool in again.tools] == ["code_interpreter", "function"]


@pytest.mark.parametrize(
    ("tool", "echoed"),
    [
        ({"type": "code_interpreter"}, {"type": "code_interpreter"}),
        (
            {"type": "file_search"},
            {
                "type": "file_search",
                "file_search": {
                    "ranking_options": {
                        "ranker": "default_2024_08_21",
                        "score_threshold": 0.0,
                        "hybrid_search": None,
                    }
                },
            },
        ),
        (
            {"type": "function", "function": {"name": "ping"}},
            {
                "type": "function",
                "function": {
                    "name": "ping",
                    "parameters": {"type": "object", "properties": {}},
                    "strict": False,
                },
            },
        ),
    ],
)
def test_a_tool_is_echoed_with_its_defaults(me: Account, tool: Any, echoed: Any) -> None:
    made = me.http.post("assistants", json={"model": MODEL, "tools": [tool]}).json()
    assert made["tools"] == [echoed]
    sent_back = me.http.post(f"assistants/{made['id']}", json={"tools": made["tools"]})
    assert sent_back.json()["tools"] == [echoed]


def test_each_tool_gets_its_entry_in_the_resources(client: OpenAI) -> None:
    tools: Any = [{"type": "code_interpreter"}, {"type": "file_search"}]
    made = client.beta.assistants.create(model=MODEL, tools=tools).to_dict()
    assert made["tool_resources"] == {
        "code_interpreter": {"file_ids": []},
        "file_search": {"vector_store_ids": []},
    }


def test_a_change_leaves_alone_what_it_does_not_name(client: OpenAI) -> None:
    made = client.beta.assistants.create(**WHOLE)
    changed = client.beta.assistants.update(made.id, instructions="Be kind.")
    assert changed.to_dict() == made.to_dict() | {"instructions": "Be kind."}
    assert client.beta.assistants.retrieve(made.id) == changed


def test_a_change_replaces_arrays_and_metadata(client: OpenAI) -> None:
    made = client.beta.assistants.create(**WHOLE)
    changed = client.beta.assistants.update(made.id, tools=[], metadata={"a": "1"}, response_format=SCHEMA)  # type: ignore[arg-type]
    assert (changed.tools, changed.metadata) == ([], {"a": "1"})
    assert changed.to_dict()["response_format"] == SCHEMA


def test_a_null_sets_the_default_again(me: Account) -> None:
    made = me.http.post("assistants", json=WHOLE).json()
    nulls = {name: None for name in WHOLE if name != "model"}
    changed = me.http.post(f"assistants/{made['id']}", json=nulls).json()
    plain = me.http.post("assistants", json={"model": WHOLE["model"]}).json()
    assert changed == plain | {"id": made["id"], "created_at": made["created_at"]}


def test_a_change_without_a_body_changes_nothing(me: Account) -> None:
    made = me.http.post("assistants", json=WHOLE).json()
    assert me.http.post(f"assistants/{made['id']}").json() == made


def test_a_deleted_assistant_is_gone(client: OpenAI) -> None:
    made = client.beta.assistants.create(model=MODEL)
    gone = client.beta.assistants.delete(made.id)
    assert gone.to_dict() == {"id": made.id, "object": "assistant.deleted", "deleted": True}
    with pytest.raises(openai.NotFoundError, match=f"No assistant found with id '{made.id}'"):
        client.beta.assistants.retrieve(made.id)
    with pytest.raises(openai.NotFoundError):
        client.beta.assistants.delete(made.id)
    assert list(client.beta.assistants.list()) == []


def test_a_model_that_nobody_answers_for_is_refused(me: Account) -> None:
    missing = me.http.post("assistants", json={"name": "Nobody"})
    assert missing.json()["error"]["message"] == "Missing required parameter: 'model'."


TOO_MUCH: list[tuple[dict[str, Any], str]] = [
    ({"name": "n" * 257}, "'name': string too long. Expected a string with maximum length 256"),
    ({"description": "d" * 513}, "'description': string too long. Expected a string with maximum length 512"),
    ({"instructions": "i" * 256_001}, "'instructions': string too long"),
    ({"temperature": 2.1}, "'temperature': decimal above maximum value. Expected a value <= 2"),
    ({"temperature": -0.1}, "'temperature': decimal below minimum value. Expected a value >= 0"),
    ({"top_p": 1.5}, "'top_p': decimal above maximum value. Expected a value <= 1"),
    ({"metadata": {str(n): "" for n in range(17)}}, "'metadata': object too long"),
    ({"metadata": {"k" * 65: ""}}, "'metadata': string too long"),
    ({"metadata": {"k": "v" * 513}}, "'metadata.k': string too long"),
    ({"tools": [{"type": "code_interpreter"}] * 129}, "'tools': array too long"),
    ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "'tools[0].function.name'"),
    (
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": 7}}}]},
        "Invalid schema for function 'f'",
    ),
    (
        {"tools": [{"type": "file_search", "file_search": {"max_num_results": 51}}]},
        "'max_num_results': integer above maximum value. Expected a value <= 50",
    ),
    (
        {"tools": [{"type": "file_search", "file_search": {"ranking_options": {"score_threshold": 2}}}]},
        "'score_threshold'",
    ),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a b"}}},
        "'response_format.json_schema.name'",
    ),
    (
        {"tool_resources": {"code_interpreter": {"file_ids": ["file-x"] * 21}}},
        "'tool_resources.code_interpreter.file_ids': array too long",
    ),
    (
        {"tool_resources": {"file_search": {"vector_store_ids": ["vs_1", "vs_2"]}}},
        "'tool_resources.file_search.vector_store_ids': array too long",
    ),
]


@pytest.mark.parametrize(("given", "words"), TOO_MUCH)
def test_limits_hold_for_new_and_for_changed_assistants(
    me: Account, given: dict[str, Any], words: str
) -> None:
    assert_refused(me, "assistants", {"model": MODEL} | given, words)
    made = me.assistant()
    assert_refused(me, f"assistants/{made.id}", given, words)
    assert me.client.beta.assistants.retrieve(made.id) == made


def assert_refused(me: Account, path: str, body: dict[str, Any], words: str) -> None:
    status, message = me.error("POST", path, json=body)
    assert status == 400
    assert words in message


def test_values_at_their_limits_are_taken(client: OpenAI) -> None:
    made = client.beta.assistants.create(
        model=MODEL,
        name="n" * 256,
        description="d" * 512,
        instructions="i" * 256_000,
        metadata={"k" * 64 if n == 0 else str(n): "v" * 512 for n in range(16)},
        temperature=2,
        top_p=0,
    )
    assert len(client.beta.assistants.retrieve(made.id).instructions or "") == 256_000


def test_resources_that_are_not_there_are_named(me: Account) -> None:
    files = {"model": MODEL, "tool_resources": {"code_interpreter": {"file_ids": ["file-none"]}}}
    assert me.error("POST", "assistants", json=files) == (404, "No such File object: file-none")
    stores = {"model": MODEL, "tool_resources": {"file_search": {"vector_store_ids": ["vs_none"]}}}
    assert me.error("POST", "assistants", json=stores) == (404, "No vector store found with id 'vs_none'.")
