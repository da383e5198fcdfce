"""Chat Completions by the local model, seen through the unmodified SDK."""

from __future__ import annotations

import asyncio
import json

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel
from starlette.applications import Starlette

from tests.support.api import KEY, MakeApi
from tests.support.engines import CHAT_MODEL
from tests.support.server import served
from tests.support.upstream import Script, ScriptedUpstream, broken

HELLO = [{"role": "user", "content": "Hello"}]


class City(BaseModel):
    name: str
    people: int


def test_whole_answer_names_the_model_and_its_usage(client: OpenAI) -> None:
    answer = client.chat.completions.create(model=CHAT_MODEL, messages=HELLO)
    assert answer.choices[0].message.content == "Hello world"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == CHAT_MODEL
    assert answer.usage and answer.usage.total_tokens == 18
    assert answer._request_id and answer._request_id.startswith("req_")


def test_streamed_answer_ends_with_usage_when_asked(client: OpenAI) -> None:
    stream = client.chat.completions.create(
        model=CHAT_MODEL, messages=HELLO, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "Hello world"
    assert chunks[-1].choices == []
    assert chunks[-1].usage and chunks[-1].usage.prompt_tokens == 11


def test_streamed_answer_has_no_usage_unless_asked(client: OpenAI) -> None:
    chunks = list(client.chat.completions.create(model=CHAT_MODEL, messages=HELLO, stream=True))
    assert all(chunk.usage is None for chunk in chunks)


@pytest.mark.parametrize("name", ["gpt-4o", "gpt-3.5-turbo", "gpt-4o-mini"])
def test_retired_names_are_answered_by_the_local_model(client: OpenAI, name: str) -> None:
    assert client.chat.completions.create(model=name, messages=HELLO).model == CHAT_MODEL


def test_unknown_model_without_upstream_is_not_found(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as refusal:
        client.chat.completions.create(model="no-such-model", messages=HELLO)
    assert refusal.value.code == "model_not_found"
    assert "`no-such-model` does not exist" in refusal.value.message


def test_embedding_model_cannot_chat(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="not a chat model"):
        client.chat.completions.create(model="all-minilm-l6-v2", messages=HELLO)


def test_tool_call_comes_back_as_openai_writes_it(client: OpenAI, llama: ScriptedUpstream) -> None:
    calls = {"calls": [{"name": "weather", "arguments": {"city": "Oslo"}}]}
    llama.play(Script(text=(json.dumps(calls),)))
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    answer = client.chat.completions.create(
        model=CHAT_MODEL,
        messages=HELLO,
        tools=[{"type": "function", "function": {"name": "weather", "parameters": parameters}}],
        tool_choice="required",
        parallel_tool_calls=False,
    )
    calls_made = answer.choices[0].message.tool_calls or []
    assert answer.choices[0].finish_reason == "tool_calls"
    assert [(c.type, c.function.name, json.loads(c.function.arguments)) for c in calls_made] == [
        ("function", "weather", {"city": "Oslo"})
    ]


def test_an_answer_may_be_sent_back_as_it_came(client: OpenAI) -> None:
    answer = client.chat.completions.create(model=CHAT_MODEL, messages=HELLO)
    again = [*HELLO, answer.choices[0].message, {"role": "user", "content": "And?"}]
    assert client.chat.completions.create(model=CHAT_MODEL, messages=again).choices


def test_parse_gives_the_object_of_the_schema(client: OpenAI, llama: ScriptedUpstream) -> None:
    llama.play(Script(text=('{"name": "Oslo", ', '"people": 700000}')))
    answer = client.chat.completions.parse(model=CHAT_MODEL, messages=HELLO, response_format=City)
    assert answer.choices[0].message.parsed == City(name="Oslo", people=700000)
    assert llama.requests[0].json["response_format"]["type"] == "json_schema"


def test_stream_helper_reads_the_events(client: OpenAI) -> None:
    with client.chat.completions.stream(model=CHAT_MODEL, messages=HELLO) as stream:
        deltas = [event.delta for event in stream if event.type == "content.delta"]
    assert "".join(deltas) == "Hello world"
    assert stream.get_final_completion().choices[0].message.content == "Hello world"


def test_error_of_the_model_before_the_first_token_has_its_own_status(
    client: OpenAI, llama: ScriptedUpstream
) -> None:
    llama.play(broken())
    with pytest.raises(openai.InternalServerError) as failure:
        client.chat.completions.create(model=CHAT_MODEL, messages=HELLO, stream=True)
    assert failure.value.status_code == 503


def test_error_in_the_middle_of_a_stream_reaches_the_client(client: OpenAI, llama: ScriptedUpstream) -> None:
    llama.play(Script(cut_after=2))
    stream = client.chat.completions.create(model=CHAT_MODEL, messages=HELLO, stream=True)
    text = ""
    with pytest.raises(openai.APIError, match="stopped in the middle"):
        for chunk in stream:
            text += chunk.choices[0].delta.content or ""
    assert text == "Hello"


def test_leaving_a_stream_stops_the_model_at_once(make_api: MakeApi, llama: ScriptedUpstream) -> None:
    llama.play(Script(hold_after=2))
    with served(make_api()) as base_url, OpenAI(base_url=base_url, api_key=KEY) as client:
        stream = client.chat.completions.create(model=CHAT_MODEL, messages=HELLO, stream=True)
        next(iter(stream))
        assert llama.holding.wait(5)
        stream.close()
        assert llama.client_left.wait(5)


def test_leaving_before_the_first_token_stops_the_model(make_api: MakeApi, llama: ScriptedUpstream) -> None:
    llama.play(Script(hang=True))
    with served(make_api()) as base_url:
        client = OpenAI(base_url=base_url, api_key=KEY, timeout=0.5, max_retries=0)
        with client, pytest.raises(openai.APITimeoutError):
            client.chat.completions.create(model=CHAT_MODEL, messages=HELLO, stream=True)
        assert llama.client_left.wait(5)


async def _streamed(base_url: str) -> str:
    async with AsyncOpenAI(base_url=base_url, api_key=KEY) as client:
        stream = await client.chat.completions.create(model=CHAT_MODEL, messages=HELLO, stream=True)
        return "".join([c.choices[0].delta.content or "" async for c in stream])


def test_async_client_streams_over_a_socket(make_api: MakeApi) -> None:
    api: Starlette = make_api()
    with served(api) as base_url:
        assert asyncio.run(_streamed(base_url)) == "Hello world"
