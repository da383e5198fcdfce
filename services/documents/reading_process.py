"""One reading process, seen from outside: started, asked, watched, ended."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from services.documents.limits import Limits

ROOT = Path(__file__).parents[2]
WORKER_MODULE = "services.documents.worker"
POLL_S = 0.1
MAX_MESSAGE_BYTES = 4 * 2**20
KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "VIRTUAL_ENV", "LANG", "LC_ALL", "TMPDIR")
# NumPy would reserve memory for a thread on each core, which on a large machine is more than the limit.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

Message = dict[str, Any]


class Cancelled(Exception):
    """Whoever asked for the document wants it no more."""


class ProcessEnded(Exception):
    """The process is gone, or says what no reader says. `had_started`: it had the file by then."""

    def __init__(self, *, had_started: bool) -> None:
        super().__init__(had_started)
        self.had_started = had_started


class OutOfTime(Exception):
    """The document takes longer than its limit."""


class ReadingProcess:
    """A process that reads one document at a time and stays warm in between."""

    def __init__(self, limits: Limits, module: str = WORKER_MODULE) -> None:
        self._limits = limits
        self._unread = bytearray()
        self.is_idle = True
        arguments = [str(limits.memory_bytes), str(limits.cpu_s)]
        self._process = subprocess.Popen(  # noqa: S603  (our own module; the file's path goes through the pipe)
            [sys.executable, "-P", "-B", "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            bufsize=0,
        )

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def end(self) -> None:
        """Kill it, whatever it is doing, and close its pipes."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def read(
        self,
        kind: str,
        path: Path,
        is_cancelled: Callable[[], bool],
        more: Mapping[str, Any] | None = None,
    ) -> Iterator[Message]:
        """What it says about a file, up to and including how that ended: its text, or what `more` asks for.

        Raises Cancelled, OutOfTime or ProcessEnded; the process must then be ended too.
        """
        self.is_idle = False
        had_started = False
        deadline = time.monotonic() + self._limits.wall_s
        try:
            self._ask({"kind": kind, "path": str(path.resolve())} | dict(more or {}))
            for line in self._lines(deadline, is_cancelled):
                message = _parsed(line)
                had_started = had_started or "started" in message
                self.is_idle = "end" in message or "says" in message
                yield message
                if self.is_idle:
                    return
        except (OSError, EOFError, ValueError, RecursionError) as error:
            if self._ended_by(signal.SIGXCPU):
                raise OutOfTime from error
            raise ProcessEnded(had_started=had_started) from error

    def _ended_by(self, number: int) -> bool:
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(POLL_S) == -number
        return False

    def _ask(self, request: Message) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request).encode() + b"\n")

    def _lines(self, deadline: float, is_cancelled: Callable[[], bool]) -> Iterator[bytes]:
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while True:
                if is_cancelled():
                    raise Cancelled
                if time.monotonic() > deadline:
                    raise OutOfTime
                if selector.select(POLL_S):
                    yield from self._received()

    def _received(self) -> Iterator[bytes]:
        assert self._process.stdout is not None
        data = os.read(self._process.stdout.fileno(), 2**16)
        if not data or len(self._unread) > MAX_MESSAGE_BYTES:
            raise EOFError
        *lines, rest = data.split(b"\n")
        for line in lines:
            whole = bytes(self._unread) + line
            self._unread.clear()
            yield whole
        self._unread += rest


def _environment() -> dict[str, str]:
    """What Python needs to run our code, and no key."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**kept, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(paths)}


def _parsed(line: bytes) -> Message:
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError(line[:100])
    return message
