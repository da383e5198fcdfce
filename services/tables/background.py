"""Loading in the background: one table after the other, each cancellable, with how far it is."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue

log = logging.getLogger("tandem.tables")

Load = Callable[[str, threading.Event, Callable[[float], None]], None]


class BackgroundLoader:
    """A thread that loads what is put in line; it starts with the first table."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._line: SimpleQueue[str | None] = SimpleQueue()
        self._lock = threading.Condition()
        self._thread: threading.Thread | None = None
        self._waiting: set[str] = set()
        self._current: str | None = None
        self._cancelled = threading.Event()
        self._progress = 0.0
        self._is_closed = False

    def put(self, table_id: str) -> None:
        """Load this table when its turn comes; one that is being loaded is loaded again."""
        with self._lock:
            if self._is_closed:
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="tables", daemon=True)
                self._thread.start()
            if self._current == table_id:
                self._cancelled.set()
            if table_id not in self._waiting:
                self._waiting.add(table_id)
                self._line.put(table_id)

    def cancel(self, table_id: str) -> None:
        """Stop loading this table, and do not begin it."""
        with self._lock:
            self._waiting.discard(table_id)
            if self._current == table_id:
                self._cancelled.set()

    def progress(self, table_id: str) -> float | None:
        """The share of a table that is loaded, 0 to 1; None when it is not being loaded."""
        with self._lock:
            return self._progress if self._current == table_id else None

    def wait(self, table_id: str, timeout_s: float) -> bool:
        """Wait until nothing is to be done for this table; False when that takes longer."""
        with self._lock:
            return self._lock.wait_for(lambda: not self._is_busy(table_id), timeout_s)

    def close(self) -> None:
        """Stop; what is not loaded stays as it is, and is loaded after the next start."""
        with self._lock:
            self._is_closed = True
            self._waiting.clear()
            self._cancelled.set()
            self._line.put(None)
            thread = self._thread
        if thread is not None:
            thread.join(timeout=5)

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    def _is_busy(self, table_id: str) -> bool:
        return table_id in self._waiting or self._current == table_id

    def _work(self) -> None:
        while (table_id := self._line.get()) is not None:
            with self._lock:
                if table_id not in self._waiting:
                    continue
                self._waiting.discard(table_id)
                self._current, self._progress = table_id, 0.0
                self._cancelled = cancelled = threading.Event()
            try:
                self._load(table_id, cancelled, self._report)
            except Exception:  # the next table is loaded all the same, and this one after the next start
                log.exception("A table could not be loaded.")
            finally:
                with self._lock:
                    self._current = None
                    self._lock.notify_all()

    def _report(self, share: float) -> None:
        with self._lock:
            self._progress = share
