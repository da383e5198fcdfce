"""Every id that is not local goes on to the upstream and comes back as it was."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor

import httpx2
import openai
import pytest
from openai import OpenAI
from pydantic import SecretStr
from starlette.testclient import TestClient

from tests.support.api import KEY, MakeApi, Open, sdk
from tests.support.engines import CHAT_MODEL
from tests.support.server import served
from tests.support.upstream import (
    RATE_LIMIT_HEADERS,
    Script,
    ScriptedUpstream,
    ToolCall,
    broken,
    rate_limited,
    wrong_key,
)

MODEL = "gpt-6-luna"
HELLO = [{"role": "user", "content": "Hello"}]
BODY = {"model": MODEL, "messages": HELLO, "stream": True}


def test_body_arrives_untouched_with_the_upstream_key(
    http_before: TestClient, upstream: ScriptedUpstream
) -> None:
    raw = b'{"model":"gpt-6-luna",  "messages":[{"role":"user","content":"H\\u00e9"}], "made_up": 1}'
    http_before.post("chat/completions", content=raw, headers={"content-type": "application/json"})
    received = upstream.requests[0]
    assert received.raw == raw
    assert received.headers["Authorization"] == "Bearer sk-upstream"
    assert KEY not in str(received.headers)


def test_streamed_bytes_are_those_of_the_upstream(
    http_before: TestClient, upstream: ScriptedUpstream
) -> None:
    through = http_before.post("chat/completions", json=BODY)
    direct = httpx2.post(f"{upstream.base_url}/chat/completions", json=BODY)
    assert through.content == direct.content
    assert through.headers["content-type"] == direct.headers["content-type"]


def test_retired_names_go_to_the_upstream_when_there_is_one(client_before: OpenAI) -> None:
    assert client_before.chat.completions.create(model="gpt-4o", messages=HELLO).model == "gpt-4o"


def test_local_ids_stay_local(client_before: OpenAI, upstream: ScriptedUpstream) -> None:
    assert client_before.chat.completions.create(model=CHAT_MODEL, messages=HELLO).model == CHAT_MODEL
    assert upstream.requests == []


def test_tool_calls_stream_through(client_before: OpenAI, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(tool_calls=(ToolCall("weather", '{"city": "Oslo"}'),)))
    tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
    with client_before.chat.completions.stream(model=MODEL, messages=HELLO, tools=tools) as stream:
        final = stream.get_final_completion()
    assert (final.choices[0].message.tool_calls or [])[0].function.arguments == '{"city": "Oslo"}'


def test_rate_limit_and_openai_headers_pass(http_before: TestClient, upstream: ScriptedUpstream) -> None:
    sent = {**RATE_LIMIT_HEADERS, "x-request-id": "req_upstream", "openai-processing-ms": "12"}
    upstream.play(Script(headers={**sent, "set-cookie": "a=b"}))
    headers = http_before.post("chat/completions", json=BODY).headers
    assert {name: headers[name] for name in sent} == sent
    assert "set-cookie" not in headers


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (wrong_key(), openai.AuthenticationError),
        (rate_limited(7), openai.RateLimitError),
        (broken(), openai.InternalServerError),
    ],
)
def test_errors_of_the_upstream_pass(
    client_before: OpenAI, upstream: ScriptedUpstream, script: Script, error: type[openai.APIStatusError]
) -> None:
    upstream.play(script)
    with pytest.raises(error) as raised:
        client_before.chat.completions.create(model=MODEL, messages=HELLO)
    assert raised.value.body == (script.body or {})["error"]
    assert raised.value.response.headers.get("retry-after") == script.headers.get("retry-after")


def test_cut_stream_ends_in_an_error_event_after_what_had_arrived(
    client_before: OpenAI, upstream: ScriptedUpstream
) -> None:
    upstream.play(Script(cut_after=2, cut_inside_event=True))
    text = ""
    with pytest.raises(openai.APIError, match="broke off") as cut:
        for chunk in client_before.chat.completions.create(model=MODEL, messages=HELLO, stream=True):
            text += chunk.choices[0].delta.content or ""
    assert text == "Hello"
    assert cut.value.code == "upstream_cut"


def test_cut_whole_answer_is_a_502(client_before: OpenAI, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(cut_after=0))
    with pytest.raises(openai.InternalServerError) as cut:
        client_before.chat.completions.create(model=MODEL, messages=HELLO)
    assert (cut.value.status_code, cut.value.code) == (502, "upstream_cut")


def test_upstream_that_refuses_connections_is_a_502_with_what_to_check(
    make_api: MakeApi, open_api: Open
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    client = sdk(open_api(make_api(openai_base_url=f"http://127.0.0.1:{port}/v1")))
    with pytest.raises(openai.InternalServerError, match="Check OPENAI_BASE_URL") as refused:
        client.chat.completions.create(model=MODEL, messages=HELLO)
    assert (refused.value.status_code, refused.value.code) == (502, "upstream_unreachable")


def test_leaving_closes_the_upstream_connection_at_once(
    make_api: MakeApi, upstream: ScriptedUpstream
) -> None:
    upstream.play(Script(hold_after=2))
    with served(make_api(openai_base_url=upstream.base_url)) as base_url:
        with OpenAI(base_url=base_url, api_key=KEY) as client:
            stream = client.chat.completions.create(model=MODEL, messages=HELLO, stream=True)
            next(iter(stream))
            assert upstream.holding.wait(5)
            stream.close()
        assert upstream.client_left.wait(5)


def test_leaving_a_silent_upstream_closes_it_too(make_api: MakeApi, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(hang=True))
    with served(make_api(openai_base_url=upstream.base_url)) as base_url:
        with pytest.raises(httpx2.TimeoutException):
            httpx2.post(
                f"{base_url}/chat/completions",
                json=BODY,
                headers={"authorization": f"Bearer {KEY}"},
                timeout=0.5,
            )
        assert upstream.client_left.wait(5)


def test_first_token_is_not_held_back(make_api: MakeApi, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(hold_after=2))
    with (
        served(make_api(openai_base_url=upstream.base_url)) as base_url,
        OpenAI(base_url=base_url, api_key=KEY) as client,
    ):
        stream = iter(client.chat.completions.create(model=MODEL, messages=HELLO, stream=True))
        assert next(stream).choices[0].delta.role == "assistant"
        assert next(stream).choices[0].delta.content == "Hello"
        upstream.release()
        assert next(stream).choices[0].delta.content == " world"


def test_many_streams_run_side_by_side(make_api: MakeApi, upstream: ScriptedUpstream) -> None:
    upstream.default = Script(hold_after=2)
    with (
        served(make_api(openai_base_url=upstream.base_url)) as base_url,
        OpenAI(base_url=base_url, api_key=KEY) as client,
        ThreadPoolExecutor(40) as pool,
    ):

        def started(_: int) -> openai.Stream[object]:
            stream = client.chat.completions.create(model=MODEL, messages=HELLO, stream=True)
            next(iter(stream))
            return stream

        streams = list(pool.map(started, range(40)))
        upstream.release()
        assert all(len(list(stream)) == 3 for stream in streams)


def test_a_base_url_that_points_at_ourselves_is_said_so(make_api: MakeApi) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    own = f"http://127.0.0.1:{port}/v1"
    api = make_api(openai_base_url=own, openai_api_key=SecretStr(KEY))
    with served(api, port), pytest.raises(openai.InternalServerError) as circle:
        OpenAI(base_url=own, api_key=KEY, max_retries=0).chat.completions.create(model=MODEL, messages=HELLO)
    assert circle.value.code == "upstream_is_this_server"


def test_embeddings_of_other_models_go_to_the_upstream(
    client_before: OpenAI, upstream: ScriptedUpstream
) -> None:
    answer = client_before.embeddings.create(
        model="text-embedding-3-large", input="x", encoding_format="float"
    )
    assert answer.data[0].embedding == [0.6, 0.8]
    assert json.loads(upstream.requests[0].raw)["input"] == "x"
