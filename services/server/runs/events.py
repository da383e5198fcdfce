"""What happened in a run, in order, for any number of readers, each from where it likes.

A log is kept in memory while its run lives and for some minutes after. Each event is encoded once, however many
clients read it.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Iterable
from typing import Any

KEPT_S = 600
DONE = b"event: done\ndata: [DONE]\n\n"


def encoded(name: str, data: Any, event_id: str | None = None) -> bytes:
    """One server-sent event. Its id comes last: simple clients expect `event` and `data` in the first two lines."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    ending = f"id: {event_id}\n\n" if event_id is not None else "\n"
    return f"event: {name}\ndata: {text}\n{ending}".encode()


class EventLog:
    """The events of one run. Belongs to one event loop. Nothing comes until somebody works on the run.

    An event's id is the log's name and the event's number: after a restart there is another log, and an id of the
    one before must not be taken for a place in it.
    """

    def __init__(self) -> None:
        self.name = secrets.token_hex(4)
        self.last_name = ""
        self._events: list[bytes] = []
        self._changed = asyncio.Event()
        self.is_paused = True
        self.paused_at = time.monotonic()

    def __len__(self) -> int:
        return len(self._events)

    def append(self, name: str, data: Any) -> None:
        """Tell everybody."""
        self.last_name = name
        self._events.append(self._encoded(name, data))
        self._wake()

    def extend(self, events: Iterable[tuple[str, Any]]) -> None:
        """Tell everybody of several things."""
        for name, data in events:
            self.append(name, data)

    def resume(self) -> None:
        """More will come."""
        self.is_paused = False

    def pause(self) -> None:
        """Nothing more comes for now: the run has ended, or waits for its caller."""
        self.is_paused, self.paused_at = True, time.monotonic()
        self._wake()

    def number_of(self, event_id: str | None) -> int:
        """How many events somebody has seen who saw this one last: none, when it is not of this log."""
        name, _, number = (event_id or "").rpartition("-")
        if name != self.name or not number.isdecimal():
            return 0
        return min(int(number), len(self._events))

    async def follow(self, after: int = 0) -> AsyncIterator[bytes]:
        """Every event after the one with number `after`, as it comes, until the run ends or waits."""
        position = after
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

    def _encoded(self, name: str, data: Any) -> bytes:
        """The next event as it goes over the wire."""
        return encoded(name, data, f"{self.name}-{len(self._events) + 1}")

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class EventLogs:
    """The logs of all runs this process has seen lately."""

    def __init__(self) -> None:
        self._logs: dict[str, EventLog] = {}

    def open(self, run_id: str, so_far: Iterable[tuple[str, Any]] = ()) -> EventLog:
        """The log of a run, made on first use; `so_far` is what had happened before."""
        self._drop_old()
        if run_id not in self._logs:
            self._logs[run_id] = EventLog()
            self._logs[run_id].extend(so_far)
        return self._logs[run_id]

    def get(self, run_id: str) -> EventLog | None:
        """The log of a run, if it is still here."""
        return self._logs.get(run_id)

    def add(self, run_id: str, log: EventLog) -> None:
        """Keep a log that has begun already."""
        self._drop_old()
        self._logs[run_id] = log

    def forget(self, run_id: str) -> None:
        """Keep it no longer."""
        self._logs.pop(run_id, None)

    def _drop_old(self) -> None:
        before = time.monotonic() - KEPT_S
        for run_id in [i for i, log in self._logs.items() if log.is_paused and log.paused_at < before]:
            del self._logs[run_id]
