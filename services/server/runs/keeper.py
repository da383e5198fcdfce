"""Sees that no run stays open for ever: runs past their time expire, and those of a dead process are ended."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from sqlalchemy import and_, not_, or_, select
from sqlalchemy.orm import Session

from services.errors import AppError
from services.server.errors import where_it_broke
from services.server.runs import replay
from services.server.runs.executor import Executor
from services.server.runs.live import Live
from services.server.runs.records import Ending
from services.server.runs.states import ACTIVE, FUTURE_S, STALE_AFTER_S, RunStatus
from services.server.store import runs
from services.server.store.clock import now
from services.server.store.database import ServerDatabase
from services.storage.api_tables import RunRow

log = logging.getLogger("tandem.runs")

EVERY_S = 1.0
LOST = "The server stopped while this run was in progress. Start it again."


class Sweeps(Protocol):
    """Whoever has something of its own to look after."""

    async def sweep(self) -> None:
        """End what was left behind."""


class Keeper:
    """Looks after the runs of the database that nobody works on."""

    def __init__(self, database: ServerDatabase, executor: Executor, *others: Sweeps) -> None:
        self._database, self._executor, self._others = database, executor, others

    async def watch(self) -> None:
        """Sweep once a second, for as long as the server runs."""
        while True:
            try:
                await self.sweep()
            except AppError as error:
                log.warning("runs could not be looked after: %s", error.user_message)
            except Exception as error:  # whatever it was, the next sweep may go better
                name, where = type(error).__name__, where_it_broke(error)
                log.error("runs could not be looked after: %s\n%s", name, where)
            await asyncio.sleep(EVERY_S)

    async def sweep(self) -> None:
        """End what has expired or was left behind; take up what was queued and never begun."""
        for other in self._others:
            await other.sweep()
        for run_id in await self._database.read(_expired):
            await self._executor.end(run_id, Ending(RunStatus.EXPIRED))
        for run_id, status in await self._database.read(_left_behind):
            if self._executor.at_work(run_id) is None:
                await self._take_care_of(run_id, RunStatus(status))

    async def _take_care_of(self, run_id: str, status: RunStatus) -> None:
        if status is RunStatus.CANCELLING:
            await self._executor.end(run_id, Ending(RunStatus.CANCELLED))
        elif status is RunStatus.QUEUED:
            await self._resume(run_id)
        else:
            error = {"code": "server_error", "message": LOST}
            await self._executor.end(run_id, Ending(RunStatus.FAILED, last_error=error))

    async def _resume(self, run_id: str) -> None:
        found = await self._database.read(_queued, run_id)
        if found is not None:
            owner, wire = found
            log = await replay.log_of(self._database, self._executor.logs, owner, wire)
            self._executor.start(Live(wire, owner, log))


def _expired(session: Session) -> list[str]:
    over = select(RunRow.id).where(RunRow.status.in_(ACTIVE), RunRow.expires_at <= now())
    return list(session.scalars(over))


def _left_behind(session: Session) -> list[tuple[str, str]]:
    """Runs at work whose worker gave no sign of life, and queued ones that nobody took up."""
    at = now()
    lately = (at - STALE_AFTER_S, at + FUTURE_S)
    unattended = or_(RunRow.heartbeat_at.is_(None), not_(RunRow.heartbeat_at.between(*lately)))
    at_work = RunRow.status.in_((RunStatus.IN_PROGRESS, RunStatus.CANCELLING))
    forgotten = and_(RunRow.status == RunStatus.QUEUED, not_(RunRow.created_at.between(*lately)))
    left = select(RunRow.id, RunRow.status).where(unattended, or_(at_work, forgotten))
    return [(run_id, status) for run_id, status in session.execute(left)]


def _queued(session: Session, run_id: str) -> tuple[str, dict[str, object]] | None:
    row = session.scalar(select(RunRow).where(RunRow.id == run_id, RunRow.status == RunStatus.QUEUED))
    return None if row is None else (row.owner, runs.wire(row))
