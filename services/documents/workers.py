"""A few reading processes for everybody: borrowed for a document, replaced when one is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any

from services.documents.limits import Limits
from services.documents.reading_process import (
    POLL_S,
    WORKER_MODULE,
    Cancelled,
    Message,
    ProcessEnded,
    ReadingProcess,
)

ATTEMPTS = 2
CLOSE_TIMEOUT_S = 2.0


class Workers:
    """Up to `count` reading processes, each started when first needed. Any thread may read at any time."""

    def __init__(self, count: int = 1, limits: Limits | None = None, module: str = WORKER_MODULE) -> None:
        self.limits = limits or Limits()
        self._count = count
        self._module = module
        self._closed = threading.Event()
        self._slots: LifoQueue[ReadingProcess | None] = LifoQueue()
        for _ in range(count):
            self._slots.put(None)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(
        self, kind: str, path: Path, cancelled: threading.Event, more: Mapping[str, Any] | None = None
    ) -> Generator[Message]:
        """What a process says about a file, when it reads it or does what `more` asks for; waits for a free one.

        Raises what ReadingProcess.read does.
        """

        def is_cancelled() -> bool:
            return cancelled.is_set() or self._closed.is_set()

        for attempt in range(1, ATTEMPTS + 1):
            with self._borrowed(is_cancelled) as process:
                try:
                    yield from process.read(kind, path, is_cancelled, more)
                    return
                except ProcessEnded as error:
                    # An idle process may have been lost since its last document, through no fault of this one.
                    if error.had_started or attempt == ATTEMPTS:
                        raise

    def close(self) -> None:
        """End every process. Documents being read, and those that still come, end with Cancelled."""
        self._closed.set()
        with suppress(Empty):
            for _ in range(self._count):
                process = self._slots.get(timeout=CLOSE_TIMEOUT_S)
                if process is not None:
                    process.end()

    def rest(self) -> None:
        """End the processes that nobody uses; the next document starts one."""
        for _ in range(self._slots.qsize()):
            with suppress(Empty):
                process = self._slots.get_nowait()
                if process is not None:
                    process.end()
                self._slots.put(None)

    @contextmanager
    def _borrowed(self, is_cancelled: Callable[[], bool]) -> Iterator[ReadingProcess]:
        process = self._take(is_cancelled)
        try:
            if process is None or not process.is_alive:
                process = self._replaced(process)
            yield process
        finally:
            self._give_back(process)

    def _take(self, is_cancelled: Callable[[], bool]) -> ReadingProcess | None:
        while not is_cancelled():
            with suppress(Empty):
                return self._slots.get(timeout=POLL_S)
        raise Cancelled

    def _replaced(self, lost: ReadingProcess | None) -> ReadingProcess:
        if lost is not None:
            lost.end()
        return ReadingProcess(self.limits, self._module)

    def _give_back(self, process: ReadingProcess | None) -> None:
        if process is not None and (self._closed.is_set() or not process.is_idle):
            process.end()
            process = None
        self._slots.put(process)
