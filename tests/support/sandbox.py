"""Interpreters for tests, called as if nothing of them were asynchronous."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import aclosing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psutil

from services.sandbox.events import Drawn, Ended, Event, Printed
from services.sandbox.interpreter import Interpreter
from services.sandbox.limits import MB, Limits

T = TypeVar("T")

SMALL = Limits(memory_bytes=512 * MB, disk_bytes=48 * MB, entries=1000, cell_s=20.0, grace_s=1.0)
CALL_S = 60.0


@dataclass(frozen=True)
class Result:
    """What came of one program."""

    events: list[Event]

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, Printed))

    @property
    def figures(self) -> list[bytes]:
        return [event.png for event in self.events if isinstance(event, Drawn)]

    @property
    def end(self) -> Ended:
        assert isinstance(self.events[-1], Ended)
        return self.events[-1]

    @property
    def error(self) -> str:
        return self.end.error or ""

    @property
    def notice(self) -> str:
        return self.end.notice or ""

    @property
    def files(self) -> dict[str, int]:
        return {file.name: file.size_bytes for file in self.end.files}


def eventually(holds: Callable[[], object], most_s: float = 15.0) -> bool:
    """Whether this becomes true soon."""
    deadline = time.monotonic() + most_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_gone(process: psutil.Process) -> bool:
    """Whether a process is no more, or is dead and only waits to be counted."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def is_running(pid: int) -> bool:
    """Whether there is a process of this number that is not dead."""
    try:
        return not is_gone(psutil.Process(pid))
    except psutil.NoSuchProcess:
        return False


class Lab:
    """An interpreter on an event loop in a thread of its own. Must be closed."""

    def __init__(self, folder: Path, limits: Limits = SMALL, **options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._keys = itertools.count()
        self.folder, self.limits = folder, limits
        self.interpreter = self.call(self._made(options))

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for something on the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_S)

    def run(self, program: str, key: str = "a") -> Result:
        """Run a program in the session of this key."""
        return self.call(self._run(program, key))

    def new_key(self) -> str:
        """A key that was not used before."""
        return f"key {next(self._keys)}"

    def put(self, name: str, data: bytes, key: str = "a") -> str:
        """Put a file in; the name it got."""
        source = self.folder.with_name("source")
        source.write_bytes(data)

        async def put() -> str:
            async with self.interpreter.session(key) as session:
                return await session.put(name, nullcontext(source))

        return self.call(put())

    def taken(self, name: str, key: str = "a") -> bytes:
        """The bytes of a file that a program wrote. Raises NotAFile."""
        target = self.folder.with_name("target")

        async def take() -> None:
            async with self.interpreter.session(key) as session:
                await session.take(name, target)

        self.call(take())
        return target.read_bytes()

    def session_folder(self, key: str = "a") -> Path:
        """Where the session's folder lies in truth."""
        folder = self.interpreter._sessions[key].folder
        assert folder is not None
        return folder.path

    def worker(self, key: str = "a") -> psutil.Process:
        """The session's Python."""
        return self.keeper(key).children(recursive=True)[-1]

    def keeper(self, key: str = "a") -> psutil.Process:
        """The process between ours and the session's."""
        folder = str(self.session_folder(key))
        keepers = psutil.Process().children()
        (keeper,) = [process for process in keepers if folder in " ".join(process.cmdline())]
        return keeper

    def warm(self) -> psutil.Process:
        """The Python of a spare worker that rests with all its libraries, once there is one."""
        interpreter = self.interpreter

        async def made() -> int:
            interpreter.warm_up("a new session")
            assert await interpreter.refusal() is None
            worker, _ = interpreter._spare._making.result()  # type: ignore[union-attr]
            return int(worker._keeper._process.pid)  # type: ignore[union-attr]

        process = psutil.Process(self.call(made())).children(recursive=True)[-1]
        assert eventually(lambda: process.status() == psutil.STATUS_STOPPED, CALL_S)
        return process

    def has_noticed(self, key: str = "a") -> bool:
        """Whether it is known that the session's worker is gone."""
        worker = self.interpreter._sessions[key].worker
        return worker is None or not worker.is_alive

    def answers(self) -> bool:
        """Whether another session still works as it should."""
        return self.run("print(6 * 7)", "another session").text == "42\n"

    def close(self) -> None:
        """End everything."""
        self.call(self.interpreter.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _made(self, options: dict[str, Any]) -> Interpreter:
        return Interpreter(self.folder, self.limits, **options)

    async def _run(self, program: str, key: str) -> Result:
        async with self.interpreter.session(key) as session, aclosing(session.run(program)) as events:
            return Result([event async for event in events])
