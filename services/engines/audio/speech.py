"""Text to speech on this machine."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.engines.audio.process import SpeechProcess
from services.engines.audio.voices import check_voice
from services.engines.fetch import ensure_files
from services.engines.manifest import ModelEntry

DEFAULT_SPEED = 1.0


@dataclass(frozen=True, slots=True)
class Spoken:
    """What to say and how: `audio_format` is mp3, opus, aac, flac, wav or pcm (24 kHz, 16 bit, one channel)."""

    text: str
    voice: str
    audio_format: str = "mp3"
    speed: float = DEFAULT_SPEED


class SpeechEngine:
    """The local voices, each model loaded at first use; safe to call from several threads, which take turns."""

    def __init__(self, models_dir: Path, process: SpeechProcess | None = None) -> None:
        self._models_dir = models_dir
        self._process = process or SpeechProcess("The text")

    def speak(self, entry: ModelEntry, spoken: Spoken, cancelled: threading.Event) -> Iterator[bytes]:
        """Bytes of sound, sentence by sentence. Blocks. InvalidInput for a voice that is not there."""
        check_voice(entry.id, spoken.voice)
        ensure_files(entry.files, self._models_dir, cancelled=cancelled)
        request = {
            "model": entry.id,
            "files": [str(self._models_dir / file.filename) for file in entry.files],
            "voice": spoken.voice,
            "speed": spoken.speed,
            "format": spoken.audio_format,
            "text": spoken.text,
        }
        for message in self._process.ask("speak", self._models_dir, request, cancelled):
            if sound := base64.b64decode(message["audio"]):
                yield sound

    def health(self) -> dict[str, Any]:
        """Whether the process has been needed; its first voice is always there."""
        return {"state": "ready" if self._process.has_started else "stopped"}

    def close(self) -> None:
        """End the process."""
        self._process.close()
