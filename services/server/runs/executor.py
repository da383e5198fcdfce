"""Executes runs: each is a task of its own that goes on when the client that started it leaves."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import Any

from services.errors import AppError, InvalidInput, RateLimited
from services.server.errors import ApiError
from services.server.runs import records
from services.server.runs.conversation import Conversation, Interrupted
from services.server.runs.events import EventLog, EventLogs
from services.server.runs.models import FindsModels
from services.server.runs.records import Ending, RunGone
from services.server.runs.round import Writing
from services.server.runs.states import IllegalMove, RunStatus
from services.server.runs.toolbox import BuiltInTool
from services.server.store.database import ServerDatabase
from services.server.store.ids import new_id

log = logging.getLogger("tandem.runs")

HEARTBEAT_S = 1.0
STOPPED = "The server was stopped while this run was in progress. Start it again."

Shape = dict[str, Any]


@dataclass(slots=True)
class Live:
    """A run this process works on. `key` is held for as long as the run may need it, and nowhere else."""

    run: Shape
    owner: str
    log: EventLog
    with_content: bool = False
    key: str | None = field(default=None, repr=False)
    writing: Writing = field(default_factory=Writing)
    task: asyncio.Task[None] | None = None
    is_cancelled: bool = False


class Executor:
    """The runs of this process. Belongs to one event loop."""

    def __init__(
        self, database: ServerDatabase, models: FindsModels, tools: dict[str, BuiltInTool], blobs: Any
    ) -> None:
        self.worker = new_id("worker_")
        self.logs = EventLogs()
        self._database, self._models, self._tools, self._blobs = database, models, tools, blobs
        self._live: dict[str, Live] = {}

    def start(self, live: Live) -> None:
        """Work on a queued run in the background."""
        live.log.resume()
        self._live[live.run["id"]] = live
        live.task = asyncio.create_task(self._execute(live), name=f"run {live.run['id']}")

    def key_of(self, run_id: str) -> str | None:
        """The key a run that waits for its caller was started with."""
        live = self._live.get(run_id)
        return live.key if live else None

    def is_here(self, run_id: str) -> bool:
        """Whether this process works on the run now."""
        live = self._live.get(run_id)
        return live is not None and live.task is not None and not live.task.done()

    async def cancel(self, run_id: str) -> None:
        """Finish a run that is `cancelling`: at once when its model is at work here, else by the record alone."""
        live = self._live.get(run_id)
        if live is not None and live.task is not None and not live.task.done():
            live.is_cancelled = True
            live.task.cancel()
            return
        await self.end_idle(run_id, Ending(RunStatus.CANCELLED))

    async def end_idle(self, run_id: str, ending: Ending) -> None:
        """End a run that nobody works on, and tell those who listen."""
        run_log = self.logs.open(run_id)
        try:
            events = await self._database.write(records.end, run_id, ending)
        except (IllegalMove, RunGone):
            return
        for name, wire in events:
            run_log.append(name, wire)
        run_log.pause()
        self._live.pop(run_id, None)

    async def stop(self) -> None:
        """End every run of this process; what had arrived is kept."""
        tasks = [live.task for live in self._live.values() if live.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _execute(self, live: Live) -> None:
        """Run it to its end, and see that it does end, whatever happens."""
        pulse = asyncio.create_task(self._keep_alive(live))
        try:
            ending = await self._outcome(live)
            if ending is not None:
                await asyncio.shield(self._end(live, ending))
        finally:
            pulse.cancel()
            live.log.pause()
            if live.run["status"] != RunStatus.REQUIRES_ACTION:
                self._live.pop(live.run["id"], None)

    async def _outcome(self, live: Live) -> Ending | None:
        """How the run ends; None when its end, or that it waits, is written down already."""
        left_s = live.run["expires_at"] - time.time()
        conversation = Conversation(self._database, self._models, self._tools, self._blobs, live)
        try:
            async with asyncio.timeout(max(left_s, 0)):
                await conversation.go(self.worker)
        except TimeoutError:
            return Ending(RunStatus.EXPIRED, content=live.writing.content())
        except asyncio.CancelledError:
            if live.is_cancelled:
                return _cancelled(live)
            return _failed(live, {"code": "server_error", "message": STOPPED})
        except IllegalMove as error:
            return _cancelled(live) if error.present is RunStatus.CANCELLING else None
        except RunGone:
            return None
        except Interrupted as interrupted:
            return interrupted.ending
        except (AppError, ApiError) as error:
            return _failed(live, _last_error(error))
        except Exception:
            log.exception("run %s broke", live.run["id"])
            sentence = "The server had an error while processing this run. Sorry about that."
            return _failed(live, {"code": "server_error", "message": sentence})
        return None

    async def _end(self, live: Live, ending: Ending) -> None:
        try:
            events = await self._database.write(records.end, live.run["id"], ending)
        except RunGone:
            return
        except IllegalMove as error:
            if error.present is not RunStatus.CANCELLING:
                return
            events = await self._database.write(records.end, live.run["id"], _cancelled(live))
        for name, wire in events:
            live.log.append(name, wire)

    async def _keep_alive(self, live: Live) -> None:
        """Keep what has arrived, and notice when another process was asked to cancel the run."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            try:
                status = await self._database.write(
                    records.save_message, live.run["id"], live.writing.message, live.writing.content()
                )
            except (RunGone, AppError):
                continue  # the run itself will meet the same, and say so
            if status == RunStatus.CANCELLING and not live.is_cancelled and live.task is not None:
                live.is_cancelled = True
                live.task.cancel()


def _cancelled(live: Live) -> Ending:
    return Ending(RunStatus.CANCELLED, content=live.writing.content())


def _failed(live: Live, last_error: Shape) -> Ending:
    return Ending(RunStatus.FAILED, last_error=last_error, content=live.writing.content())


def _last_error(error: AppError | ApiError) -> Shape:
    """A run's last_error: OpenAI has three codes for it."""
    if isinstance(error, ApiError):
        codes = {429: "rate_limit_exceeded", 400: "invalid_prompt"}
        return {"code": codes.get(error.status, "server_error"), "message": error.message}
    code = "server_error"
    if isinstance(error, RateLimited):
        code = "rate_limit_exceeded"
    elif isinstance(error, InvalidInput):
        code = "invalid_prompt"
    return {"code": code, "message": error.user_message}
