"""Sounds for tests: tones, silence and noise in any format."""

from __future__ import annotations

import numpy as np

from services.media.audio.encoding import Encoder, wav_header

RATE_HZ = 16_000


def tone(seconds: float, hertz: float = 220.0) -> np.ndarray:
    """A tone at 16 kHz."""
    wave = np.sin(np.arange(int(seconds * RATE_HZ)) * 2 * np.pi * hertz / RATE_HZ)
    return (wave * 9000).astype(np.int16)


def silence(seconds: float) -> np.ndarray:
    """Nothing at all."""
    return np.zeros(int(seconds * RATE_HZ), np.int16)


def wav(samples: np.ndarray) -> bytes:
    """Samples as a WAV file."""
    return wav_header(samples.nbytes, RATE_HZ) + samples.tobytes()


def encoded(samples: np.ndarray, audio_format: str) -> bytes:
    """Samples as a file of this format."""
    encoder = Encoder(audio_format, RATE_HZ)
    return encoder.encode(samples) + encoder.end()
