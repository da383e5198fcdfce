"""A lesson's program in a process of its own, on the connection at hand: what it prints, and the files it writes."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from services.clients import Connection
from services.lessons.records import Program

TIMEOUT_S = 300.0
POLL_S = 0.1
MAX_LINES = 500
COMPLAINTS = 20
COMPLAINTS_TIMEOUT_S = 2.0
MAX_LINE_CHARS = 2_000
MAX_PRODUCT_BYTES = 20_000_000
MAX_INPUT_CHARS = 2_000
KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(frozen=True, slots=True)
class Printed:
    """A line the program printed."""

    text: str


@dataclass(frozen=True, slots=True)
class Quiet:
    """Nothing new for a moment; the program is at work since `elapsed_s`."""

    elapsed_s: float


@dataclass(frozen=True, slots=True)
class Product:
    """A file the program wrote."""

    filename: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """The program is over. `problem` says in a sentence why it did not end well."""

    problem: str | None
    elapsed_s: float


Said = Printed | Quiet | Product | Ended


def run(
    program: Program, text: str, connection: Connection, model: str, *, timeout_s: float = TIMEOUT_S
) -> Iterator[Said]:
    """Run the program on `text`; closing the iterator ends it."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tandem-lesson-") as folder:
        process = _start(program, text[:MAX_INPUT_CHARS], connection, model, folder)
        complaints: deque[str] = deque(maxlen=COMPLAINTS)
        try:
            timed_out = yield from _listen(process, complaints, began, timeout_s)
        finally:
            _end(process)
        yield from _products(Path(folder))
        yield Ended(_problem(process.returncode, complaints, timed_out), time.monotonic() - began)


def _start(
    program: Program, text: str, connection: Connection, model: str, folder: str
) -> subprocess.Popen[str]:
    environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    environment |= {
        "HOME": folder,
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
        "OPENAI_BASE_URL": connection.base_url,
        "OPENAI_API_KEY": connection.api_key or "none",
        "MODEL": model,
    }
    return subprocess.Popen(
        [sys.executable, str(program.path), *([text] if text else [])],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )


def _listen(
    process: subprocess.Popen[str], complaints: deque[str], began: float, timeout_s: float
) -> Generator[Said, None, bool]:
    """Its lines as they come, and in `complaints` the last of its errors; returns whether the time ran out."""
    lines: queue.Queue[str | None] = queue.Queue()
    complaining = threading.Thread(target=_read, args=(process.stderr, complaints.append), daemon=True)
    complaining.start()
    threading.Thread(target=_read_all, args=(process.stdout, lines), daemon=True).start()
    printed = 0
    while time.monotonic() - began < timeout_s:
        try:
            line = lines.get(timeout=POLL_S)
        except queue.Empty:
            yield Quiet(time.monotonic() - began)
            continue
        if line is None:
            process.wait()
            complaining.join(COMPLAINTS_TIMEOUT_S)
            return False
        printed += 1
        if printed <= MAX_LINES:
            yield Printed(line.rstrip("\n")[:MAX_LINE_CHARS])
    return True


def _read(pipe: IO[str] | None, take: Callable[[str], None]) -> None:
    assert pipe is not None
    with suppress(ValueError):  # closed while it was being read: the program was ended
        for line in pipe:
            take(line)


def _read_all(pipe: IO[str] | None, lines: queue.Queue[str | None]) -> None:
    _read(pipe, lines.put)
    lines.put(None)


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _products(folder: Path) -> Iterator[Product]:
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_PRODUCT_BYTES:
            yield Product(path.name, path.read_bytes())


def _problem(exit_code: int | None, complaints: Iterable[str], timed_out: bool) -> str | None:
    if timed_out:
        return f"The program was ended after {TIMEOUT_S / 60:.0f} minutes. Try a shorter question or another model."
    if not exit_code:
        return None
    # A traceback is of no use to a newcomer: its last line names the error.
    last = next(
        (line.strip() for line in reversed(list(complaints)) if line.strip()), f"exit code {exit_code}"
    )
    return f"The program ended with an error: {last[:MAX_LINE_CHARS]}"
