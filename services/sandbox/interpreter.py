"""The interpreters of this process: one for each thread that has run a program, and a warm one to spare."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from services.sandbox.home import Home
from services.sandbox.limits import Limits
from services.sandbox.session import Session
from services.sandbox.spare import Spare
from services.sandbox.starting import Starter
from services.sandbox.walls import WALLS, Wall
from services.sandbox.worker import CannotStart, Worker

MOST_ALIVE = 8
MOST_KEPT = 50
IDLE_S = 3600.0
SPARE_IDLE_S = 300.0


class Interpreter:
    """Sessions by key. Belongs to one event loop; nothing of it blocks. Must be closed.

    At most `most_alive` sessions have a worker at a time: the one that has rested longest is ended for a new one. A
    session that has rested for `idle_s` loses its variables; its files stay until it is forgotten, as the one that was
    not used for longest is when there are more than `most_kept`.
    """

    def __init__(
        self,
        folder: Path,
        limits: Limits | None = None,
        *,
        most_alive: int = MOST_ALIVE,
        most_kept: int = MOST_KEPT,
        idle_s: float = IDLE_S,
        spare_idle_s: float = SPARE_IDLE_S,
        walls: Sequence[Wall] = WALLS,
    ) -> None:
        self._limits = limits or Limits()
        self._home = Home(folder)
        self._starter = Starter(self._home, self._limits, walls)
        self._spare = Spare(self._home, self._limits, self._starter, spare_idle_s)
        self._sessions: dict[str, Session] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._places = asyncio.Semaphore(most_alive)
        self._most_alive, self._most_kept, self._idle_s = most_alive, most_kept, idle_s
        self._endings: set[asyncio.Task[None]] = set()

    async def refusal(self) -> str | None:
        """Why no program can be run on this machine; None when one can. Tries it out at the first call."""
        try:
            await self._spare.ready()
        except CannotStart as error:
            return str(error)
        return None

    def warm_up(self, key: str) -> None:
        """Have a worker ready for this session soon: a program is likely to come."""
        session = self._sessions.get(key)
        if session is None or session.worker is None:
            self._spare.make()

    @asynccontextmanager
    async def session(self, key: str) -> AsyncIterator[Session]:
        """The session of this key for its caller alone, made if there is none; waits while another one has it."""
        async with self._places:
            session = self._sessions.setdefault(key, Session(self._limits, self._start_worker))
            async with session.lock:
                self._stop_timer(key)
                self._sessions[key] = self._sessions.pop(key, session)  # the last used is the last in line
                self._forget_oldest()
                try:
                    yield session
                finally:
                    self._start_timer(key)

    async def forget(self, key: str) -> None:
        """End a session and remove its files; waits until its program has ended."""
        session = self._sessions.get(key)
        if session is None:
            return
        async with session.lock:
            self._stop_timer(key)
            await session.end()
            if self._sessions.get(key) is session:
                del self._sessions[key]
            if session.folder is not None:
                folder, session.folder = session.folder, None
                await asyncio.to_thread(folder.remove)

    async def close(self) -> None:
        """End everything, and remove the files of every session."""
        for key in list(self._timers):
            self._stop_timer(key)
        await self._spare.end()
        await asyncio.gather(*(session.end() for session in self._sessions.values()), *self._endings)
        self._sessions.clear()
        await asyncio.to_thread(self._home.close)

    async def _start_worker(self, session: Session) -> Worker:
        """A worker for a session: the spare one if there is one, with the files the session had."""
        await self._make_place()
        spare = await self._spare.take()
        if spare is not None:
            worker, folder = spare
            before, session.folder = session.folder, folder
            try:
                if before is not None:
                    await asyncio.to_thread(folder.take_over, before)
            except BaseException:
                await worker.end()
                raise
            return worker
        if session.folder is None:
            session.folder = await asyncio.to_thread(self._home.new_folder, self._limits)
        return await self._starter.start(session.folder)

    def _forget_oldest(self) -> None:
        unused = [key for key, session in self._sessions.items() if not session.lock.locked()]
        for key in unused[: max(0, len(self._sessions) - self._most_kept)]:
            self._in_background(self.forget(key))

    async def _make_place(self) -> None:
        """End the session that has rested longest, if as many have workers as may."""
        alive = [session for session in self._sessions.values() if session.worker is not None]
        resting = [session for session in alive if not session.lock.locked()]
        for session in resting[: max(0, len(alive) + 1 - self._most_alive)]:
            async with session.lock:
                await session.end()

    def _start_timer(self, key: str) -> None:
        loop = asyncio.get_running_loop()
        self._timers[key] = loop.call_later(self._idle_s, self._end_idle, key)

    def _stop_timer(self, key: str) -> None:
        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()

    def _end_idle(self, key: str) -> None:
        del self._timers[key]
        session = self._sessions.get(key)
        if session is not None and not session.lock.locked():
            self._in_background(self._end_unused(key, session))

    def _in_background(self, work: Coroutine[None, None, None]) -> None:
        ending = asyncio.create_task(work)
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)

    async def _end_unused(self, key: str, session: Session) -> None:
        async with session.lock:
            if key not in self._timers:  # else somebody has used it meanwhile
                await session.end()
