"""Recordings that somebody sent, read by a process of its own into samples or pieces."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from services.documents.limits import Limits
from services.documents.reading_process import Cancelled, OutOfTime, ProcessEnded
from services.documents.workers import Workers
from services.errors import InvalidInput, StorageFailed
from services.media.audio.decoding import DAMAGED, RATE_HZ

LIMITS = Limits(memory_bytes=2**30, cpu_s=600, wall_s=900.0)
MODULE = "services.media.audio.codec_worker"
BLOCK_S = 60.0
TOO_SLOW = "takes too long to read. Cut it, and send the parts."


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a recording, in samples at 16 kHz."""

    start: int
    end: int

    @property
    def start_s(self) -> float:
        return self.start / RATE_HZ

    @property
    def end_s(self) -> float:
        return self.end / RATE_HZ


@dataclass(frozen=True, slots=True)
class Recording:
    """Samples at 16 kHz, 16 bit, one channel, in a file, and the blocks it is best cut into."""

    path: Path
    blocks: tuple[Block, ...]

    @property
    def duration_s(self) -> float:
        return self.blocks[-1].end_s if self.blocks else 0.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a recording as a small file of its own."""

    path: Path
    start_s: float
    end_s: float


class Recordings:
    """Reads recordings, one at a time, in a process that is started when needed and can be let go."""

    def __init__(self) -> None:
        self._workers = Workers(1, LIMITS, MODULE)

    @contextmanager
    def decoded(
        self, path: Path, name: str, block_s: float, cancelled: threading.Event
    ) -> Iterator[Recording]:
        """The recording at `path` for the length of a `with`; InvalidInput says of `name` what is wrong with it."""
        with tempfile.TemporaryDirectory(prefix="tandem-sound-") as folder:
            into = Path(folder) / "samples"
            bounds: list[int] = [0]
            for message in self._read(
                "decode", path, name, {"into": str(into), "block_s": block_s}, cancelled
            ):
                bounds = message["cuts"]
            yield Recording(into, tuple(Block(a, b) for a, b in pairwise(bounds)))

    def pieces(
        self, path: Path, name: str, folder: Path, piece_s: float, cancelled: threading.Event
    ) -> Iterator[Piece]:
        """The recording as FLAC files in `folder`, none longer than `piece_s`, as they are ready."""
        for message in self._read("pieces", path, name, {"into": str(folder), "block_s": piece_s}, cancelled):
            yield Piece(folder / message["piece"], message["start_s"], message["end_s"])

    def rest(self) -> None:
        """End the process; the next recording starts one."""
        self._workers.rest()

    def close(self) -> None:
        """End the process for good."""
        self._workers.close()

    def samples(self, sound: bytes, rate_hz: int) -> bytes:
        """A short sound in memory as samples of 16 bit, one channel. Raises InvalidInput."""
        with tempfile.TemporaryDirectory(prefix="tandem-sound-") as folder:
            path, into = Path(folder) / "sound", Path(folder) / "samples"
            path.write_bytes(sound)
            more = {"into": str(into), "block_s": BLOCK_S, "rate_hz": rate_hz}
            for _ in self._read("decode", path, "The sound", more, threading.Event()):
                pass
            return into.read_bytes()

    def _read(
        self, kind: str, path: Path, name: str, more: dict[str, Any], cancelled: threading.Event
    ) -> Iterator[dict[str, Any]]:
        try:
            for message in self._workers.read(kind, path, cancelled, {"rate_hz": RATE_HZ} | more):
                if "says" in message:
                    raise InvalidInput(f"{name} {message['says']}", code=message.get("code", "invalid_file"))
                if "started" not in message and "end" not in message:
                    yield message
        except Cancelled:
            raise StorageFailed("The recording was not read to its end, because it was stopped.") from None
        except OutOfTime:
            raise InvalidInput(f"{name} {TOO_SLOW}", code="invalid_file") from None
        except ProcessEnded:
            raise InvalidInput(f"{name} {DAMAGED}", code="invalid_file") from None
