"""What the upstream can do wrong: the run fails with the right words, and its thread can be used again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.assistants import Account, names
from tests.support.upstream import Script, ScriptedUpstream, broken, error, rate_limited, wrong_key

CHUNK = '{"choices": [{"index": 0, "delta": {"content": "Hel"}, "finish_reason": null}]}'
CASES: dict[str, tuple[Script, str, str]] = {
    "wrong key": (wrong_key(), "server_error", "Incorrect API key provided"),
    "no rights": (error(403, "You may not."), "server_error", "You may not."),
    "no such model": (error(404, "The model does not exist", "model_not_found"), "server_error", "not exist"),
    "too long": (
        error(400, "This model's maximum context length is 8192 tokens.", "context_length_exceeded"),
        "invalid_prompt",
        "maximum context length",
    ),
    "rate limit": (rate_limited(), "rate_limit_exceeded", "Rate limit reached"),
    "no credit": (
        error(429, "You exceeded your quota.", "insufficient_quota"),
        "rate_limit_exceeded",
        "quota",
    ),
    "broken": (broken(), "server_error", "The server had an error"),
    "no JSON": (Script(status=502, body=None), "server_error", "The upstream answered 502."),
    "error without words": (Script(status=500, body={"error": {}}), "server_error", ""),
    "error of another shape": (Script(status=500, body={"error": "no"}), "server_error", "answered 500"),
    "cut at once": (Script(cut_after=0), "server_error", "broke off"),
    "cut in the middle": (Script(cut_after=2), "server_error", "broke off"),
    "cut inside an event": (Script(cut_after=2, cut_inside_event=True), "server_error", "broke off"),
    "error event": (
        Script(raw=(CHUNK, '{"error": {"message": "Overloaded"}}')),
        "server_error",
        "Overloaded",
    ),
    "error event in a word": (Script(raw=(CHUNK, '{"error": "Overloaded"}')), "server_error", "Overloaded"),
    "not JSON": (Script(raw=(CHUNK, "{not json")), "server_error", "broke off"),
    "not an object": (Script(raw=(CHUNK, "[1, 2]")), "server_error", "broke off"),
    "null": (Script(raw=(CHUNK, "null")), "server_error", "broke off"),
    "choices of another shape": (Script(raw=(CHUNK, '{"choices": "x"}')), "server_error", "The server had"),
    "delta of another shape": (
        Script(raw=('{"choices": [{"delta": 7}]}',)),
        "server_error",
        "The server had",
    ),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[Script, str, str]:
    """One thing that goes wrong."""
    return CASES[request.param]


def test_the_run_fails_with_the_right_words_and_the_thread_lives_on(
    me: Account, upstream: ScriptedUpstream, case: tuple[Script, str, str]
) -> None:
    script, code, words = case
    upstream.play(script)
    run = me.run()
    assert (run.status, run.failed_at is None, run.expires_at) == ("failed", False, None)
    assert run.last_error is not None
    assert run.last_error.code == code
    assert words in run.last_error.message
    assert names(me.events(run))[-1] == "thread.run.failed"
    assert me.run(me.client.beta.threads.retrieve(run.thread_id)).status == "completed"


def test_what_had_arrived_stays_as_an_incomplete_message(me: Account, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(cut_after=2))
    run = me.run()
    (message,) = me.written(run)
    assert (message.status, me.texts(run)) == ("incomplete", ["Hello"])
    assert message.incomplete_details is not None
    assert message.incomplete_details.reason == "run_failed"
    (step,) = me.steps(run)
    assert (step.status, step.failed_at is None) == ("failed", False)
    assert step.last_error is not None
    assert step.last_error.code == "server_error"
    assert names(me.events(run))[-4:] == [
        "thread.message.delta",
        "thread.message.incomplete",
        "thread.run.step.failed",
        "thread.run.failed",
    ]


def test_a_failure_after_a_call_keeps_the_usage_known_so_far(me: Account, upstream: ScriptedUpstream) -> None:
    waiting = me.waiting()
    upstream.play(broken())
    run = me.answered(waiting)
    assert run.status == "failed"
    assert run.usage is not None
    assert run.usage.total_tokens == 18
    assert [step.status for step in me.steps(run)] == ["completed"]


def test_a_stream_that_ends_without_its_last_word_but_with_a_reason_is_whole(
    me: Account, upstream: ScriptedUpstream
) -> None:
    upstream.play(Script(cut_after=4))
    run = me.run()
    assert (run.status, run.usage, me.texts(run)) == ("completed", None, ["Hello world"])


def test_a_stream_cut_by_its_server_is_told_to_a_streaming_client(
    me: Account, upstream: ScriptedUpstream
) -> None:
    upstream.play(Script(cut_after=2))
    stream: Any = me.client.beta.threads.runs.create(
        me.thread("Hi").id, assistant_id=me.assistant().id, stream=True
    )
    assert [event.event for event in stream][-1] == "thread.run.failed"


def test_an_upstream_that_cannot_be_reached_is_named(start_service: Any) -> None:
    with start_service(openai_base_url="http://127.0.0.1:9/v1") as service:
        me = service.account()
        run = me.run()
        assert run.status == "failed"
        assert "cannot be reached" in run.last_error.message
        me.close()
