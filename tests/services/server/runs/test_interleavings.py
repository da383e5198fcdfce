"""Whatever happens to a run in whatever order – cancelled, answered, expired, its process killed – it ends as it should."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from openai.types.beta.threads import Message, Run
from openai.types.beta.threads.runs import RunStep

from services.server.errors import ApiError
from services.server.runs.states import ENDS, MOVES, RunStatus
from services.server.store import messages, runs, steps
from services.server.store.database import ServerDatabase
from services.server.store.pages import Paging
from tests.services.server.runs.processes import OWNER, Clock, HandDrivenModel, Process, calls, cut, words

END_TIMES = {
    RunStatus.COMPLETED: "completed_at",
    RunStatus.INCOMPLETE: "completed_at",
    RunStatus.CANCELLED: "cancelled_at",
    RunStatus.FAILED: "failed_at",
    RunStatus.EXPIRED: None,
}
EXAMPLES = 30
END_NAMES = {"completed", "failed", "cancelled", "expired"}
PAGE = Paging(limit=100, order="asc")
ANSWERS = {
    "words": lambda: words("One ", "two."),
    "nothing": words,
    "calls": calls,
    "words and calls": lambda: calls("Wait."),
    "too long": lambda: words("One ", reason="length"),
    "filtered": lambda: words("One ", reason="content_filter"),
    "cut": lambda: cut("One "),
    "cut at once": cut,
}

T = TypeVar("T")


def reachable(present: RunStatus) -> set[RunStatus]:
    """Every state a run may be in later."""
    reached, fresh = set[RunStatus](), {present}
    while fresh:
        reached |= fresh
        fresh = {after for state in fresh for after in MOVES[state]} - reached
    return reached


class Interleavings(RuleBasedStateMachine):
    """One run, and everything that may happen to it."""

    database: ServerDatabase
    clock: Clock

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize(
        answers=st.lists(st.sampled_from(sorted(ANSWERS)), max_size=3),
        lags=st.lists(st.integers(1, 6), min_size=1, max_size=7),
    )
    def begin(self, answers: list[str], lags: list[int]) -> None:
        self.lags = lags
        self.do(self._begin(answers))

    async def _begin(self, answers: list[str]) -> None:
        self.model = HandDrivenModel()
        self.model.answers.extend(ANSWERS[answer]() for answer in answers)
        self.process = Process(self.database, self.model, self.lags)
        self.thread_id, self.assistant_id = await self.process.new_thread()
        body = {"assistant_id": self.assistant_id}
        started = await self.process.runs.create(self.process.caller, self.thread_id, body)
        self.run_id, self.seen = started.run["id"], started.run
        self.cancelled, self.is_alone = False, True

    @rule(pieces=st.integers(1, 3), turns=st.integers(0, 40))
    def the_model_says_something(self, pieces: int, turns: int) -> None:
        self.model.go_on(pieces)
        self.do(self._let_it_work(turns))

    @rule(turns=st.integers(0, 40))
    def time_passes(self, turns: int) -> None:
        self.do(self._let_it_work(turns))

    async def _let_it_work(self, turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)

    @rule()
    def the_caller_cancels(self) -> None:
        try:
            answer = self.do(self.process.runs.cancel(OWNER, self.thread_id, self.run_id))
        except ApiError as error:
            assert error.message.startswith("Cannot cancel run with status")
            assert self.look()["status"] in {*ENDS, RunStatus.CANCELLING}
        else:
            assert answer["status"] == "cancelling"
            self.cancelled = True
        self.look()

    @rule()
    def the_caller_answers(self) -> None:
        action = self.look()["required_action"]
        made = action["submit_tool_outputs"]["tool_calls"] if action else []
        outputs = {"tool_outputs": [{"tool_call_id": call["id"], "output": "x"} for call in made]}
        try:
            run = self.process.runs
            self.do(run.submit(self.process.caller, self.thread_id, self.run_id, outputs))
        except ApiError as error:
            came_too_early = not made and "Expected tool outputs" in error.message
            assert came_too_early or "do not accept tool outputs" in error.message
        self.look()

    @rule()
    def the_caller_tries_another_run(self) -> None:
        run, body = self.process.runs, {"assistant_id": self.assistant_id}
        if self.look()["status"] in ENDS:
            return
        try:
            self.do(run.create(self.process.caller, self.thread_id, body))
        except ApiError as error:
            assert error.message == f"Thread {self.thread_id} already has an active run {self.run_id}."
        else:
            assert self.look()["status"] in ENDS, "two active runs on one thread"

    @rule(seconds=st.sampled_from([1, 11, 600]))
    def the_clock_goes_on_and_the_keeper_looks(self, seconds: int) -> None:
        self.clock.now_s += seconds
        self.do(self.process.keeper.sweep())
        self.look()

    @rule()
    def the_process_is_killed_and_starts_again(self) -> None:
        self.do(self.process.kill())
        self.process, self.is_alone = Process(self.database, self.model, self.lags), False
        self.look()

    @rule()
    def a_second_process_looks_after_runs(self) -> None:
        other, self.is_alone = Process(self.database, self.model, self.lags), False
        self.do(other.keeper.sweep())
        self.do(self._let_it_work(20))
        self.do(other.kill())

    @precondition(lambda self: self.cancelled)
    @rule()
    def a_cancelled_run_stays_so(self) -> None:
        assert self.look()["status"] in {"cancelling", "cancelled", "expired"}

    def look(self) -> dict[str, Any]:
        """The run as it stands: it got there from where it was seen last by legal moves alone."""
        present = self.do(self.process.database.read(runs.retrieve, OWNER, self.thread_id, self.run_id))
        assert present["status"] in reachable(RunStatus(self.seen["status"]))
        if self.seen["status"] in ENDS:
            assert present == self.seen
        Run.model_validate(present, strict=True)
        assert (present["required_action"] is not None) == (present["status"] == "requires_action")
        self.seen = present
        return present

    def teardown(self) -> None:
        if hasattr(self, "run_id"):
            self.do(self._end())
            self.check_what_is_left()
            self.do(self.process.kill())
        self.loop.close()

    async def _end(self) -> None:
        """A minute in which nobody does anything but the server, then the end of its time."""
        for seconds in (0, 11, 11, 600):
            self.clock.now_s += seconds
            self.model.go_on(10)
            await self._let_it_work(300)
            await self.process.keeper.sweep()
            for live in list(self.process.executor._live.values()):
                if seconds == 600 and live.task is not None:
                    await asyncio.wait_for(live.task, 5)

    def check_what_is_left(self) -> None:
        run = self.look()
        assert run["status"] in ENDS
        self.check_times(run)
        read = self.process.database.read
        assert self.do(read(messages.active_run_id, self.thread_id)) is None
        where = (OWNER, self.thread_id, self.run_id, PAGE)
        taken = self.do(read(steps.page, *where, with_content=True))["data"]
        for step in taken:
            RunStep.model_validate(step, strict=True)
            assert step["status"] != "in_progress"
        for message in self.do(read(messages.page, OWNER, self.thread_id, PAGE, self.run_id))["data"]:
            Message.model_validate(message, strict=True)
            is_whole = message["status"] == "completed"
            assert is_whole or run["status"] != "completed"
            assert (message["completed_at"] is not None) == is_whole
            assert (message["incomplete_details"] is None) == is_whole
        assert self.model.is_open == 0
        self.check_what_was_told(run)
        known = [step["usage"] for step in taken]
        if run["usage"]:
            assert run["usage"]["total_tokens"] == sum(usage["total_tokens"] for usage in known)

    def check_what_was_told(self, run: dict[str, Any]) -> None:
        """Who listened has heard of the end, once and last, and of nothing else twice."""
        log = self.process.executor.logs.get(self.run_id)
        if log is None:
            return
        assert log.is_paused
        names = [event.split(b"\n")[0].removeprefix(b"event: ").decode() for event in log._events]
        ends = [f"thread.run.{state}" for state in ENDS]
        assert [name for name in names if name in ends] == [f"thread.run.{run['status']}"] == names[-1:]
        if self.is_alone:  # what another process ended, only the record tells in full
            ended = names.count("thread.message.completed") + names.count("thread.message.incomplete")
            assert names.count("thread.message.created") == ended
            steps_ended = [name for name in names if "step" in name and name.rpartition(".")[2] in END_NAMES]
            assert names.count("thread.run.step.created") == len(steps_ended)

    def check_times(self, run: dict[str, Any]) -> None:
        own = END_TIMES[RunStatus(run["status"])]
        set_times = {name for name in ("completed_at", "cancelled_at", "failed_at") if run[name] is not None}
        assert set_times == ({own} if own else set())
        times = [run["created_at"], run["started_at"], run[own] if own else None]
        known = [at for at in times if at is not None]
        assert known == sorted(known)
        assert run["expires_at"] is None
        assert (run["last_error"] is not None) == (run["status"] == "failed")
        assert (run["incomplete_details"] is not None) == (run["status"] == "incomplete")


def test_any_interleaving_ends_in_a_legal_state_with_the_thread_unlocked(
    database: ServerDatabase, clock: Clock
) -> None:
    machine = type("Machine", (Interleavings,), {"database": database, "clock": clock})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
