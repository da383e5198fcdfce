"""What is wrong with a request is said in OpenAI's words, for models that answer here."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support.engines import CHAT_MODEL
from tests.support.upstream import ScriptedUpstream

HELLO = [{"role": "user", "content": "Hello"}]
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


def _refusal(http: TestClient, **body: Any) -> dict[str, Any]:
    answer = http.post("chat/completions", json={"model": CHAT_MODEL, "messages": HELLO} | body)
    assert answer.status_code == 400, answer.text
    error: dict[str, Any] = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    return error


@pytest.mark.parametrize(
    ("body", "message", "code", "param"),
    [
        (
            {"messages": None},
            "Missing required parameter: 'messages'.",
            "missing_required_parameter",
            "messages",
        ),
        (
            {"messages": "hi"},
            "Invalid type for 'messages': expected an array, but got a string instead.",
            "invalid_type",
            "messages",
        ),
        (
            {"messages": []},
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            "empty_array",
            "messages",
        ),
        (
            {"messages": [{"role": "user"}]},
            "Missing required parameter: 'messages[0].content'.",
            "missing_required_parameter",
            "messages[0].content",
        ),
        (
            {"messages": [{"content": "hi"}]},
            "Missing required parameter: 'messages[0].role'.",
            "missing_required_parameter",
            "messages[0].role",
        ),
        (
            {"messages": [{"role": "robot", "content": "hi"}]},
            "Invalid value: 'robot'. Supported values are: "
            "'developer', 'system', 'user', 'assistant', 'tool' and 'function'.",
            "invalid_value",
            "messages[0].role",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "smell"}]}]},
            "Invalid value: 'smell'. Supported values are: 'text', 'image_url', 'input_audio' and 'file'.",
            "invalid_value",
            "messages[0].content[0].type",
        ),
        (
            {"messages": [{"role": "user", "content": "hi", "mood": "good"}]},
            "Unknown parameter: 'messages[0].mood'.",
            "unknown_parameter",
            "messages[0].mood",
        ),
        ({"temprature": 1}, "Unknown parameter: 'temprature'.", "unknown_parameter", "temprature"),
        (
            {"temperature": "hot"},
            "Invalid type for 'temperature': expected a decimal, but got a string instead.",
            "invalid_type",
            "temperature",
        ),
        (
            {"temperature": 3},
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
            "decimal_above_max_value",
            "temperature",
        ),
        (
            {"max_tokens": 0},
            "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
            "integer_below_min_value",
            "max_tokens",
        ),
        (
            {"stop": ["a", "b", "c", "d", "e"]},
            "Invalid 'stop': array too long. "
            "Expected an array with maximum length 4, but got an array with length 5 instead.",
            "array_above_max_length",
            "stop",
        ),
        (
            {"stream": "yes"},
            "Invalid type for 'stream': expected a boolean, but got a string instead.",
            "invalid_type",
            "stream",
        ),
        (
            {"response_format": {"type": "yaml"}},
            "Invalid value: 'yaml'. Supported values are: 'text', 'json_schema' and 'json_object'.",
            "invalid_value",
            "response_format.type",
        ),
        (
            {"tools": [{"type": "function", "function": {"name": "not a name"}}]},
            "Invalid 'tools[0].function.name': string does not match pattern. "
            "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
            "invalid_value",
            "tools[0].function.name",
        ),
        (
            {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "other"}}},
            "Tool choice 'other' not found in 'tools' parameter.",
            "invalid_value",
            "tool_choice",
        ),
        (
            {"tool_choice": "required"},
            "'tool_choice' is only allowed when 'tools' are specified.",
            "invalid_value",
            "tool_choice",
        ),
        (
            {"stream_options": {"include_usage": True}},
            "'stream_options' is only allowed when 'stream' is true.",
            "invalid_value",
            "stream_options",
        ),
    ],
)
def test_wrong_requests_are_refused_in_openai_words(
    http: TestClient, body: dict[str, Any], message: str, code: str, param: str
) -> None:
    error = _refusal(http, **body)
    assert (error["message"], error["code"], error["param"]) == (message, code, param)


@pytest.mark.parametrize(
    "body",
    [
        {"audio": {"voice": "alloy", "format": "mp3"}},
        {"modalities": ["text", "audio"]},
        {"web_search_options": {}},
        {"prediction": {"type": "content", "content": "x"}},
        {"reasoning_effort": "high"},
        {"functions": [{"name": "old"}]},
    ],
)
def test_what_the_local_model_cannot_do_is_refused_not_ignored(
    http: TestClient, body: dict[str, Any]
) -> None:
    error = _refusal(http, **body)
    assert (error["code"], error["param"]) == ("unsupported_parameter", next(iter(body)))


def test_harmless_parameters_are_taken(http: TestClient, llama: ScriptedUpstream) -> None:
    harmless = {
        "store": True,
        "metadata": {"a": "b"},
        "user": "u",
        "service_tier": "auto",
        "prompt_cache_key": "k",
        "safety_identifier": "s",
        "reasoning_effort": "none",
        "modalities": ["text"],
        "verbosity": "low",
        "logit_bias": None,
        "seed": 7,
    }
    body = {"model": CHAT_MODEL, "messages": HELLO} | harmless
    assert http.post("chat/completions", json=body).status_code == 200
    assert llama.requests[0].json["seed"] == 7


def test_a_missing_model_is_named(http: TestClient) -> None:
    error = http.post("chat/completions", json={"messages": HELLO}).json()["error"]
    assert (error["message"], error["param"]) == ("Missing required parameter: 'model'.", "model")


def test_too_many_tools_are_refused(http: TestClient) -> None:
    assert _refusal(http, tools=[TOOL] * 129)["code"] == "array_above_max_length"


def test_metadata_keeps_to_its_limits(http: TestClient) -> None:
    assert _refusal(http, metadata={"k" * 65: "v"})["code"] == "string_above_max_length"
    assert _refusal(http, metadata={str(n): "v" for n in range(17)})["code"] == "object_above_max_length"
