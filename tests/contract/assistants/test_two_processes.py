"""Two server processes over one database: a run is worked on by one, and may be asked about at the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.assistants import Account, names
from tests.support.upstream import ScriptedUpstream


@pytest.fixture
def two(start_service: Any) -> Iterator[tuple[Account, Account]]:
    """The same owner at both of them."""
    with start_service() as one, start_service() as other:
        here, there = one.account_of(0), other.account_of(0)
        yield here, there
        here.upstream.release()
        here.close()
        there.close()


def test_a_run_is_cancelled_at_the_other_process(
    two: tuple[Account, Account], own_upstream: ScriptedUpstream
) -> None:
    here, there = two
    run = here.held()
    answer = there.client.beta.threads.runs.cancel(run.id, thread_id=run.thread_id)
    assert answer.status == "cancelling"
    ended = here.finished(run)
    assert ended.status == "cancelled"
    assert own_upstream.client_left.wait(2)
    assert names(here.events(run))[-3:] == [
        "thread.message.incomplete",
        "thread.run.step.cancelled",
        "thread.run.cancelled",
    ]
    assert here.texts(run) == ["Hello"]


def test_a_run_is_answered_at_the_other_process(two: tuple[Account, Account]) -> None:
    here, there = two
    waiting = here.waiting()
    run = there.answered(waiting)
    assert (run.status, there.texts(run)) == ("completed", ["Hello world"])
    assert here.again(run) == run
    for account in two:
        told = account.events(run)
        assert names(told)[-1] == "thread.run.completed"
        assert [e.data["id"] for e in told if e.name == "thread.run.step.completed"] == [
            step.id for step in here.steps(run)
        ]


def test_a_thread_is_locked_at_both(two: tuple[Account, Account]) -> None:
    here, there = two
    run = here.held()
    words = f"Thread {run.thread_id} already has an active run {run.id}."
    body = {"assistant_id": run.assistant_id}
    assert there.error("POST", f"threads/{run.thread_id}/runs", json=body) == (400, words)


def test_a_thread_deleted_at_the_other_process_stops_the_model(
    two: tuple[Account, Account], own_upstream: ScriptedUpstream
) -> None:
    here, there = two
    run = here.held()
    there.client.beta.threads.delete(run.thread_id)
    assert own_upstream.client_left.wait(4)
