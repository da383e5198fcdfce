"""Speech to text on this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from services.engines.audio.process import SpeechProcess
from services.engines.fetch import ensure_files
from services.engines.manifest import ModelEntry
from services.media.audio.recordings import Block, Recording, Recordings

BLOCK_S = 60.0
"""What is transcribed in one go: others get their turn in between."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How to transcribe. `language` is a code such as `en`, None to find out; `translate` puts it into English."""

    language: str | None = None
    translate: bool = False
    prompt: str = ""
    temperature: float = 0.0
    words: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """A word and when it was said, in seconds from the beginning."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech as text, with what Whisper says of its own certainty."""

    start_s: float
    end_s: float
    text: str
    tokens: tuple[int, ...]
    temperature: float
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float
    words: tuple[Word, ...]
    language: str


class TranscriptionEngine:
    """Whisper, loaded at first use; safe to call from several threads, which take turns."""

    def __init__(self, entry: ModelEntry, models_dir: Path, process: SpeechProcess | None = None) -> None:
        self.model_id = entry.id
        self._entry, self._models_dir = entry, models_dir
        self._recordings = Recordings()
        self._process = process or SpeechProcess("The recording")

    def decoded(self, path: Path, name: str, cancelled: threading.Event) -> AbstractContextManager[Recording]:
        """The samples of a file for the length of a `with`. Blocks. InvalidInput for what is no recording."""
        return self._recordings.decoded(path, name, BLOCK_S, cancelled)

    def segments(self, recording: Recording, asked: Asked, cancelled: threading.Event) -> Iterator[Segment]:
        """Each segment as it is understood; none where nobody speaks. Blocks."""
        ensure_files(self._entry.files, self._models_dir, cancelled=cancelled)
        # The words before are not put to it: it then leaves out times, and whole stretches of what it has just read.
        for block in recording.blocks:
            for segment in self._block(recording, block, asked, cancelled):
                asked = replace(asked, language=segment.language)
                yield segment

    def health(self) -> dict[str, Any]:
        """Whether the files are there and the process has been needed."""
        present = all((self._models_dir / f.filename).is_file() for f in self._entry.files)
        state = "missing" if not present else "ready" if self._process.has_started else "stopped"
        return {"model": self.model_id, "state": state}

    def close(self) -> None:
        """End the processes."""
        self._process.close()
        self._recordings.close()

    def _block(
        self, recording: Recording, block: Block, asked: Asked, cancelled: threading.Event
    ) -> Iterator[Segment]:
        folder = (self._models_dir / self._entry.files[0].filename).parent
        request = {
            "model_dir": str(folder),
            "start": block.start,
            "end": block.end,
            "language": asked.language,
            "task": "translate" if asked.translate else "transcribe",
            "prompt": asked.prompt,
            "temperature": asked.temperature,
            "words": asked.words,
        }
        language = asked.language or "en"
        for message in self._process.ask("transcribe", recording.path, request, cancelled):
            language = message.get("language", language)
            if "segment" in message:
                yield _segment(message["segment"], language)


def _segment(said: dict[str, Any], language: str) -> Segment:
    words = tuple(Word(*word) for word in said.pop("words"))
    tokens = tuple(said.pop("tokens"))
    return Segment(**said, words=words, tokens=tokens, language=language)
