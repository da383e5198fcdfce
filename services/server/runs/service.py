"""What callers may ask of runs: start one, answer it, cancel it, watch it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from services.server.errors import ApiError
from services.server.rules.runs import check_tool_choice
from services.server.runs import records, replay
from services.server.runs.caller import Caller
from services.server.runs.events import EventLog
from services.server.runs.executor import Executor
from services.server.runs.live import Live
from services.server.runs.models import FindsModels
from services.server.runs.records import Ending
from services.server.runs.states import ENDS, RunStatus
from services.server.store import runs, threads
from services.server.store.clock import now
from services.server.store.database import ServerDatabase
from services.server.store.lookup import is_relaxed
from services.storage.api_tables import RunRow

Wire = dict[str, Any]
LAST_WORDS_S = 2.0
"""How long a thread that is deleted waits for its run to stop."""


@dataclass(frozen=True, slots=True)
class Started:
    """A run that has been taken on: as it stands, and where to watch it from."""

    run: Wire
    log: EventLog
    position: int

    def follow(self) -> AsyncIterator[bytes]:
        """Its events from here on."""
        return self.log.follow(self.position)


class RunService:
    """Runs as the routes need them."""

    def __init__(self, database: ServerDatabase, models: FindsModels, executor: Executor) -> None:
        self._database, self._models, self._executor = database, models, executor

    async def create(self, caller: Caller, thread_id: str, body: Wire) -> Started:
        """Start a run on a thread."""
        self.check_model(body.get("model"), caller)
        run = await self._database.write(_create, caller.owner, thread_id, body)
        return self._begin(caller, run, [])

    async def create_with_thread(self, caller: Caller, body: Wire) -> Started:
        """Make a thread, and start a run on it."""
        self.check_model(body.get("model"), caller)
        thread, run = await self._database.write(_create_both, caller.owner, body)
        return self._begin(caller, run, [("thread.created", thread)])

    def _begin(self, caller: Caller, run: Wire, first: list[tuple[str, Wire]]) -> Started:
        log = self._executor.logs.open(run["id"])
        log.extend((*first, ("thread.run.created", run), ("thread.run.queued", run)))
        self._executor.start(Live(run, caller.owner, log, caller.with_content, caller.key))
        return Started(run, log, 0)

    async def submit(self, caller: Caller, thread_id: str, run_id: str, body: Wire) -> Started:
        """Answer the function calls a run waits for. ApiError 400 unless all of them are answered."""
        outputs = {given.get("tool_call_id"): given.get("output", "") for given in body["tool_outputs"]}
        waiting = await self.retrieve(caller.owner, thread_id, run_id)
        log = await replay.log_of(self._database, self._executor.logs, caller.owner, waiting)
        events, run = await self._database.write(_submit, caller, thread_id, run_id, outputs)
        position = len(log)
        log.extend(events)
        key = caller.key or self._executor.key_of(run_id)
        self._executor.start(Live(run, caller.owner, log, caller.with_content, key))
        return Started(run, log, position)

    async def cancel(self, owner: str, thread_id: str, run_id: str) -> Wire:
        """Cancel an active run; the answer says `cancelling`."""
        await self._expire_if_due(owner, thread_id, run_id)
        events, run = await self._database.write(_cancel, owner, thread_id, run_id)
        if (live := self._executor.at_work(run_id)) is not None:
            live.announce(events)  # of its end too, if the clock had jumped and nobody seemed to be at work
            live.interrupt(Ending(RunStatus.CANCELLED))
        else:
            self._executor.tell(run_id, events)
        return run

    async def retrieve(self, owner: str, thread_id: str, run_id: str) -> Wire:
        """One run, as it stands at this moment."""
        await self._expire_if_due(owner, thread_id, run_id)
        return await self._database.read(runs.retrieve, owner, thread_id, run_id)

    async def rejoin(
        self, owner: str, thread_id: str, run_id: str, after: str | None
    ) -> AsyncIterator[bytes]:
        """The events of a run after the one with this id; what it has come to when they are no longer kept."""
        log = self._executor.logs.get(run_id)
        was_going_on = (
            log is not None and not log.is_paused
        )  # asked first: the record must not be the older of the two
        run = await self.retrieve(owner, thread_id, run_id)
        is_told = log is not None and log.last_name == f"thread.run.{run['status']}"
        if log is not None and (was_going_on or not log.is_paused or is_told):
            return log.follow(log.number_of(after))
        # There is no log, or the run has gone on in another process.
        return replay.as_stored(self._database, owner, run)

    async def leave_thread(self, owner: str, thread_id: str) -> None:
        """End the active run of a thread that is to be deleted, and what its tools hold."""
        run_id = await self._database.read(_active, owner, thread_id)
        if run_id is not None:
            with suppress(ApiError):  # it has ended meanwhile, or is about to
                await self.cancel(owner, thread_id, run_id)
            await self._executor.wait_for(run_id, LAST_WORDS_S)
        self._executor.forget(owner, thread_id)

    def check_model(self, name: str | None, caller: Caller) -> None:
        """ApiError 400 for a model, where one is named, that nobody here answers for."""
        if name is not None and not self._models.has(name, caller.key):
            raise unknown_model(name)

    async def _expire_if_due(self, owner: str, thread_id: str, run_id: str) -> None:
        if await self._database.read(_is_due, owner, thread_id, run_id):
            await self._executor.end(run_id, Ending(RunStatus.EXPIRED))


def unknown_model(name: str) -> ApiError:
    """400 for an assistant or a run with a model that nobody here answers for."""
    message = f"The requested model '{name}' does not exist."
    return ApiError(400, message, code="model_not_found", param="model")


def _create(session: Session, owner: str, thread_id: str, body: Wire) -> Wire:
    row = runs.create(session, owner, thread_id, body)
    check_tool_choice(row.body["tool_choice"], row.body["tools"])
    return runs.wire(row)


def _create_both(session: Session, owner: str, body: Wire) -> tuple[Wire, Wire]:
    thread = threads.create(session, owner, body.get("thread") or {})
    return thread, _create(session, owner, thread["id"], body)


def _submit(
    session: Session, caller: Caller, thread_id: str, run_id: str, outputs: dict[str, str]
) -> tuple[records.Events, Wire]:
    row = _held(session, caller.owner, thread_id, run_id)
    if is_relaxed(session) and row.status != RunStatus.REQUIRES_ACTION:
        return [], runs.wire(row)
    if row.status != RunStatus.REQUIRES_ACTION:
        raise ApiError(400, f'Runs in status "{row.status}" do not accept tool outputs.')
    wanted = [call["id"] for call in row.body["required_action"]["submit_tool_outputs"]["tool_calls"]]
    if set(wanted) != set(outputs):
        raise ApiError(400, f"Expected tool outputs for call_ids {wanted}, got {list(outputs)}")
    events = records.take_outputs(session, run_id, outputs, with_content=caller.with_content)
    return events, runs.wire(row)


def _cancel(session: Session, owner: str, thread_id: str, run_id: str) -> tuple[records.Events, Wire]:
    """What happened, and the run as the answer tells it: `cancelling`, be it cancelled already."""
    row = _held(session, owner, thread_id, run_id)
    if row.status in ENDS or row.status == RunStatus.CANCELLING:
        if is_relaxed(session):
            return [], runs.wire(row)
        raise ApiError(400, f"Cannot cancel run with status '{row.status}'.")
    events = records.cancel(session, run_id)
    return events, events[0][1]


def _held(session: Session, owner: str, thread_id: str, run_id: str) -> RunRow:
    runs.find_run(session, owner, thread_id, run_id)
    row = runs.held(session, run_id)
    assert row is not None
    return row


def _is_due(session: Session, owner: str, thread_id: str, run_id: str) -> bool:
    row = runs.find_run(session, owner, thread_id, run_id)
    return row.status not in ENDS and row.expires_at <= now()


def _active(session: Session, owner: str, thread_id: str) -> str | None:
    from services.server.store.messages import active_run_id

    threads.retrieve(session, owner, thread_id)
    return active_run_id(session, thread_id)
