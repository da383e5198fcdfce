"""Works on responses: each is a task of its own. One in the background goes on when its client leaves, others end."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

from services.errors import AppError, ContextTooLong, InvalidInput, RateLimited
from services.server.errors import ApiError, from_app_error, internal_error, where_it_broke
from services.server.responses.answering import Answering, Interrupted, Means
from services.server.responses.live import Ending, Live
from services.server.responses.usage import total
from services.server.runs.events import EventLogs
from services.server.runs.states import FUTURE_S, STALE_AFTER_S
from services.server.store import conversation_state, responses
from services.server.store.clock import now
from services.server.store.ids import new_id

log = logging.getLogger("tandem.responses")

HEARTBEAT_S = 1.0
STOPPED = "The server was stopped while this response was in progress. Ask again."
LOST = "The server stopped while this response was in progress. Ask again."
BROKEN = "The server had an error while processing this response. Sorry about that."
CANCELLED = Ending("cancelled")
ENDS = {"completed": "completed", "incomplete": "incomplete", "failed": "failed", "cancelled": "incomplete"}
"""The event that tells of each end. There is none for `cancelled`: the response in it says so."""


class ResponseExecutor:
    """The responses of this process. Belongs to one event loop."""

    def __init__(self, means: Means) -> None:
        self.worker = new_id("worker_")
        self.logs = EventLogs()
        self._means, self._database = means, means.database
        self._live: dict[str, Live] = {}

    def start(self, live: Live) -> None:
        """Work on a response that is written down."""
        live.log.resume()
        self._live[live.id] = live
        live.work = asyncio.create_task(self._work(live), name=f"work on {live.id}")
        live.task = asyncio.create_task(self._execute(live), name=f"response {live.id}")

    def at_work(self, response_id: str) -> Live | None:
        """The response, if this process works on it."""
        return self._live.get(response_id)

    async def end(self, response_id: str, ending: Ending) -> None:
        """End a response: by interrupting it where it is worked on here, by the record alone where nobody does."""
        if (live := self.at_work(response_id)) is not None:
            live.interrupt(ending)
            if live.task is not None:
                await asyncio.wait([live.task])
        else:
            await self._database.write(responses.settle, response_id, ending.status, ending.changes(), None)

    async def sweep(self) -> None:
        """End what a process that is no more has left."""
        at = now()
        for response_id in await self._database.read(
            responses.left_behind, at - STALE_AFTER_S, at + FUTURE_S
        ):
            if self.at_work(response_id) is None:
                await self.end(response_id, failed("server_error", LOST))

    async def stop(self) -> None:
        """End every response of this process; what had come is kept."""
        for live in list(self._live.values()):
            live.interrupt(failed("server_error", STOPPED))
        tasks = [live.task for live in self._live.values() if live.task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, live: Live) -> None:
        if live.status == responses.QUEUED:
            if not await self._database.write(responses.begin, live.id):
                raise Interrupted(CANCELLED)
            live.status = responses.IN_PROGRESS
        live.announce("in_progress")
        await Answering(self._means, live).go()

    async def _execute(self, live: Live) -> None:
        """Work on it to its end, and see that it does end, whatever happens."""
        pulse = asyncio.create_task(self._keep_alive(live)) if live.is_stored else None
        try:
            await self._settle(live, await self._outcome(live))
        except Exception as error:  # its end could not be written down, which is all that can still be said
            said = from_app_error(error) if isinstance(error, AppError) else internal_error("")
            log.error("a response could not be ended: %s", type(error).__name__)
            live.status, live.refusal = "failed", said
            live.log.tell("error", code=said.code or "server_error", message=said.message, param=None)
        finally:
            if pulse is not None:
                pulse.cancel()
            live.log.pause()
            self._live.pop(live.id, None)

    async def _outcome(self, live: Live) -> Ending:
        assert live.work is not None
        try:
            await live.work
        except asyncio.CancelledError:
            return live.interruption or failed("server_error", STOPPED)
        except Interrupted as interrupted:
            return interrupted.ending
        except (AppError, ApiError) as error:
            return _as_ending(error)
        except Exception as error:
            log.error("a response broke: %s\n%s", type(error).__name__, where_it_broke(error))
            return failed("server_error", BROKEN, internal_error(""))
        return Ending("completed")

    async def _settle(self, live: Live, ending: Ending) -> None:
        """Write the end down, then tell of it. One that is refused before it has said anything leaves nothing behind."""
        if ending.cause is not None and not live.output.items and not live.is_background:
            live.refusal = ending.cause
            if live.is_stored:
                await self._database.write(responses.drop, live.id)
            return
        live.output.cut()
        changes = {**ending.changes(), "usage": total(live.usages)}
        if ending.status == "completed":
            changes["completed_at"] = now()
        await self._record(live, ending.status, changes)
        live.refusal = ending.cause
        live.announce(ENDS[live.status])

    async def _record(self, live: Live, status: str, changes: dict[str, Any]) -> None:
        if live.is_stored:
            kept = await self._database.write(
                responses.settle, live.id, status, changes, live.output.so_far()
            )
            if kept is not None:  # else it was deleted meanwhile
                status, changes = kept.status, kept.body
        elif status in responses.REMEMBERED and live.body["conversation"] is not None:
            items = [*live.asked.now, *live.output.so_far()]
            conversation_id = live.body["conversation"]["id"]
            await self._database.write(conversation_state.append, live.owner, conversation_id, items)
        live.status, live.body = status, {**live.body, **changes}

    async def _keep_alive(self, live: Live) -> None:
        """Keep what has come, and notice when another process was asked to cancel or delete the response."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            with suppress(AppError):  # the response itself will meet the same, and say so
                status = await self._database.write(responses.save, live.id, live.output.so_far())
                if status not in responses.ACTIVE:
                    live.interrupt(CANCELLED)


def failed(code: str, message: str, cause: Exception | None = None) -> Ending:
    """An end by an error."""
    return Ending("failed", error={"code": code, "message": message}, cause=cause)


def _as_ending(error: AppError | ApiError) -> Ending:
    """A response that ends by an error: few of OpenAI's codes fit."""
    if isinstance(error, ApiError):
        codes = {429: "rate_limit_exceeded", 400: "invalid_prompt"}
        return failed(codes.get(error.status, "server_error"), error.message, error)
    code = "server_error"
    if isinstance(error, RateLimited):
        code = "rate_limit_exceeded"
    elif isinstance(error, InvalidInput | ContextTooLong):
        code = "invalid_prompt"
    return failed(code, error.user_message, error)
