"""What happened in a run, in order, for any number of readers, each from where it likes.

A log is kept in memory while its run lives and for some minutes after. Each event is encoded once, however many
clients read it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

KEPT_S = 600
DONE = b"event: done\ndata: [DONE]\n\n"


def encoded(name: str, data: Any, number: int | None = None) -> bytes:
    """One server-sent event. Its id comes last: simple clients expect `event` and `data` in the first two lines."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    ending = f"id: {number}\n\n" if number is not None else "\n"
    return f"event: {name}\ndata: {text}\n{ending}".encode()


class EventLog:
    """The events of one run. Belongs to one event loop."""

    def __init__(self) -> None:
        self._events: list[bytes] = []
        self._changed = asyncio.Event()
        self.is_paused = False
        self.paused_at = time.monotonic()

    def __len__(self) -> int:
        return len(self._events)

    def append(self, name: str, data: Any) -> None:
        """Tell everybody."""
        self._events.append(encoded(name, data, len(self._events) + 1))
        self._wake()

    def pause(self) -> None:
        """Nothing more comes for now: the run has ended, or waits for its caller."""
        self.is_paused, self.paused_at = True, time.monotonic()
        self._wake()

    def resume(self) -> None:
        """More will come."""
        self.is_paused = False

    async def follow(self, after: int = 0) -> AsyncIterator[bytes]:
        """Every event after the one with number `after`, as it comes, until the run ends or waits."""
        position = max(after, 0)
        while True:
            changed = self._changed
            if position < len(self._events):
                # Whatever has piled up goes out in one piece.
                pending = self._events[position:]
                position += len(pending)
                yield b"".join(pending)
            elif self.is_paused:
                return
            else:
                await changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class EventLogs:
    """The logs of all runs this process has seen lately."""

    def __init__(self) -> None:
        self._logs: dict[str, EventLog] = {}

    def open(self, run_id: str) -> EventLog:
        """The log of a run, made on first use."""
        self._drop_old()
        return self._logs.setdefault(run_id, EventLog())

    def get(self, run_id: str) -> EventLog | None:
        """The log of a run, if it is still here."""
        return self._logs.get(run_id)

    def _drop_old(self) -> None:
        before = time.monotonic() - KEPT_S
        for run_id in [i for i, log in self._logs.items() if log.is_paused and log.paused_at < before]:
            del self._logs[run_id]
