"""A server's runs without the server: processes over one database that can be killed, and a model driven by hand."""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from services.errors import StreamCut
from services.server.runs.caller import Caller
from services.server.runs.executor import Executor
from services.server.runs.keeper import Keeper
from services.server.runs.service import RunService
from services.server.store import assistants, threads
from services.server.store.database import ServerDatabase

OWNER = "owner"
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {}, "strict": False}}

Shape = dict[str, Any]
T = TypeVar("T")


class Clock:
    """The server's clock, moved by hand."""

    now_s = 1_800_000_000.0

    def time(self) -> float:
        return self.now_s


class Killed(BaseException):
    """The process is dead: nothing it does has an effect any more."""


class MortalDatabase(ServerDatabase):
    """The database as one process sees it, until that process is killed.

    Transactions are done in the event loop, with some steps of it before and after each, as many as `lags` says: so a
    test that drives the loop by hand meets the same order every time.
    """

    def __init__(self, shared: ServerDatabase, lags: Sequence[int]) -> None:
        super().__init__(shared._url)
        self._database, self.is_dead = shared.opened(), False
        self._lags = itertools.cycle(lags)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        await self._lag()
        done = work()
        await self._lag()
        return done

    async def _lag(self) -> None:
        for _ in range(next(self._lags)):
            await asyncio.sleep(0)
        if self.is_dead:
            raise Killed


@dataclass
class HandDrivenModel:
    """Says the next piece of its answer when it is told to. It is also where models are found."""

    name: str = "by hand"
    is_local: bool = True
    context_tokens: int = 10_000
    answers: deque[list[Shape | Exception]] = field(default_factory=deque)
    is_open: int = 0
    _may_say: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def find(self, name: str, key: str | None = None) -> HandDrivenModel:
        return self

    def has(self, name: str, key: str | None = None) -> bool:
        return True

    def fitted(self, request: Shape) -> Shape:
        return request

    def go_on(self, pieces: int = 1) -> None:
        """Say so many pieces more."""
        for _ in range(pieces):
            self._may_say.release()

    async def stream(self, request: Shape) -> AsyncGenerator[Shape, None]:
        self.is_open += 1
        try:
            for piece in self.answers.popleft() if self.answers else words("Done."):
                await self._may_say.acquire()
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.is_open -= 1


def chunk(delta: Shape, reason: str | None = None) -> Shape:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


def words(*texts: str, reason: str = "stop") -> list[Shape | Exception]:
    """An answer in words."""
    return [*[chunk({"content": text}) for text in texts], chunk({}, reason) | {"usage": USAGE}]


def calls(*texts: str) -> list[Shape | Exception]:
    """An answer that calls a function, after these words."""
    call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}
    said: list[Shape | Exception] = [chunk({"content": text}) for text in texts]
    return [*said, chunk({"tool_calls": [call]}), chunk({}, "tool_calls") | {"usage": USAGE}]


def cut(*texts: str) -> list[Shape | Exception]:
    """An answer whose connection breaks after these words."""
    return [*[chunk({"content": text}) for text in texts], StreamCut("The upstream broke off its answer.")]


class Process:
    """One server process: its memory is lost when it is killed."""

    def __init__(self, shared: ServerDatabase, model: HandDrivenModel, lags: Sequence[int] = (1,)) -> None:
        self.database = MortalDatabase(shared, lags)
        self.executor = Executor(self.database, model, {}, None)
        self.keeper = Keeper(self.database, self.executor)
        self.runs = RunService(self.database, model, self.executor)
        self.caller = Caller(OWNER)

    async def new_thread(self) -> tuple[str, str]:
        """A thread in which something was said, and an assistant with a function."""
        body = {"model": "m", "tools": [FUNCTION]}
        assistant = await self.database.write(assistants.create, OWNER, body)
        said = {"messages": [{"role": "user", "content": "Hi"}]}
        thread = await self.database.write(threads.create, OWNER, said)
        return thread["id"], assistant["id"]

    async def kill(self) -> None:
        """End it as a power cut would: whatever is not in the database now is gone."""
        self.database.is_dead = True
        live = list(self.executor._live.values())
        tasks = [task for one in live for task in (one.work, one.task) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.database._threads.shutdown()
