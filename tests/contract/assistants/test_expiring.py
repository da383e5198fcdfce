"""Expiry: ten minutes after it was made a run ends by itself, whatever it is doing."""

from __future__ import annotations

import pytest

from tests.contract.assistants.conftest import Clock
from tests.support.assistants import Account, names, until
from tests.support.upstream import Script, ScriptedUpstream


def test_a_run_at_work_expires_and_its_model_stops(
    me: Account, upstream: ScriptedUpstream, clock: Clock
) -> None:
    run = me.held()
    clock.now_s += 599
    assert me.again(run).status == "in_progress"
    clock.now_s += 1
    ended = me.finished(run)
    assert (ended.status, ended.expires_at, ended.last_error) == ("expired", None, None)
    assert upstream.client_left.wait(1)
    (message,) = me.written(run)
    assert (message.status, me.texts(run)) == ("incomplete", ["Hello"])
    assert message.incomplete_details is not None
    assert message.incomplete_details.reason == "run_expired"
    (step,) = me.steps(run)
    assert (step.status, step.expired_at) == ("expired", 1_800_000_600)


def test_who_listens_is_told(me: Account, clock: Clock) -> None:
    run = me.held()
    clock.now_s += 600
    assert names(me.events(run))[-4:] == [
        "thread.message.delta",
        "thread.message.incomplete",
        "thread.run.step.expired",
        "thread.run.expired",
    ]


def test_a_run_that_waits_for_its_caller_expires_without_being_asked_for(me: Account, clock: Clock) -> None:
    run = me.waiting()
    clock.now_s += 600
    path = f"threads/{run.thread_id}/runs"
    until(lambda: me.http.get(path).json()["data"][0]["status"] == "expired")
    assert names(me.events(run))[-2:] == ["thread.run.step.expired", "thread.run.expired"]


@pytest.mark.parametrize("action", ["retrieve", "submit", "cancel"])
def test_a_run_past_its_time_is_expired_for_whoever_asks(me: Account, clock: Clock, action: str) -> None:
    run = me.waiting()
    clock.now_s += 600
    path = f"threads/{run.thread_id}/runs/{run.id}"
    if action == "submit":
        words = 'Runs in status "expired" do not accept tool outputs.'
        body = {"tool_outputs": me.outputs(run)}
        assert me.error("POST", f"{path}/submit_tool_outputs", json=body) == (400, words)
    if action == "cancel":
        words = "Cannot cancel run with status 'expired'."
        assert me.error("POST", f"{path}/cancel") == (400, words)
    ended = me.again(run)
    assert (ended.status, ended.required_action) == ("expired", None)


def test_the_thread_can_be_used_again(me: Account, clock: Clock) -> None:
    run = me.waiting()
    clock.now_s += 600
    assert me.again(run).status == "expired"
    assert me.run(me.client.beta.threads.retrieve(run.thread_id)).status == "completed"


def test_waiting_does_not_add_to_the_time(me: Account, upstream: ScriptedUpstream, clock: Clock) -> None:
    run = me.waiting()
    clock.now_s += 500
    upstream.play(Script(hold_after=2))
    outputs = me.outputs(run)
    me.client.beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)
    until(lambda: me.again(run).status == "in_progress")
    running = me.again(run)
    assert (running.expires_at, running.started_at) == (1_800_000_600, 1_800_000_500)
    clock.now_s += 100
    assert me.finished(run).status == "expired"
