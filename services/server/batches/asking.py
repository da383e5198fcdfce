"""One request of a batch: asked as a person would ask it, but behind everybody else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from services.batches.lines import Line
from services.engines.background import in_background
from services.server.inside import Inside, Reply

LOCAL_AT_ONCE, UPSTREAM_AT_ONCE = 1, 4
LOOK_EVERY_S = 0.1
QUIET_S = 1.0
"""How long nobody must have waited for the local model before a batch has its turn."""
TRIES = 6
LONGEST_PAUSE_S = 60.0
PASSING = frozenset({429, 500, 502, 503, 504})
REPEATABLE = "/v1/chat/completions"
"""Given up for a person and asked again later. A response may have run tools: it is left to finish."""

Wire = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Who asks, and where."""

    owner: str
    endpoint: str
    is_local: bool


class Asking:
    """Requests of all batches of this process: few at a time, and none while a person waits for the local model."""

    def __init__(self, inside: Inside, is_busy: Callable[[], bool]) -> None:
        self._inside, self._is_busy = inside, is_busy
        self._wanted_at_s = float("-inf")
        self._turns = {
            True: asyncio.Semaphore(LOCAL_AT_ONCE),
            False: asyncio.Semaphore(UPSTREAM_AT_ONCE),
        }

    async def ask(self, place: Place, line: Line) -> Reply:
        """The answer to one line. What may pass, such as a limit per minute, is tried again for a while."""
        for attempt in range(TRIES):
            async with self._turns[place.is_local]:
                reply = await self._in_turn(place, line)
            if reply.status not in PASSING or reply.code == "insufficient_quota" or attempt == TRIES - 1:
                break
            await asyncio.sleep(min(reply.retry_after_s or 2.0**attempt, LONGEST_PAUSE_S))
        return reply

    async def _in_turn(self, place: Place, line: Line) -> Reply:
        if not place.is_local:
            return await self._inside.post(place.owner, place.endpoint, line.body)
        while True:
            await self._quiet()
            with in_background():
                task = asyncio.create_task(self._inside.post(place.owner, place.endpoint, line.body))
            if await self._finished(task, may_be_given_up=place.endpoint == REPEATABLE):
                return task.result()

    async def _quiet(self) -> None:
        """Wait until nobody has been seen to need the local model for a moment."""
        while self._is_wanted() or time.monotonic() - self._wanted_at_s < QUIET_S:
            await asyncio.sleep(LOOK_EVERY_S)

    def _is_wanted(self) -> bool:
        if is_busy := self._is_busy():
            self._wanted_at_s = time.monotonic()
        return is_busy

    async def _finished(self, task: asyncio.Task[Reply], *, may_be_given_up: bool) -> bool:
        """Wait for the answer; False when it was given up for a person."""
        try:
            while not task.done():
                if self._is_wanted() and may_be_given_up:
                    return False
                await asyncio.wait([task], timeout=LOOK_EVERY_S)
            return True
        finally:
            if not task.done():
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
