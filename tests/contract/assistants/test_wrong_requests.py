"""Requests that are wrong: other JSON types in every field, unknown fields, ids of another kind and of nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.assistants import MODEL, Account

WRONG: list[Any] = [None, True, 7, 1.5, "text", ["list"], {"an": "object"}]
"""One value of each JSON type."""

FIELDS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "assistants": (
        {"model": MODEL},
        {
            "model": "string",
            "name": "string?",
            "description": "string?",
            "instructions": "string?",
            "tools": "array?",
            "tool_resources": "object?",
            "metadata": "object?",
            "temperature": "number?",
            "top_p": "number?",
            "response_format": "special",
            "reasoning_effort": "special",
        },
    ),
    "threads": ({}, {"messages": "array?", "metadata": "object?", "tool_resources": "object?"}),
    "threads/{thread}/messages": (
        {"role": "user", "content": "x"},
        {"role": "special", "content": "special", "attachments": "array?", "metadata": "object?"},
    ),
    "threads/{thread}/runs": (
        {"assistant_id": "{assistant}"},
        {
            "assistant_id": "string",
            "model": "string?",
            "instructions": "string?",
            "additional_instructions": "string?",
            "additional_messages": "array?",
            "tools": "array?",
            "metadata": "object?",
            "temperature": "number?",
            "top_p": "number?",
            "stream": "boolean?",
            "max_prompt_tokens": "integer?",
            "max_completion_tokens": "integer?",
            "truncation_strategy": "object?",
            "tool_choice": "special",
            "parallel_tool_calls": "boolean?",
            "response_format": "special",
            "reasoning_effort": "special",
        },
    ),
    "threads/runs": (
        {"assistant_id": "{assistant}"},
        {
            "assistant_id": "string",
            "thread": "object?",
            "tool_resources": "object?",
            "instructions": "string?",
            "max_prompt_tokens": "integer?",
            "truncation_strategy": "object?",
            "parallel_tool_calls": "boolean?",
        },
    ),
}
KINDS = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


def fits(value: Any, kind: str) -> bool:
    """Whether a value of this JSON type may stand there; a number may be an integer, an object is always a wrong one."""
    if value is None:
        return kind.endswith("?")
    name = KINDS[type(value)]
    return name == kind.rstrip("?") or (name == "integer" and kind.startswith("number"))


PLACES = [(path, field) for path, (_, fields) in FIELDS.items() for field in fields]


@pytest.mark.parametrize(("path", "field"), PLACES)
def test_a_value_of_another_type_is_refused_by_name(wrong: Wrong, path: str, field: str) -> None:
    kind = FIELDS[path][1][field]
    for value in () if kind == "special" else [v for v in WRONG if not fits(v, kind)]:
        status, error = wrong.answer(path, {field: value})
        assert status == 400, value
        assert error["param"] == field
        assert error["code"] in ("invalid_type", "missing_required_parameter")


@pytest.mark.parametrize(("path", "field"), [place for place in PLACES if place[1] != "content"])
def test_a_word_or_shape_that_is_not_offered_is_refused(wrong: Wrong, path: str, field: str) -> None:
    values = (*WRONG[1:], "auto ", "", [], {}, {"type": None}, {"type": "robot"}, {"type": ["auto"]})
    for value in values if FIELDS[path][1][field] == "special" else ():
        status, error = wrong.answer(path, {field: value})
        assert status == 400, value
        assert error["type"] == "invalid_request_error"
        assert error["message"]


NESTED: list[tuple[str, dict[str, Any]]] = [
    ("assistants", {"tools": ["function"]}),
    ("assistants", {"tools": [{"type": "function"}]}),
    ("assistants", {"tools": [{"type": "function", "function": "f"}]}),
    ("assistants", {"tools": [{"type": "function", "function": {"name": 1}}]}),
    ("assistants", {"tools": [{"type": "retrieval"}]}),
    ("assistants", {"tools": [{"type": "file_search", "file_search": {"ranking_options": {"ranker": "x"}}}]}),
    ("assistants", {"tools": [{"type": "file_search", "file_search": {"ranking_options": [1]}}]}),
    ("assistants", {"tool_resources": {"code_interpreter": {"file_ids": "file-1"}}}),
    ("assistants", {"tool_resources": {"code_interpreter": {"file_ids": [1]}}}),
    ("assistants", {"tool_resources": {"file_search": {"vector_store_ids": [None]}}}),
    ("assistants", {"metadata": {"a": {"b": "c"}}}),
    ("assistants", {"metadata": {"a": None}}),
    ("assistants", {"response_format": {"type": "json_schema"}}),
    ("assistants", {"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}}),
    ("threads", {"messages": [{"role": "user", "content": {"text": "x"}}]}),
    ("threads", {"messages": ["x"]}),
    (
        "threads",
        {"tool_resources": {"file_search": {"vector_stores": [{"chunking_strategy": {"type": "x"}}]}}},
    ),
    ("threads/{thread}/messages", {"content": ["x"]}),
    ("threads/{thread}/messages", {"content": 7}),
    ("threads/{thread}/messages", {"content": True}),
    ("threads/{thread}/messages", {"content": {"type": "text", "text": "x"}}),
    ("threads/{thread}/messages", {"content": [{"type": "robot"}]}),
    ("threads/{thread}/messages", {"content": [{"type": "text"}]}),
    ("threads/{thread}/messages", {"content": [{"type": "image_file", "image_file": "file-1"}]}),
    ("threads/{thread}/messages", {"content": [{"type": "image_url"}]}),
    ("threads/{thread}/messages", {"attachments": ["file-1"]}),
    ("threads/{thread}/messages", {"attachments": [{"file_id": "file-1", "tools": [{"type": "function"}]}]}),
    ("threads/{thread}/runs", {"truncation_strategy": {"type": "middle"}}),
    ("threads/{thread}/runs", {"truncation_strategy": {"type": "last_messages"}}),
    ("threads/{thread}/runs", {"truncation_strategy": {"type": "last_messages", "last_messages": 0}}),
    ("threads/{thread}/runs", {"max_prompt_tokens": 255}),
    ("threads/{thread}/runs", {"max_completion_tokens": 255}),
    ("threads/{thread}/runs", {"tools": [{"type": "code_interpreter"}] * 21}),
    ("threads/{thread}/runs", {"tool_choice": "required"}),
    ("threads/{thread}/runs", {"tool_choice": {"type": "function", "function": {"name": "other"}}}),
    ("threads/{thread}/runs", {"tool_choice": {"type": "function"}}),
    ("threads/{thread}/runs", {"tool_choice": {"type": "file_search"}}),
    ("threads/{thread}/runs", {"additional_messages": [{"role": "user", "content": ""}]}),
    ("threads/{thread}/runs", {"additional_messages": [{"role": "system", "content": "x"}]}),
    ("threads/{thread}/runs", {"temperature": 3}),
    ("threads/runs", {"thread": {"messages": [{"role": "user"}]}}),
    ("threads/runs", {"thread": {"name": "x"}}),
]


@pytest.mark.parametrize("path", FIELDS)
def test_what_is_wrong_deeper_down_is_refused_too(wrong: Wrong, path: str) -> None:
    for body in [body for place, body in NESTED if place == path]:
        status, error = wrong.answer(path, body)
        assert status == 400, body
        assert error["type"] == "invalid_request_error"


@pytest.mark.parametrize("path", FIELDS)
def test_an_unknown_field_is_named(wrong: Wrong, path: str) -> None:
    status, error = wrong.answer(path, {"colour": "blue"})
    assert (status, error["message"]) == (400, "Unknown parameter: 'colour'.")


@pytest.mark.parametrize("path", FIELDS)
def test_what_is_no_json_object_is_refused(wrong: Wrong, path: str) -> None:
    for raw in (b"{", b"[]", b"7", b'{"a": NaN}', b"\xff\xfe", b'{"a": "\\ud800"}'):
        headers = {"content-type": "application/json"}
        answer = wrong.me.http.post(wrong.filled(path), content=raw, headers=headers)
        assert answer.status_code == 400, raw
        assert answer.json()["error"]["type"] == "invalid_request_error"


class Wrong:
    """A place for requests that are wrong: an assistant and a thread that must come out of it unchanged."""

    def __init__(self, me: Account) -> None:
        self.me = me
        self._names = {"{assistant}": me.assistant().id, "{thread}": me.thread("Hi").id}

    def filled(self, path: str) -> str:
        """The path with the ids in it."""
        return path.replace("{thread}", self._names["{thread}"])

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and error of a good request with this in it."""
        good = {name: self._names.get(value, value) for name, value in FIELDS[path][0].items()}
        answer = self.me.http.post(self.filled(path), json=good | body)
        return answer.status_code, answer.json().get("error")

    def check_that_nothing_happened(self) -> None:
        """Nothing was made, and no model asked."""
        assert len(self.me.http.get("assistants").json()["data"]) == 1
        place = self.filled("threads/{thread}")
        assert self.me.http.get(f"{place}/runs").json()["data"] == []
        assert len(self.me.http.get(f"{place}/messages").json()["data"]) == 1
        assert self.me.upstream.requests == []


@pytest.fixture
def wrong(me: Account) -> Any:
    """A place for requests that are wrong, looked after afterwards."""
    place = Wrong(me)
    yield place
    place.check_that_nothing_happened()
