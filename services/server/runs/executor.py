"""Executes runs: each is a task of its own that goes on when the client that started it leaves."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from services.errors import AppError, InvalidInput, RateLimited
from services.server.errors import ApiError, where_it_broke
from services.server.runs import records
from services.server.runs.conversation import Conversation, Interrupted
from services.server.runs.events import EventLogs
from services.server.runs.live import Live
from services.server.runs.models import FindsModels
from services.server.runs.records import Ending, Events, RunGone
from services.server.runs.states import ENDS, IllegalMove, RunStatus
from services.server.runs.toolbox import BuiltInTool
from services.server.store.clock import now
from services.server.store.database import ServerDatabase
from services.server.store.ids import new_id

if TYPE_CHECKING:
    from services.server.eyes import Eyes

log = logging.getLogger("tandem.runs")

HEARTBEAT_S = 1.0
STOPPED = "The server was stopped while this run was in progress. Start it again."
BROKEN = "The server had an error while processing this run. Sorry about that."


class Executor:
    """The runs of this process. Belongs to one event loop."""

    def __init__(
        self,
        database: ServerDatabase,
        models: FindsModels,
        tools: dict[str, BuiltInTool],
        blobs: Any,
        eyes: Eyes | None = None,
    ) -> None:
        self.worker = new_id("worker_")
        self.logs = EventLogs()
        self._database, self._models, self._tools, self._blobs = database, models, tools, blobs
        self._eyes = eyes
        self._live: dict[str, Live] = {}
        self._forgetting: set[asyncio.Task[None]] = set()

    def start(self, live: Live) -> None:
        """Work on a queued run in the background."""
        self._forget_expired()
        live.log.resume()
        self._live[live.run_id] = live
        conversation = Conversation(
            self._database, self._models, self._tools, self._blobs, live, eyes=self._eyes
        )
        live.work = asyncio.create_task(conversation.go(self.worker), name=f"work on {live.run_id}")
        live.task = asyncio.create_task(self._execute(live), name=f"run {live.run_id}")

    def key_of(self, run_id: str) -> str | None:
        """The key a run that waits for its caller was started with."""
        live = self._live.get(run_id)
        return live.key if live else None

    def at_work(self, run_id: str) -> Live | None:
        """The run, if this process works on it now."""
        live = self._live.get(run_id)
        return live if live is not None and live.is_at_work else None

    async def end(self, run_id: str, ending: Ending) -> None:
        """End a run: by interrupting it where it is worked on here, by the record alone where nobody does."""
        if (live := self.at_work(run_id)) is not None:
            live.interrupt(ending)
            return
        try:
            events = await self._database.write(records.end_idle, run_id, ending)
        except (IllegalMove, RunGone):
            return
        self.tell(run_id, events)

    def tell(self, run_id: str, events: Events) -> None:
        """Tell who listens what was written down of a run that nobody works on here."""
        if events and (run_log := self.logs.get(run_id)) is not None:
            run_log.extend(events)
            run_log.pause()
        self._live.pop(run_id, None)

    async def wait_for(self, run_id: str, most_s: float) -> None:
        """Wait until this process no longer works on the run, but not longer than this."""
        live = self.at_work(run_id)
        if live is not None and live.task is not None:
            await asyncio.wait([live.task], timeout=most_s)

    def forget(self, owner: str, thread_id: str) -> None:
        """Have every tool forget a thread that is deleted; nobody need wait for that."""
        for tool in self._tools.values():
            task = asyncio.create_task(tool.forget(owner, thread_id), name=f"forget {thread_id}")
            self._forgetting.add(task)
            task.add_done_callback(self._forgetting.discard)

    async def stop(self) -> None:
        """End every run of this process; what had arrived is kept."""
        tasks = [live.task for live in self._live.values() if live.task is not None]
        for live in list(self._live.values()):
            live.interrupt(_failed("server_error", STOPPED))
        await asyncio.gather(*tasks, *self._forgetting, return_exceptions=True)

    def _forget_expired(self) -> None:
        """Let go of runs that waited here and were answered or ended by another process, and of their keys."""
        for run_id, live in list(self._live.items()):
            if not live.is_at_work and live.run["expires_at"] < now():
                del self._live[run_id]

    async def _execute(self, live: Live) -> None:
        """Run it to its end, and see that it does end, whatever happens."""
        pulse = asyncio.create_task(self._keep_alive(live))
        try:
            ending = await self._outcome(live)
            if ending is not None:
                await self._end(live, ending)
        finally:
            pulse.cancel()
            if self._live.get(live.run_id) is live:  # else its caller has answered already, and it goes on
                live.log.pause()
                if live.run["status"] != RunStatus.REQUIRES_ACTION:
                    del self._live[live.run_id]

    async def _outcome(self, live: Live) -> Ending | None:
        """How the run ends; None when its end, or that it waits, is written down already."""
        assert live.work is not None
        try:
            await live.work
        except asyncio.CancelledError:
            return live.interruption or _failed("server_error", STOPPED)
        except IllegalMove as error:
            is_over = error.present in ENDS or error.present is RunStatus.CANCELLING
            return Ending(RunStatus.CANCELLED) if is_over else None  # else others work on it
        except RunGone:
            return None
        except Interrupted as interrupted:
            return interrupted.ending
        except (AppError, ApiError) as error:
            return _last_error(error)
        except Exception as error:
            log.error("a run broke: %s\n%s", type(error).__name__, where_it_broke(error))
            return _failed("server_error", BROKEN)
        return None

    async def _end(self, live: Live, ending: Ending) -> None:
        status = live.run["status"]
        if status in ENDS or (status == RunStatus.REQUIRES_ACTION and ending.status is RunStatus.FAILED):
            return  # it was interrupted when the last word had been said; one that waits outlives the process
        writing = live.writing
        ending = replace(ending, content=writing.content(), calls=writing.calls_so_far(live.run["tools"]))
        with suppress(RunGone):
            live.announce(await self._database.write(records.settle, live.run_id, ending))

    async def _keep_alive(self, live: Live) -> None:
        """Keep what has arrived, and notice when others were asked to end the run, or have deleted it."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            try:
                status = await self._database.write(
                    records.save_message, live.run_id, live.writing.message, live.writing.content()
                )
            except RunGone:
                status = RunStatus.CANCELLING
            except AppError:
                continue  # the run itself will meet the same, and say so
            if status == RunStatus.CANCELLING or status in ENDS:
                live.interrupt(Ending(RunStatus.CANCELLED))


def _failed(code: str, message: str) -> Ending:
    return Ending(RunStatus.FAILED, last_error={"code": code, "message": message})


def _last_error(error: AppError | ApiError) -> Ending:
    """A run that ends by an error: OpenAI has three codes for it."""
    if isinstance(error, ApiError):
        codes = {429: "rate_limit_exceeded", 400: "invalid_prompt"}
        return _failed(codes.get(error.status, "server_error"), error.message)
    code = "server_error"
    if isinstance(error, RateLimited):
        code = "rate_limit_exceeded"
    elif isinstance(error, InvalidInput):
        code = "invalid_prompt"
    return _failed(code, error.user_message)
