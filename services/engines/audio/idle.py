"""Lets go of what nobody uses."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

IDLE_S = 300.0


class WhenIdle:
    """Calls `rest` once nothing has been in use for `idle_s`."""

    def __init__(self, rest: Callable[[], None], idle_s: float = IDLE_S) -> None:
        self._rest, self._idle_s = rest, idle_s
        self._lock = threading.Lock()
        self._users = 0
        self._timer: threading.Timer | None = None

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Nothing is let go while one of these is open."""
        with self._lock:
            self._users += 1
            self._stop()
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._wait()

    def close(self) -> None:
        """Forget the clock."""
        with self._lock:
            self._stop()

    def _wait(self) -> None:
        self._timer = threading.Timer(self._idle_s, self._rest)
        self._timer.daemon = True
        self._timer.start()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
