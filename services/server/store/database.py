"""The database for code on the event loop: each call is one transaction in a worker thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from services.errors import AppError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from services.storage.database import Database

THREADS = 8

P = ParamSpec("P")
T = TypeVar("T")


class ServerDatabase:
    """Opened at first use, shared by every request. Safe to use from several threads."""

    def __init__(self, url: str, *, reads_may_write: bool = False) -> None:
        self._url, self._reads_may_write = url, reads_may_write
        self._database: Database | None = None
        self._opening = threading.Lock()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="tandem-database")

    async def read(self, work: Callable[Concatenate[Session, P], T], *args: P.args, **named: P.kwargs) -> T:
        """What `work` gives in a reading transaction. Raises StorageFailed and whatever `work` raises."""
        if self._reads_may_write:  # in conformance mode, where looking for an object makes it
            return await self.write(work, *args, **named)

        def reading() -> T:
            with self.opened().reading() as session:
                return work(session, *args, **named)

        return await self._in_thread(reading)

    async def write(self, work: Callable[Concatenate[Session, P], T], *args: P.args, **named: P.kwargs) -> T:
        """What `work` gives in a writing transaction, committed before this returns; rolled back on an error."""

        def writing() -> T:
            with self.opened().session() as session:
                return work(session, *args, **named)

        return await self._in_thread(writing)

    def opened(self) -> Database:
        """The database itself, opened now if need be. Blocks. Raises StorageFailed."""
        if self._database is not None:
            return self._database
        with self._opening:
            return self._open()

    def status(self) -> dict[str, Any]:
        """`ok`, `opening`, or `failed` with a sentence, for /healthz. Blocks."""
        if not self._opening.acquire(blocking=False):
            return {"status": "opening"}
        try:
            self._open().ping()
        except AppError as error:
            return {"status": "failed", "error": error.user_message}
        finally:
            self._opening.release()
        return {"status": "ok"}

    def close(self) -> None:
        """Let running transactions end, and give the connections back."""
        self._threads.shutdown()
        if self._database is not None:
            self._database.close()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _open(self) -> Database:
        from services.storage.database import open_database

        if self._database is None:
            self._database = open_database(self._url)
        return self._database
