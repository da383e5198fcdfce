"""Runs that end before their answer is whole: token limits, a filter, and too many rounds."""

from __future__ import annotations

from typing import Any

from services.server.runs.conversation import MOST_ROUNDS
from tests.support.assistants import FUNCTION, PARIS, Account, names
from tests.support.upstream import Script, ScriptedUpstream

CUT = Script(text=("Hello", " wor"), finish_reason="length")
LONG = "word " * 400


def test_max_completion_tokens_reaches_the_model_and_cuts_its_message(
    me: Account, upstream: ScriptedUpstream
) -> None:
    upstream.play(CUT)
    run = me.run(max_completion_tokens=256)
    assert upstream.requests[0].json["max_completion_tokens"] == 256
    assert run.status == "incomplete"
    assert run.incomplete_details is not None
    assert run.incomplete_details.reason == "max_completion_tokens"
    assert (run.last_error, run.expires_at) == (None, None)
    assert run.usage is not None
    assert run.usage.total_tokens == 18
    (message,) = me.written(run)
    assert me.texts(run) == ["Hello wor"]
    assert message.status == "incomplete"
    assert message.incomplete_details is not None
    assert message.incomplete_details.reason == "max_tokens"
    assert message.incomplete_at is not None
    assert message.completed_at is None
    assert [step.status for step in me.steps(run)] == ["completed"]


def test_an_older_model_is_told_its_limit_by_the_older_name(me: Account, upstream: ScriptedUpstream) -> None:
    me.run(assistant=me.assistant(model="some-other-model"), max_completion_tokens=300)
    told = upstream.requests[0].json
    assert 300 in (told.get("max_tokens"), told.get("max_completion_tokens"))


def test_completion_tokens_are_counted_over_all_answers(me: Account, upstream: ScriptedUpstream) -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 250, "total_tokens": 251}
    upstream.play(Script(tool_calls=(PARIS,), usage=usage), Script(tool_calls=(PARIS,), usage=usage))
    assistant = me.assistant(tools=[FUNCTION])
    waiting = me.answered(me.run(assistant=assistant, max_completion_tokens=256))
    assert upstream.requests[1].json["max_completion_tokens"] == 6
    run = me.answered(waiting)
    assert len(upstream.requests) == 2
    assert run.status == "incomplete"
    assert run.incomplete_details is not None
    assert run.incomplete_details.reason == "max_completion_tokens"


def test_a_prompt_that_cannot_be_made_to_fit_ends_the_run(me: Account, upstream: ScriptedUpstream) -> None:
    run = me.run(me.thread(LONG), max_prompt_tokens=256)
    assert upstream.requests == []
    assert run.status == "incomplete"
    assert run.incomplete_details is not None
    assert run.incomplete_details.reason == "max_prompt_tokens"
    assert (me.steps(run), me.written(run)) == ([], [])
    assert names(me.events(run)) == [
        "thread.run.created",
        "thread.run.queued",
        "thread.run.in_progress",
        "thread.run.incomplete",
    ]


def test_prompt_tokens_are_counted_over_all_answers(me: Account, upstream: ScriptedUpstream) -> None:
    usage = {"prompt_tokens": 290, "completion_tokens": 1, "total_tokens": 291}
    upstream.play(Script(tool_calls=(PARIS,), usage=usage))
    run = me.answered(me.run(assistant=me.assistant(tools=[FUNCTION]), max_prompt_tokens=300))
    assert len(upstream.requests) == 1
    assert run.incomplete_details is not None
    assert run.incomplete_details.reason == "max_prompt_tokens"
    assert run.usage is not None
    assert run.usage.prompt_tokens == 290


def test_a_call_that_was_cut_off_is_not_asked_for(me: Account, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(tool_calls=(PARIS,), finish_reason="length"))
    run = me.run(assistant=me.assistant(tools=[FUNCTION]), max_completion_tokens=256)
    assert (run.status, run.required_action) == ("incomplete", None)
    (step,) = me.steps(run)
    details: Any = step.step_details.to_dict()
    assert details["tool_calls"][0]["function"]["arguments"] == PARIS.arguments


def test_a_filtered_answer_fails_its_run(me: Account, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(text=("Hel",), finish_reason="content_filter"))
    run = me.run()
    assert run.status == "failed"
    assert run.last_error is not None
    assert run.last_error.code == "invalid_prompt"
    (message,) = me.written(run)
    assert message.incomplete_details is not None
    assert message.incomplete_details.reason == "content_filter"


def test_a_model_that_calls_tools_for_ever_is_stopped(me: Account, upstream: ScriptedUpstream) -> None:
    from tests.support.upstream import ToolCall

    search = ToolCall("code_interpreter", '{"code": "1"}')
    upstream.by_request = lambda _: Script(tool_calls=(search,))
    run = me.run(assistant=me.assistant(tools=[{"type": "code_interpreter"}]))
    assert run.status == "failed"
    assert run.last_error is not None
    assert str(MOST_ROUNDS) in run.last_error.message
    assert len(upstream.requests) == MOST_ROUNDS
