"""What becomes of runs that nobody works on, and of those that somebody else does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from services.server.runs import executor, keeper, records
from services.server.runs.states import LASTS_S, STALE_AFTER_S
from services.server.store import runs
from services.server.store.database import ServerDatabase
from tests.services.server.runs.processes import OWNER, Clock, HandDrivenModel, Process, calls, words


class Two:
    """A run, the process it was started at, and another one."""

    def __init__(self, database: ServerDatabase, clock: Clock) -> None:
        self.clock, self.model = clock, HandDrivenModel()
        self.here, self.there = Process(database, self.model), Process(database, self.model)

    async def start(self, *answers: Any) -> None:
        """Start a run whose model answers like this."""
        self.model.answers.extend(answers)
        self.thread_id, assistant_id = await self.here.new_thread()
        body = {"assistant_id": assistant_id}
        self.run_id = (await self.here.runs.create(self.here.caller, self.thread_id, body)).run["id"]

    async def status(self) -> str:
        """The run's state in the record."""
        run = await self.there.database.read(runs.retrieve, OWNER, self.thread_id, self.run_id)
        return str(run["status"])

    async def come_to(self, status: str) -> None:
        """Let the processes work until the run is in this state."""
        for _ in range(500):
            if await self.status() == status:
                return
            await asyncio.sleep(0)
        raise AssertionError(f"the run is {await self.status()}, not {status}")

    async def end(self) -> None:
        await self.here.kill()
        await self.there.kill()


Play = Callable[[Callable[[Two], Awaitable[None]]], None]


@pytest.fixture
def play(database: ServerDatabase, clock: Clock) -> Play:
    """Plays a story of two processes."""

    def playing(story: Callable[[Two], Awaitable[None]]) -> None:
        async def told() -> None:
            two = Two(database, clock)
            try:
                await story(two)
            finally:
                await two.end()

        asyncio.run(told())

    return playing


def test_a_run_at_work_elsewhere_is_left_alone(play: Play) -> None:
    async def story(two: Two) -> None:
        await two.start()
        await two.come_to("in_progress")
        two.clock.now_s += STALE_AFTER_S
        await two.there.keeper.sweep()
        assert await two.status() == "in_progress"

    play(story)


def test_a_run_whose_process_is_silent_fails(play: Play) -> None:
    async def story(two: Two) -> None:
        await two.start()
        await two.come_to("in_progress")
        two.clock.now_s += STALE_AFTER_S + 1
        await two.there.keeper.sweep()
        run = await two.there.database.read(runs.retrieve, OWNER, two.thread_id, two.run_id)
        assert run["last_error"] == {"code": "server_error", "message": keeper.LOST}

    play(story)


def test_a_queued_run_that_was_forgotten_is_taken_up(play: Play) -> None:
    async def story(two: Two) -> None:
        await two.start(words("Hello"))
        await two.here.kill()
        assert await two.status() == "queued"
        await two.there.keeper.sweep()
        assert await two.status() == "queued"
        two.clock.now_s += STALE_AFTER_S + 1
        two.model.go_on(9)
        await two.there.keeper.sweep()
        await two.come_to("completed")
        log = two.there.executor.logs.get(two.run_id)
        assert log is not None
        assert log._events[0].startswith(b"event: thread.run.queued\n")

    play(story)


def test_a_run_that_waits_for_its_caller_outlives_its_process(play: Play) -> None:
    async def story(two: Two) -> None:
        await two.start(calls())
        two.model.go_on(9)
        await two.come_to("requires_action")
        await two.here.kill()
        two.clock.now_s += LASTS_S - 1
        await two.there.keeper.sweep()
        assert await two.status() == "requires_action"
        two.clock.now_s += 1
        await two.there.keeper.sweep()
        assert await two.status() == "expired"

    play(story)


def test_a_run_answered_after_a_long_wait_is_not_taken_from_who_took_the_answer(play: Play) -> None:
    async def story(two: Two) -> None:
        await two.start(calls())
        two.model.go_on(9)
        await two.come_to("requires_action")
        two.clock.now_s += STALE_AFTER_S * 3
        run = await two.here.database.read(runs.retrieve, OWNER, two.thread_id, two.run_id)
        (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        await two.here.database.write(records.take_outputs, two.run_id, {call["id"]: "x"}, with_content=False)
        await two.there.keeper.sweep()
        assert two.there.executor.at_work(two.run_id) is None

    play(story)


def test_a_run_that_was_to_be_cancelled_when_its_process_died_is_cancelled(play: Play) -> None:
    async def story(two: Two) -> None:
        await two.start()
        await two.come_to("in_progress")
        await two.there.runs.cancel(OWNER, two.thread_id, two.run_id)
        await two.here.kill()
        assert await two.status() == "cancelling"
        two.clock.now_s += STALE_AFTER_S + 1
        await two.there.keeper.sweep()
        assert await two.status() == "cancelled"

    play(story)


def test_a_queued_run_is_cancelled_at_once_where_nobody_works_on_it(play: Play) -> None:
    async def story(two: Two) -> None:
        await two.start()
        await two.here.kill()
        answer = await two.there.runs.cancel(OWNER, two.thread_id, two.run_id)
        assert answer["status"] == "cancelling"
        assert await two.status() == "cancelled"

    play(story)


def test_a_process_that_was_given_up_stops_its_model(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "HEARTBEAT_S", 0)

    async def story(two: Two) -> None:
        await two.start(words("One", "Two"))
        two.model.go_on()
        await two.come_to("in_progress")
        await two.there.database.write(records.end, two.run_id, records.Ending(records.RunStatus.FAILED))
        for _ in range(200):
            await asyncio.sleep(0)
        assert two.here.executor.at_work(two.run_id) is None
        assert two.model.is_open == 0
        assert await two.status() == "failed"

    play(story)


def test_a_key_is_forgotten_when_a_run_that_waited_here_has_ended_elsewhere(play: Play) -> None:
    async def story(two: Two) -> None:
        await two.start(calls())
        two.model.go_on(9)
        await two.come_to("requires_action")
        first = two.run_id
        two.clock.now_s += LASTS_S + 1
        await two.there.keeper.sweep()
        assert first in two.here.executor._live
        await two.start()
        assert first not in two.here.executor._live

    play(story)


def test_a_sweep_that_breaks_is_followed_by_the_next(
    play: Play, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(keeper, "EVERY_S", 0)
    said = "what a person wrote"

    async def story(two: Two) -> None:
        swept = 0

        async def sweep() -> None:
            nonlocal swept
            swept += 1
            raise ValueError(said)

        two.here.keeper.sweep = sweep  # type: ignore[method-assign]
        watching = asyncio.create_task(two.here.keeper.watch())
        for _ in range(20):
            await asyncio.sleep(0)
        watching.cancel()
        assert swept > 1

    with caplog.at_level(logging.ERROR):
        play(story)
    assert "ValueError" in caplog.text
    assert said not in caplog.text
