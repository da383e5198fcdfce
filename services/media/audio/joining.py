"""Several sounds as one file: the same level for each, a pause in between."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.media.audio.encoding import Encoder

if TYPE_CHECKING:
    from pydub import AudioSegment

RATE_HZ = 24_000
LEVEL_DBFS = -20.0
PAUSE_MS = 600
SAME_SPEAKER_PAUSE_MS = 150


@dataclass(frozen=True, slots=True)
class Spoken:
    """Samples of one voice: 16 bit, one channel, at RATE_HZ."""

    samples: bytes
    who: str


def joined(parts: Sequence[Spoken], audio_format: str = "mp3") -> bytes:
    """The parts one after the other as one file, each brought to the same level."""
    import numpy as np

    segment = _audio_segment()
    whole = segment.silent(0, frame_rate=RATE_HZ)
    before = ""
    for part in parts:
        if before:
            pause = SAME_SPEAKER_PAUSE_MS if part.who == before else PAUSE_MS
            whole += segment.silent(pause, frame_rate=RATE_HZ)
        whole += _levelled(segment(part.samples, sample_width=2, frame_rate=RATE_HZ, channels=1))
        before = part.who
    encoder = Encoder(audio_format, RATE_HZ)
    samples = np.frombuffer(whole.raw_data, np.int16)
    return encoder.encode(samples) + encoder.end() if samples.size else b""


def _audio_segment() -> type[AudioSegment]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it misses a program of the system's, which nothing here needs
        from pydub import AudioSegment
    return AudioSegment  # type: ignore[no-any-return]


def _levelled(segment: AudioSegment) -> AudioSegment:
    """Silence stays silence; nothing is made so loud that it clips."""
    if segment.dBFS == float("-inf"):
        return segment
    return segment.apply_gain(min(LEVEL_DBFS - segment.dBFS, -segment.max_dBFS))
