"""Cancelling: in each state, at once, and with what had arrived."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.assistants.conftest import Clock
from tests.support.assistants import FUNCTION, PARIS, Account, names, until
from tests.support.upstream import Script, ScriptedUpstream


def test_cancelling_stops_the_model_at_once(me: Account, upstream: ScriptedUpstream, clock: Clock) -> None:
    run = me.held()
    answer = me.client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    assert (answer.status, answer.cancelled_at) == ("cancelling", None)
    assert upstream.client_left.wait(1)
    ended = me.finished(run)
    assert (ended.status, ended.cancelled_at, ended.expires_at) == ("cancelled", 1_800_000_000, None)
    assert ended.last_error is None


def test_what_had_arrived_stays_as_an_incomplete_message(me: Account) -> None:
    run = me.cancelled(me.held())
    (message,) = me.written(run)
    assert me.texts(run) == ["Hello"]
    assert message.status == "incomplete"
    assert message.incomplete_details is not None
    assert message.incomplete_details.reason == "run_cancelled"
    (step,) = me.steps(run)
    assert (step.status, step.cancelled_at is None, step.usage) == ("cancelled", False, None)
    assert run.usage is None


def test_the_thread_can_be_used_again(me: Account, upstream: ScriptedUpstream) -> None:
    run = me.cancelled(me.held())
    me.client.beta.threads.messages.create(run.thread_id, role="user", content="And?")
    again = me.run(me.client.beta.threads.retrieve(run.thread_id))
    assert again.status == "completed"
    assert [m["content"] for m in upstream.requests[-1].json["messages"]] == ["Hi", "Hello", "And?"]


def test_a_model_that_has_not_said_a_word_is_stopped_too(me: Account, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(hang=True))
    run = me.start()
    assert upstream.holding.wait(5)
    ended = me.cancelled(run)
    assert ended.status == "cancelled"
    assert upstream.client_left.wait(1)
    assert (me.steps(ended), me.written(ended)) == ([], [])


def test_a_run_that_waits_for_its_caller_is_cancelled(me: Account) -> None:
    run = me.cancelled(me.waiting())
    assert (run.status, run.required_action) == ("cancelled", None)
    (step,) = me.steps(run)
    assert step.status == "cancelled"
    assert step.usage is not None
    assert run.usage is not None
    assert run.usage.total_tokens == 18
    outputs: Any = [{"tool_call_id": "call_1", "output": "x"}]
    path = f"threads/{run.thread_id}/runs/{run.id}/submit_tool_outputs"
    words = 'Runs in status "cancelled" do not accept tool outputs.'
    assert me.error("POST", path, json={"tool_outputs": outputs}) == (400, words)


def test_calls_that_were_being_written_are_kept(me: Account, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(tool_calls=(PARIS,), hold_after=2))
    run = me.start(assistant=me.assistant(tools=[FUNCTION]))
    until(lambda: me.steps(run))
    run = me.cancelled(run)
    (call,) = me.steps(run)[0].step_details.to_dict()["tool_calls"]  # type: ignore[misc]
    assert call["function"]["name"] == "weather"
    assert PARIS.arguments.startswith(call["function"]["arguments"])


@pytest.mark.parametrize("end", ["completed", "cancelled", "failed"])
def test_a_run_that_has_ended_cannot_be_cancelled(me: Account, upstream: ScriptedUpstream, end: str) -> None:
    if end == "failed":
        upstream.play(Script(status=500, body={}))
    run = me.cancelled(me.held()) if end == "cancelled" else me.run()
    assert run.status == end
    path = f"threads/{run.thread_id}/runs/{run.id}/cancel"
    assert me.error("POST", path) == (400, f"Cannot cancel run with status '{end}'.")
    assert me.again(run) == run


def test_who_listens_is_told_every_step_of_it(me: Account) -> None:
    run = me.cancelled(me.held())
    assert names(me.events(run)) == [
        "thread.run.created",
        "thread.run.queued",
        "thread.run.in_progress",
        "thread.run.step.created",
        "thread.run.step.in_progress",
        "thread.message.created",
        "thread.message.in_progress",
        "thread.message.delta",
        "thread.run.cancelling",
        "thread.message.incomplete",
        "thread.run.step.cancelled",
        "thread.run.cancelled",
    ]


def test_who_listens_to_a_waiting_run_is_told_too(me: Account) -> None:
    run = me.waiting()
    seen = me.events(run)
    me.cancelled(run)
    assert names(me.events(run, after=seen[-1].id)) == [
        "thread.run.cancelling",
        "thread.run.step.cancelled",
        "thread.run.cancelled",
    ]
