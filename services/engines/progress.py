"""A download on the terminal: a bar where there is one, a plain line every few seconds elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TextIO

from services.engines.fetch import Progress

BAR_CELLS = 28
TTY_EVERY_S = 0.1
PLAIN_EVERY_S = 10.0


class ProgressLine:
    """Shows progress on `stream` for the length of a `with` block."""

    def __init__(self, stream: TextIO, *, quiet: bool = False) -> None:
        self._stream, self._quiet, self._tty = stream, quiet, stream.isatty()
        self._shown_at: float | None = None
        self._filename: str | None = None

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._tty and self._filename and not self._quiet:
            self._stream.write("\n")

    def show(self, progress: Progress) -> None:
        """Draw the present state, as often as the stream can bear."""
        now, every_s = time.monotonic(), TTY_EVERY_S if self._tty else PLAIN_EVERY_S
        fresh = progress.filename != self._filename
        done = progress.done_bytes >= progress.total_bytes
        if self._quiet or not (fresh or done or self._shown_at is None or now - self._shown_at >= every_s):
            return
        if self._tty and fresh and self._filename:
            self._stream.write("\n")
        self._stream.write(
            f"\r{_bar(progress)} {describe(progress)}\x1b[K" if self._tty else describe(progress) + "\n"
        )
        self._stream.flush()
        self._shown_at, self._filename = now, progress.filename


def describe(progress: Progress) -> str:
    """One line: file, share, megabytes, speed and time left."""
    left = progress.seconds_left
    return (
        f"{progress.filename}: {progress.fraction:.0%} of {progress.total_bytes / 1e6:,.0f} MB, "
        f"{progress.bytes_per_s / 1e6:.1f} MB/s" + ("" if left is None else f", {_duration(left)} left")
    )


def _bar(progress: Progress) -> str:
    full = int(progress.fraction * BAR_CELLS)
    return "█" * full + "░" * (BAR_CELLS - full)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
