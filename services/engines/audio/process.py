"""A process with speech models, as the engines use it: started when needed, let go when idle, one request at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.documents.limits import Limits
from services.documents.reading_process import Cancelled, OutOfTime, ProcessEnded
from services.documents.workers import Workers
from services.engines.audio.idle import IDLE_S, WhenIdle
from services.errors import InvalidInput, ModelUnavailable

LIMITS = Limits(memory_bytes=6 * 2**30, cpu_s=1200, wall_s=900.0)
"""Memory is mostly room in the address space that the libraries reserve; in use are 0.4 to 0.6 GB."""
MODULE = "services.engines.audio.worker"


class SpeechProcess:
    """Asks the process, and says its failures in a sentence about `subject`."""

    def __init__(self, subject: str, idle_s: float = IDLE_S, module: str = MODULE) -> None:
        self._subject = subject
        self._workers = Workers(1, LIMITS, module)
        self._idle = WhenIdle(self._workers.rest, idle_s)
        self.has_started = False

    def ask(
        self, kind: str, path: Path, more: dict[str, Any], cancelled: threading.Event
    ) -> Iterator[dict[str, Any]]:
        """What it says about a request. Blocks while another is worked on."""
        with self._idle.in_use():
            self.has_started = True
            try:
                for message in self._workers.read(kind, path, cancelled, more):
                    if "says" in message:
                        raise InvalidInput(f"{self._subject} {message['says']}")
                    if "started" not in message and "end" not in message:
                        yield message
            except Cancelled:
                raise ModelUnavailable(f"{self._subject} was not finished, because it was stopped.") from None
            except OutOfTime:
                raise ModelUnavailable(
                    f"{self._subject} took the local model too long. Send a shorter one."
                ) from None
            except ProcessEnded:
                raise ModelUnavailable(
                    f"{self._subject} was lost: the local model's process ended, most likely because memory ran "
                    "out. Try again."
                ) from None

    def close(self) -> None:
        """End the process for good."""
        self._idle.close()
        self._workers.close()
