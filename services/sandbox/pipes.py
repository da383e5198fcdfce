"""Reading what comes out of a sandbox, on the event loop, no more of it than is wanted."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress

PIECE_BYTES = 2**16
REST_S = 0.005


class PipeReader:
    """Hands on the bytes of a pipe piece by piece, and b"" once when it ends. Must be closed."""

    def __init__(self, pipe: int, take: Callable[[bytes], None]) -> None:
        os.set_blocking(pipe, False)
        self._pipe, self._take = pipe, take
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        self._has_ended = False
        self._loop.add_reader(pipe, self._read)

    def drain(self) -> None:
        """Hand on what is in the pipe at this moment, at most what a pipe of usual size holds."""
        if not self._has_ended:
            self._read()

    def slow_down(self) -> None:
        """Rest a little before reading on: the writer waits meanwhile."""
        if self._pause is None and not self._has_ended:
            self._loop.remove_reader(self._pipe)
            self._pause = self._loop.call_later(REST_S, self._read_on)

    def close(self) -> None:
        """Stop reading, and close the pipe."""
        if self._pipe >= 0:
            self._end()
            os.close(self._pipe)
            self._pipe = -1

    def _read_on(self) -> None:
        self._pause = None
        self._loop.add_reader(self._pipe, self._read)

    def _read(self) -> None:
        with suppress(BlockingIOError):
            piece = os.read(self._pipe, PIECE_BYTES)
            if not piece:
                self._end()
            self._take(piece)

    def _end(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
        elif not self._has_ended:
            self._loop.remove_reader(self._pipe)
        self._pause, self._has_ended = None, True


class LineReader:
    """Cuts bytes into lines. Raises ValueError for a line that is longer than `most_bytes`."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._unfinished = bytearray()

    def lines(self, piece: bytes) -> list[bytes]:
        """The lines that are whole now."""
        self._unfinished += piece
        if b"\n" not in piece:
            whole: list[bytes] = []
        else:
            *whole, rest = bytes(self._unfinished).split(b"\n")
            self._unfinished = bytearray(rest)
        if len(self._unfinished) > self._most_bytes or any(len(line) > self._most_bytes for line in whole):
            raise ValueError("a line is too long")
        return whole
