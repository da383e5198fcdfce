"""Assistants leave as a file and come back; what is no assistant is refused with a sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.assistants.portable import (
    MAX_ASSISTANTS,
    MAX_BYTES,
    exported,
    functions_in,
    imported,
    with_names,
)
from services.assistants.records import Assistant
from services.errors import InvalidInput
from services.functions.checks import make_function
from services.functions.function_tool import CannedAnswer
from services.functions.stored import from_json, to_json
from tests.support.assistants import FUNCTION, MODEL
from tests.support.talks import Person

LOCAL = "qwen2.5-coder-1.5b-instruct"
OF_OPENAI: dict[str, Any] = {
    "id": "asst_abc123",
    "object": "assistant",
    "created_at": 1_698_984_975,
    "name": "Support",
    "description": None,
    "model": "gpt-4o-2024-08-06",
    "instructions": "Answer from the manuals.",
    "tools": [
        {"type": "code_interpreter"},
        {
            "type": "file_search",
            "file_search": {
                "max_num_results": 5,
                "ranking_options": {"ranker": "default_2024_08_21", "score_threshold": 0.0},
            },
        },
        {"type": "function", "function": FUNCTION["function"] | {"strict": False}},
    ],
    "top_p": 1.0,
    "temperature": 0.0,
    "reasoning_effort": None,
    "tool_resources": {
        "file_search": {"vector_store_ids": ["vs_67dc1f0a"]},
        "code_interpreter": {"file_ids": []},
    },
    "metadata": {"team": "support"},
    "response_format": {
        "type": "json_schema",
        "json_schema": {
            "name": "answer",
            "description": None,
            "schema": {"type": "object", "properties": {}, "required": [], "additionalProperties": False},
            "strict": True,
        },
    },
}
"""An assistant as GET /v1/assistants/{id} answered it. Source: OpenAI's API reference, the assistant object."""


def read(document: Any, models: tuple[str, ...] = (LOCAL,)) -> list[Any]:
    return imported(json.dumps(document).encode(), models, LOCAL)


def changed(**fields: Any) -> dict[str, Any]:
    return OF_OPENAI | fields


# --- from OpenAI ----------------------------------------------------------------------------


def test_an_assistant_exported_from_openai_works_here(person: Person) -> None:
    (found,) = read(OF_OPENAI)
    made = person.api.create_assistant(found.body)
    assert made.id != OF_OPENAI["id"]
    assert (made.name, made.instructions, made.model) == ("Support", "Answer from the manuals.", LOCAL)
    assert (made.temperature, made.top_p, made.metadata) == (0.0, 1.0, {"team": "support"})
    assert [tool["type"] for tool in made.tools] == ["code_interpreter", "file_search", "function"]
    assert made.tools[1]["file_search"]["max_num_results"] == 5
    assert made.functions == ("weather",)
    assert made.response_format["json_schema"]["name"] == "answer"
    assert (made.store_id, made.code_file_ids) == (None, ())


def test_what_could_not_come_along_is_said() -> None:
    (found,) = read(OF_OPENAI)
    assert found.notices == (
        f"gpt-4o-2024-08-06 does not answer here, so it uses {LOCAL}.",
        "Its files are still where it comes from. Upload them here.",
    )
    (plain,) = read(changed(tool_resources={"code_interpreter": {"file_ids": []}}, model=LOCAL))
    assert plain.notices == ()


def test_a_model_that_answers_here_stays() -> None:
    (found,) = read(changed(reasoning_effort="low"), (LOCAL, "gpt-4o-2024-08-06"))
    assert (found.body["model"], found.body["reasoning_effort"]) == ("gpt-4o-2024-08-06", "low")


def test_another_model_does_not_get_the_effort_of_the_old_one() -> None:
    (found,) = read(changed(reasoning_effort="high"))
    assert "reasoning_effort" not in found.body


def test_an_assistant_of_the_first_version_searches_its_files_still() -> None:
    first = {"object": "assistant", "instructions": "x", "tools": [{"type": "retrieval"}], "file_ids": ["f"]}
    (found,) = read(first)
    assert found.body["tools"] == [{"type": "file_search"}]
    assert found.notices == (
        f"Its model does not answer here, so it uses {LOCAL}.",
        "Its files are still where it comes from. Upload them here.",
    )


def test_null_is_left_out_but_stays_in_a_schema() -> None:
    schema = {"type": "object", "properties": {"a": {"enum": [1, None], "default": None}}}
    function = {"name": "f", "description": None, "parameters": schema, "strict": None}
    (found,) = read(changed(tools=[{"type": "function", "function": function}]))
    assert found.body["tools"][0]["function"] == {"name": "f", "parameters": schema}
    assert "description" not in found.body["response_format"]["json_schema"]


def test_a_list_of_assistants_is_taken_whole() -> None:
    page = {"object": "list", "data": [OF_OPENAI, changed(name="Other")], "has_more": False}
    names = ["Support", "Other"]
    assert [found.body["name"] for found in read(page)] == names
    assert [found.body["name"] for found in read(page["data"])] == names


def test_a_tool_that_is_unknown_is_left_out_and_said() -> None:
    (found,) = read(changed(tools=[{"type": "web_search"}, {"type": "file_search"}, 7, {"type": ["x"]}]))
    assert found.body["tools"] == [{"type": "file_search"}]
    assert found.notices.count("A tool that is unknown here was left out.") == 3


# --- from here ------------------------------------------------------------------------------


def test_what_leaves_comes_back_the_same(person: Person) -> None:
    tools = [{"type": "code_interpreter"}, FUNCTION]
    made = person.assistant(
        instructions="Sei höflich.", tools=tools, temperature=0.0, metadata={"preset": "x"}
    )
    (found,) = imported(exported(made, []), (MODEL,), LOCAL)
    again = person.api.create_assistant(found.body)
    assert found.notices == ()
    kept = ("name", "model", "instructions", "tools", "temperature", "top_p", "metadata", "response_format")
    assert [getattr(again, name) for name in kept] == [getattr(made, name) for name in kept]
    assert again.id != made.id


def test_files_and_stores_stay_behind() -> None:
    resources = {"file_search": {"vector_store_ids": ["vs_1"]}}
    data = exported(Assistant("asst_1", "A", MODEL, tool_resources=resources), [])
    assert b"vs_1" not in data and b"asst_1" not in data


def test_functions_travel_with_how_they_are_answered() -> None:
    function = make_function("weather", "The weather.", "", CannedAnswer("20°"), approval=True)
    data = exported(Assistant("asst_1", "A", MODEL), [to_json(function)])
    assert [from_json(stored) for stored in functions_in(data)] == [function]
    waved_through = to_json(make_function("f", "", "", CannedAnswer("x"), approval=False))
    (stored,) = functions_in(exported(Assistant("asst_1", "A", MODEL), [waved_through]))
    assert stored["approval"] is None
    assert functions_in(json.dumps(OF_OPENAI | {"functions": [{"name": "x"}]}).encode()) == []


# --- what is refused ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"PK\x03\x04",
        b"[" * 100_000,
        b"9" * 10_000,
        b'{"instructions": NaN}',
        b'{"instructions": "\\ud800"}',
    ],
)
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"no JSON\. Export an assistant"):
        imported(data, (LOCAL,), LOCAL)


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        None,
        5,
        "text",
        {"data": []},
        {"data": 5},
        {"object": "thread"},
        [[OF_OPENAI]],
        {"assistant": 5},
        [1, None],
    ],
)
def test_json_that_holds_no_assistant_is_refused(document: Any) -> None:
    with pytest.raises(InvalidInput, match="holds no assistant"):
        read(document)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": 5}, "“name” of an assistant has to be text"),
        ({"instructions": ["x"]}, "“instructions” of an assistant has to be text"),
        ({"model": {}}, "“model” of an assistant has to be text"),
        ({"tools": "file_search"}, "“tools” of an assistant has to be a list"),
        ({"temperature": "hot"}, "“temperature” of an assistant has to be a number"),
        ({"temperature": True}, "“temperature” of an assistant has to be a number"),
        ({"metadata": ["x"]}, "“metadata” of an assistant has to be an object"),
        ({"metadata": {"x": 5}}, "Every entry of “metadata” has to be text"),
        ({"response_format": 5}, "“response_format” of an assistant has to be text or an object"),
        ({"tools": [{"type": "function"}]}, "A function in the file has no name"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "“a b” cannot be a function's name"),
        (
            {"tools": [{"type": "function", "function": {"name": "a", "parameters": 5}}]},
            "parameters that are no JSON Schema",
        ),
    ],
)
def test_a_wrong_type_is_named(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(changed(**fields))
    assert sentence in caught.value.user_message


def test_a_file_too_large_is_refused_with_its_size() -> None:
    data = json.dumps(changed(instructions="x" * 5_000_000)).encode()
    with pytest.raises(InvalidInput, match=f"bytes; an assistant has at most {MAX_BYTES:,}"):
        imported(data, (LOCAL,), LOCAL)
    with pytest.raises(InvalidInput):
        functions_in(data)


def test_too_many_assistants_are_refused() -> None:
    with pytest.raises(InvalidInput, match="holds 101 assistants; 100 at a time"):
        read([OF_OPENAI] * (MAX_ASSISTANTS + 1))


JUNK = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=9) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.sampled_from(sorted(OF_OPENAI)), JUNK)
def test_anything_anywhere_gives_an_assistant_or_a_sentence(name: str, junk: Any) -> None:
    try:
        found = read(changed(**{name: junk}))
    except InvalidInput as error:
        assert error.user_message
    else:
        assert all(json.dumps(one.body) for one in found)


def test_functions_called_otherwise_here_are_so_in_the_assistant_too() -> None:
    (one,) = imported(json.dumps(OF_OPENAI).encode(), (MODEL,), MODEL)
    name = FUNCTION["function"]["name"]
    renamed = with_names(one.body, {name: f"{name}_2", "file_search": "x"})
    assert [tool.get("function", {}).get("name", tool["type"]) for tool in renamed["tools"]] == [
        "code_interpreter",
        "file_search",
        f"{name}_2",
    ]
    assert with_names(one.body, {}) == one.body
