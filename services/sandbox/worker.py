"""A worker seen from outside: the Python in one sandbox, with the pipes to it."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass, replace
from typing import Any

from services.sandbox.keeper_process import KeeperProcess, Report
from services.sandbox.limits import CELL_BYTES, CELL_MESSAGES, CELL_PICTURE_BYTES, LINE_BYTES, Limits
from services.sandbox.messages import Nonsense, Picture, Ready, Said, parsed
from services.sandbox.pipes import LineReader, PipeReader
from services.sandbox.plan import Plan

LAST_WORDS_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Output:
    """Bytes that a program has printed."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Gone:
    """The worker is no more. `why` is the limit it passed, or `nonsense`, `failed` or `ended`; `detail` says more."""

    why: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Rested:
    """It stands still, within its limits."""


Item = Said | Output | Rested | Gone


class CannotStart(Exception):
    """The sandbox does not work here; the message says why."""


@dataclass(slots=True)
class Taken:
    """What has come of one program. Of its output and its figures, what is beyond the limits is only counted."""

    messages: int = 0
    message_bytes: int = 0
    output_bytes: int = 0
    cut_bytes: int = 0
    pictures: int = 0
    picture_bytes: int = 0
    cut_pictures: int = 0


class Worker:
    """Made by `start`, ended by `end`. Belongs to one event loop. `next` gives what comes out of it, at last Gone."""

    def __init__(self, limits: Limits, commands: int, output: int, answers: int) -> None:
        self.is_alive = True
        self.taken = Taken()
        self._limits = limits
        self._items: asyncio.Queue[Item] = asyncio.Queue()
        self._lines = LineReader(LINE_BYTES)
        self._last_words = b""
        self._is_ready = False
        self._commands = commands
        self._output = PipeReader(output, self._take_output)
        self._answers = PipeReader(answers, self._take_answers)
        self._keeper: KeeperProcess | None = None
        self._writer: asyncio.WriteTransport | None = None

    @classmethod
    async def start(cls, plan: Plan) -> Worker:
        """Start one, and wait until it has shut itself in. The plan's pipes are made here. Raises CannotStart."""
        commands, to_commands = os.pipe()
        from_output, output = os.pipe()
        from_answers, answers = os.pipe()
        worker = cls(plan.limits, to_commands, from_output, from_answers)
        try:
            try:
                await worker._begin(replace(plan, pipes=(commands, output, answers)))
            finally:
                for pipe in (commands, output, answers):
                    os.close(pipe)
            await worker._wait_until_ready(plan.limits.start_s)
        except BaseException:
            await worker.end()
            raise
        return worker

    async def _begin(self, plan: Plan) -> None:
        loop = asyncio.get_running_loop()
        pipe = os.fdopen(self._commands, "wb", buffering=0)
        self._writer, _ = await loop.connect_write_pipe(asyncio.Protocol, pipe)
        try:
            self._keeper = await KeeperProcess.start(plan, self._hear)
        except OSError as error:
            raise CannotStart(error.strerror or "its process cannot be started") from error

    async def _wait_until_ready(self, most_s: float) -> None:
        try:
            async with asyncio.timeout(most_s):
                first = await self.next()
        except TimeoutError:
            raise CannotStart("it did not start in time") from None
        if not isinstance(first, Ready):
            raise CannotStart(self._why_not(first))
        self._is_ready = True

    def _why_not(self, first: Item) -> str:
        lines = self._last_words.decode(errors="replace").strip().splitlines()
        detail = first.detail if isinstance(first, Gone) else ""
        return (lines[-1] if lines else detail or "it ended at once")[:300]

    async def next(self) -> Item:
        """The next thing that comes out of it."""
        return await self._items.get()

    def begin(self, number: int, program: str) -> None:
        """Have it run a program; `Done` will have the number."""
        self.taken = Taken()
        self._tell("run")
        self._command(number=number, program=program)

    def interrupt(self) -> None:
        """Stop its program as Ctrl-C would."""
        self._tell("interrupt")

    def rest(self) -> None:
        """Have it stand still, with all its threads, until the next program; `Rested` says that it does."""
        self._tell("rest")

    async def end(self) -> None:
        """End it and everything it has started."""
        self.is_alive = False
        if self._keeper is not None:
            await self._keeper.end()
        if self._writer is not None and not self._writer.is_closing():
            self._writer.abort()
        self._output.close()
        self._answers.close()

    def _command(self, **command: Any) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(json.dumps(command).encode() + b"\n")

    def _tell(self, command: str) -> None:
        if self._keeper is not None:
            self._keeper.tell(command)

    def _hear(self, report: Report) -> None:
        """Take what the keeper reports."""
        match report:
            case {"rests": True}:
                self._items.put_nowait(Rested())
            case {"over": str(limit)}:
                self._leave(Gone(limit))
            case {"failed": str(detail)}:
                self._leave(Gone("failed", detail))
            case {"gone": int(code)}:
                self._leave(Gone("ended", _how(code)))
            case _ if not report:
                self._leave(Gone("ended", "it was ended from outside"))

    def _leave(self, gone: Gone) -> None:
        """It is gone, for the first reason that was told."""
        if self.is_alive:
            self._output.drain()
            self.is_alive = False
            self._items.put_nowait(gone)

    def _take_output(self, data: bytes) -> None:
        room = self._limits.log_bytes - self.taken.output_bytes
        self.taken.output_bytes += len(data)
        if room > 0:
            self._items.put_nowait(Output(data[:room]))
        if room < len(data):
            self.taken.cut_bytes += len(data) - max(0, room)
            self._output.slow_down()

    def _take_answers(self, data: bytes) -> None:
        self.taken.message_bytes += len(data)
        try:
            for line in self._lines.lines(data):
                self._take_line(line)
            if self.taken.message_bytes > CELL_BYTES or self.taken.messages > CELL_MESSAGES:
                raise Nonsense
        except (Nonsense, ValueError):
            if self._is_ready:
                self._leave(Gone("nonsense"))

    def _take_line(self, line: bytes) -> None:
        self.taken.messages += 1
        if not self._is_ready:
            self._last_words = (self._last_words + line + b"\n")[-LAST_WORDS_BYTES:]
        said = parsed(line)
        self._output.drain()  # what was printed before it comes before it
        if isinstance(said, Picture):
            self._command(taken=True)
            if not self._has_room_for(said):
                return
        self._items.put_nowait(said)

    def _has_room_for(self, picture: Picture) -> bool:
        self.taken.pictures += 1
        self.taken.picture_bytes += len(picture.png)
        fits = self.taken.pictures <= self._limits.pictures and self.taken.picture_bytes <= CELL_PICTURE_BYTES
        self.taken.cut_pictures += not fits
        return fits


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
