"""A long recording on its way to a transcript: cut into pieces, each sent on its own, words shown as they come."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Literal

from services.errors import AppError
from services.media.audio.recordings import Piece, Recordings
from services.media.audio.speaking import For, Sound, Voice
from services.media.audio.subtitles import Cue

PIECE_S = 120.0
"""As FLAC a piece is below the 25 MB that OpenAI takes, and its words come as soon as it is done."""
State = Literal["reading", "transcribing", "done", "failed", "stopped"]


class Transcribing:
    """One recording being transcribed. A task of the background loop writes it; any page may watch."""

    def __init__(self, sound: Sound, recordings: Recordings, voice: Voice, name: str, data: bytes) -> None:
        self.name = name
        self.state: State = "reading"
        self.error = ""
        self.cues: list[Cue] = []
        self.done_s = self.duration_s = 0.0
        self._sound, self._recordings, self._voice = sound, recordings, voice
        self._cancelled = threading.Event()
        self._future: Future[None] = sound.loop.start(self._run(data))

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("done", "failed", "stopped")

    @property
    def text(self) -> str:
        """The words so far."""
        return " ".join(cue.text for cue in self.cues)

    def stop(self) -> None:
        """End it; what has been understood stays."""
        self._cancelled.set()
        self._future.cancel()

    async def _run(self, data: bytes) -> None:
        try:
            with tempfile.TemporaryDirectory(prefix="tandem-recording-") as folder:
                pieces = await asyncio.to_thread(self._cut, Path(folder), data)
                self.duration_s = pieces[-1].end_s if pieces else 0.0
                self.state = "transcribing"
                for piece in pieces:
                    await self._hear(piece)
            self.state = "done"
        except asyncio.CancelledError:
            self.state = "stopped"
            raise
        except AppError as error:
            self.state, self.error = "failed", error.user_message

    def _cut(self, folder: Path, data: bytes) -> list[Piece]:
        path = folder / "recording"
        path.write_bytes(data)
        return list(self._recordings.pieces(path, self.name, folder, PIECE_S, self._cancelled))

    async def _hear(self, piece: Piece) -> None:
        lasts_s = piece.end_s - piece.start_s
        sound = await asyncio.to_thread(piece.path.read_bytes)
        heard = await self._sound.hear(self._voice, piece.path.name, sound, For(), known_s=lasts_s)
        self.cues += [Cue(c.start_s + piece.start_s, c.end_s + piece.start_s, c.text) for c in heard.cues]
        self.done_s = piece.end_s
