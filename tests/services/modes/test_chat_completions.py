"""A turn over Chat Completions, against a scripted server over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from services.clients import Connection, open_client
from services.loop import BackgroundLoop
from services.modes.chat_completions import ChatRequest, send
from services.tools.base import Tool, flat_parameters
from services.turns import (
    ApprovalNeeded,
    Attachment,
    Event,
    Failed,
    Finished,
    Message,
    RequestSent,
    TextDelta,
    ToolStep,
    UsageReport,
)
from tests.support.upstream import Script, ScriptedUpstream, ToolCall, broken, rate_limited, wrong_key

HELLO = (Message("user", "Hello"),)
DOUBLE = Tool(
    "double",
    "Double",
    "Doubles a number",
    flat_parameters(number="a number"),
    ":material/calculate:",
    lambda a: str(int(a["number"]) * 2),
)


@pytest.fixture(scope="module")
def loop() -> BackgroundLoop:
    return BackgroundLoop()


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as server:
        yield server


def run(loop: BackgroundLoop, upstream: ScriptedUpstream, **request: Any) -> list[Event]:
    connection = Connection("Scripted", "compatible", upstream.base_url, "sk-test")

    async def collect() -> list[Event]:
        client = open_client(connection, loop.pool(connection.base_url))
        wanted = ChatRequest(**{"model": "gpt-6-luna", "messages": HELLO, **request})
        return [event async for event in send(client, connection, wanted)]

    return loop.run(collect())


def kinds(events: list[Event]) -> list[type]:
    return [type(e) for e in events]


def test_text_usage_and_end_come_in_order(loop: BackgroundLoop, upstream: ScriptedUpstream) -> None:
    events = run(loop, upstream, system_prompt="Be kind.", parameters={"temperature": 0.2})
    assert kinds(events) == [RequestSent, TextDelta, TextDelta, UsageReport, Finished]
    report = events[3]
    assert isinstance(report, UsageReport) and report.usage.prompt_tokens == 11 and report.ttft_s is not None
    body = upstream.requests[-1].json
    assert body["messages"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hello"},
    ]
    assert body["temperature"] == 0.2 and body["stream_options"] == {"include_usage": True}


def test_whole_history_is_sent_again(loop: BackgroundLoop, upstream: ScriptedUpstream) -> None:
    history = (*HELLO, Message("assistant", "Hi"), Message("user", "And now?"))
    sent = run(loop, upstream, messages=history)[0]
    assert isinstance(sent, RequestSent) and sent.message_count == 3
    assert sent.size_bytes == pytest.approx(len(upstream.requests[-1].raw), abs=20)


def test_tool_is_run_and_its_result_goes_back(loop: BackgroundLoop, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(tool_calls=(ToolCall("double", '{"number": "21"}'),)), Script(text=("42",)))
    events = run(loop, upstream, tools=(DOUBLE,))
    steps = [(e.state, e.output) for e in events if isinstance(e, ToolStep)]
    assert steps == [("requested", None), ("running", None), ("completed", "42")]
    second = upstream.requests[-1].json["messages"]
    assert [m["role"] for m in second] == ["user", "assistant", "tool"]
    assert second[2] == {"role": "tool", "tool_call_id": "call_1", "content": "42"}
    assert kinds(events)[-1] is Finished


def test_parallel_calls_are_all_answered(loop: BackgroundLoop, upstream: ScriptedUpstream) -> None:
    calls = (ToolCall("double", '{"number": "1"}', "call_a"), ToolCall("double", '{"number": "2"}', "call_b"))
    upstream.play(Script(tool_calls=calls), Script(text=("done",)))
    run(loop, upstream, tools=(DOUBLE,))
    answered = [m["tool_call_id"] for m in upstream.requests[-1].json["messages"] if m["role"] == "tool"]
    assert answered == ["call_a", "call_b"]


def test_unknown_tool_and_bad_arguments_become_results_not_errors(
    loop: BackgroundLoop, upstream: ScriptedUpstream
) -> None:
    calls = (ToolCall("fly", "{}", "call_a"), ToolCall("double", "not json", "call_b"))
    upstream.play(Script(tool_calls=calls), Script(text=("sorry",)))
    steps = [e for e in run(loop, upstream, tools=(DOUBLE,)) if isinstance(e, ToolStep) and e.output]
    assert [s.state for s in steps] == ["failed", "failed"]


def test_nothing_runs_before_approval(loop: BackgroundLoop, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(tool_calls=(ToolCall("double", '{"number": "1"}'),)))
    events = run(loop, upstream, tools=(DOUBLE,), approve_tools=True)
    assert kinds(events)[-2:] == [ToolStep, ApprovalNeeded]
    assert len(upstream.requests) == 1


@pytest.mark.parametrize(("allowed", "state"), [(True, "completed"), (False, "refused")])
def test_turn_goes_on_after_the_decision(
    loop: BackgroundLoop, upstream: ScriptedUpstream, allowed: bool, state: str
) -> None:
    from services.turns import ToolCall as Call

    waiting = (*HELLO, Message("assistant", tool_calls=(Call("call_1", "double", '{"number": "4"}'),)))
    events = run(
        loop, upstream, messages=waiting, tools=(DOUBLE,), approve_tools=True, decisions={"call_1": allowed}
    )
    ended = [e for e in events if isinstance(e, ToolStep) and e.output]
    assert [e.state for e in ended] == [state]
    assert kinds(events)[-1] is Finished


def test_a_model_that_only_calls_tools_is_stopped(loop: BackgroundLoop, upstream: ScriptedUpstream) -> None:
    upstream.default = Script(tool_calls=(ToolCall("double", '{"number": "1"}'),))
    last = run(loop, upstream, tools=(DOUBLE,))[-1]
    assert isinstance(last, Failed) and "without answering" in last.user_message


@pytest.mark.parametrize(
    ("script", "words", "retryable"),
    [
        (wrong_key(), "does not accept this key", False),
        (rate_limited(7), "Try again in 7 s", True),
        (broken(), "an error of its own (500)", True),
        (Script(cut_after=2), "stopped in the middle", True),
    ],
)
def test_trouble_is_one_clear_sentence(
    loop: BackgroundLoop, upstream: ScriptedUpstream, script: Script, words: str, retryable: bool
) -> None:
    upstream.play(script)
    last = run(loop, upstream)[-1]
    assert isinstance(last, Failed)
    assert words in last.user_message and last.retryable is retryable


def test_nothing_listening_is_said(loop: BackgroundLoop) -> None:
    connection = Connection("Nobody", "compatible", "http://127.0.0.1:9/v1", "k")

    async def collect() -> list[Event]:
        client = open_client(connection, loop.pool(connection.base_url))
        return [e async for e in send(client, connection, ChatRequest("m", HELLO))]

    last = loop.run(collect())[-1]
    assert isinstance(last, Failed) and "cannot be reached at 127.0.0.1:9" in last.user_message


def test_cancelling_closes_the_socket_before_the_first_token(
    loop: BackgroundLoop, upstream: ScriptedUpstream
) -> None:
    upstream.play(Script(hang=True))
    connection = Connection("Scripted", "compatible", upstream.base_url, "k")

    async def collect() -> None:
        client = open_client(connection, loop.pool(connection.base_url))
        async for _ in send(client, connection, ChatRequest("m", HELLO)):
            pass

    future = loop.start(collect())
    assert upstream.holding.wait(5)
    future.cancel()
    assert upstream.client_left.wait(2)
    with pytest.raises((asyncio.CancelledError, Exception)):
        future.result(2)


def test_picture_reaches_only_a_model_that_sees(loop: BackgroundLoop, upstream: ScriptedUpstream) -> None:
    from io import BytesIO

    from PIL import Image

    buffer = BytesIO()
    Image.new("RGB", (8, 8), "red").save(buffer, "PNG")
    picture = (Message("user", "What is this?", (Attachment("red.png", "image/png", buffer.getvalue()),)),)
    run(loop, upstream, messages=picture, sees_images=True)
    assert b"data:image/png;base64," in upstream.requests[-1].raw
    run(loop, upstream, messages=picture, sees_images=False)
    assert b"data:image" not in upstream.requests[-1].raw
    assert b"cannot see" in upstream.requests[-1].raw
