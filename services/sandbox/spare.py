"""A worker that has imported what most programs need, kept ready for the next session."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from services.sandbox.folder import SessionFolder
from services.sandbox.home import Home
from services.sandbox.limits import Limits
from services.sandbox.messages import Warm
from services.sandbox.starting import Starter
from services.sandbox.worker import CannotStart, Worker

Made = tuple[Worker, SessionFolder]


class Spare:
    """At most one such worker, made when it is first wanted and let go when nobody takes it. One event loop's."""

    def __init__(self, home: Home, limits: Limits, starter: Starter, idle_s: float) -> None:
        self._home, self._limits, self._starter, self._idle_s = home, limits, starter, idle_s
        self._making: asyncio.Task[Made] | None = None
        self._resting: asyncio.Task[None] | None = None

    def make(self) -> None:
        """Begin to make one, unless there is one."""
        if self._making is None:
            self._making = asyncio.create_task(self._made())
            self._making.add_done_callback(self._started)

    async def ready(self) -> None:
        """Return when there is one that can be taken. Raises CannotStart."""
        self.make()
        assert self._making is not None
        await asyncio.shield(self._making)

    async def take(self) -> Made | None:
        """The spare worker; None when there is none. Whoever is cancelled while it starts leaves it to others."""
        while (making := self._making) is not None:
            with suppress(CannotStart):
                worker, folder = await asyncio.shield(making)
                if self._making is not making:
                    continue  # somebody else was quicker
                self._making = None
                self._stop_watching()
                if worker.is_alive:
                    return worker, folder
                await _let_go(worker, folder)
        return None

    async def end(self) -> None:
        """Let it go."""
        if (made := await self.take()) is not None:
            await _let_go(*made)

    async def _made(self) -> Made:
        folder = await asyncio.to_thread(self._home.new_folder, self._limits)
        try:
            return await self._starter.start(folder, is_warmed=True), folder
        except BaseException:
            await asyncio.to_thread(folder.remove)
            raise

    def _started(self, making: asyncio.Task[Made]) -> None:
        if making.cancelled() or making.exception() is not None:
            self._making = None if self._making is making else self._making
            return
        self._resting = asyncio.create_task(self._watch(making.result()[0]))

    async def _watch(self, worker: Worker) -> None:
        """Let it stand still once it is warm, and let it go when nobody has taken it for long."""
        if isinstance(await worker.next(), Warm):
            worker.rest()
        await asyncio.sleep(self._idle_s)
        self._resting = None
        await self.end()

    def _stop_watching(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None


async def _let_go(worker: Worker, folder: SessionFolder) -> None:
    await worker.end()
    await asyncio.to_thread(folder.remove)
