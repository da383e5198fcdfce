"""One thread's interpreter: programs run one after the other, their variables and files live on."""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractContextManager, aclosing, suppress
from pathlib import Path

from services.sandbox import notices
from services.sandbox.events import Drawn, Ended, Event, Printed
from services.sandbox.folder import FoundFile, NotAFile, SessionFolder, State, copy_at_most
from services.sandbox.limits import Limits
from services.sandbox.messages import Done, Picture, storable
from services.sandbox.worker import Gone, Output, Rested, Worker

StartsWorker = Callable[["Session"], Awaitable[Worker]]


class Session:
    """Belongs to one event loop, and is used by one task at a time: whoever holds its `lock`.

    `folder` is None until the first worker or file is there. `placed` is for the caller: which files it has put in,
    by its own names for them.
    """

    def __init__(self, limits: Limits, start: StartsWorker) -> None:
        self.lock = asyncio.Lock()
        self.folder: SessionFolder | None = None
        self.worker: Worker | None = None
        self.placed: dict[str, str] = {}
        self._limits, self._start = limits, start
        self._count = 0
        self._stopping: asyncio.Task[None] | None = None
        self._has_lost_variables = False

    async def names(self) -> set[str]:
        """The files that are there. Raises CannotStart."""
        return set(await asyncio.to_thread((await self._ready()).state))

    async def put(self, name: str, source: AbstractContextManager[Path]) -> str:
        """Copy a file in; the name it got. Raises NoRoom and CannotStart."""
        folder = await self._ready()

        def copy() -> str:
            with source as path:
                return folder.put(name, path)

        return await asyncio.to_thread(copy)

    async def take(self, name: str, target: Path) -> int:
        """Copy a file out that a program has written; its bytes. Raises NotAFile."""
        folder = self.folder
        if folder is None:
            raise NotAFile(name)

        def copy() -> int:
            with folder.opened(name) as file, target.open("wb") as out:
                return copy_at_most(file, out, self._limits.disk_bytes)

        return await asyncio.to_thread(copy)

    async def run(self, program: str) -> AsyncGenerator[Event, None]:
        """What comes of a program, as it comes; Ended is the last. Raises CannotStart.

        One that is left before its end is stopped; the session's next program waits for that.
        """
        if len(program) > notices.LONGEST_PROGRAM:
            yield Ended(notice=notices.TOO_LONG)
            return
        folder, worker = await self._ready(), self.worker
        assert worker is not None
        before = await asyncio.to_thread(folder.begin)
        self._count += 1
        worker.begin(self._count, program)
        running = _Running(worker, self._count, self._limits)
        try:
            async with aclosing(running.events()) as events:
                async for event in events:
                    yield event
        finally:
            if running.end is None:
                self._stopping = asyncio.create_task(running.stop())
        yield await self._ended(running, before)

    async def end(self) -> None:
        """End the worker; variables are gone, files stay."""
        if self._stopping is not None:
            self._stopping.cancel()
            self._stopping = None
        worker, self.worker = self.worker, None
        if worker is not None:
            self._has_lost_variables = self._count > 0
            await worker.end()

    async def _ready(self) -> SessionFolder:
        """The folder of this session, whose worker lives then."""
        if self._stopping is not None:
            await asyncio.wait({self._stopping})
            self._stopping = None
        if self.worker is not None and not self.worker.is_alive:
            await self.end()
        if self.worker is None:
            self.worker = await self._start(self)
        assert self.folder is not None
        return self.folder

    async def _ended(self, running: _Running, before: State) -> Ended:
        assert self.folder is not None
        end, limits = running.end, self._limits
        sentences = [notices.STARTED_ANEW] if self._has_lost_variables else []
        self._has_lost_variables = False
        if isinstance(end, Gone):
            await self.end()
            self._has_lost_variables = False  # it is told here
            sentences.append(notices.after_end(end, limits))
            if end.why == "disk":
                await asyncio.to_thread(self.folder.keep_only, before)
        elif running.was_interrupted:
            sentences.append(notices.interrupted(limits))
        files = await self._files(before)
        sentences += notices.left_out(running.worker.taken, len(files), limits)
        return Ended(
            error=end.error if isinstance(end, Done) else None,
            notice=" ".join(sentences) or None,
            files=tuple(files[: limits.files]),
            is_state_kept=isinstance(end, Done),
        )

    async def _files(self, before: State) -> list[FoundFile]:
        """What was written, once nothing writes any more: the worker rests or is gone."""
        assert self.folder is not None
        return await asyncio.to_thread(self.folder.changed_since, before)


class _Running:
    """One program on its way to its end."""

    def __init__(self, worker: Worker, number: int, limits: Limits) -> None:
        self.worker = worker
        self.end: Done | Gone | None = None
        self.was_interrupted = False
        self._number, self._limits = number, limits
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    async def events(self) -> AsyncGenerator[Event, None]:
        """What comes of it until it has ended by itself, or was interrupted, or had to be ended."""
        deadline = asyncio.get_running_loop().time() + self._limits.cell_s
        done: Done | None = None
        while self.end is None:
            try:
                async with asyncio.timeout_at(deadline):
                    item = await self.worker.next()
            except TimeoutError:
                if self.was_interrupted:
                    self.end = Gone("time")
                    return
                self.was_interrupted = True
                self.worker.interrupt()
                deadline += self._limits.grace_s
                continue
            match item:
                case Output(data):
                    if text := self._decoder.decode(data):
                        yield Printed(storable(text))
                case Picture(png):
                    yield Drawn(png)
                case Done(number):
                    if number == self._number:
                        done = item
                        self.worker.rest()
                case Rested():
                    self.end = done
                case Gone():
                    self.end = item

    async def stop(self) -> None:
        """Interrupt it, and end its worker if that does not help."""
        self.worker.interrupt()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._limits.grace_s):
                async for _ in self.events():
                    pass
        if not isinstance(self.end, Done):
            await self.worker.end()
