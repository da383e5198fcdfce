"""Samples to MP3, Opus, AAC, FLAC or WAV, piece by piece as they come."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.int16]

MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "application/octet-stream",
}


@dataclass(frozen=True, slots=True)
class _Codec:
    container: str
    name: str
    sample_format: str
    bits_per_s: int = 0
    rate_hz: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)


_CODECS = {
    # Without a table of contents at the front, which would have to be written last.
    "mp3": _Codec("mp3", "libmp3lame", "s16p", 64_000, options={"write_xing": "0"}),
    "opus": _Codec("ogg", "libopus", "s16", 32_000, 48_000),
    "aac": _Codec("adts", "aac", "fltp", 64_000),
    "flac": _Codec("flac", "flac", "s16"),
}


class Encoder:
    """Takes one channel of 16 bit samples and gives bytes of `audio_format`, which begin to play before the end.

    WAV states its length at the front and is therefore given whole, at the end. Source of the sizes: RFC 2361.
    """

    def __init__(self, audio_format: str, rate_hz: int) -> None:
        self._format, self._rate_hz = audio_format, rate_hz
        self._out = _Drain()
        self._waiting = bytearray()
        codec = _CODECS.get(audio_format)
        if codec is not None:
            self._open(codec)

    def encode(self, samples: Samples) -> bytes:
        """What can be sent once these samples are there too; may be nothing yet."""
        if self._format == "pcm":
            return samples.astype("<i2").tobytes()
        if self._format == "wav":
            self._waiting += samples.astype("<i2").tobytes()
            return b""
        import av

        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = self._rate_hz
        self._mux(frame)
        return self._out.take()

    def end(self) -> bytes:
        """The rest of the file."""
        if self._format == "pcm":
            return b""
        if self._format == "wav":
            return wav_header(len(self._waiting), self._rate_hz) + bytes(self._waiting)
        self._mux(None)
        self._container.close()
        return self._out.take()

    def _open(self, codec: _Codec) -> None:
        import av

        rate_hz = codec.rate_hz or self._rate_hz
        self._container: Any = av.open(self._out, "w", format=codec.container, options=dict(codec.options))
        stream: Any = self._container.add_stream(codec.name, rate=rate_hz, layout="mono")
        if codec.bits_per_s:
            stream.bit_rate = codec.bits_per_s
        self._stream = stream
        self._resampler = av.AudioResampler(format=codec.sample_format, layout="mono", rate=rate_hz)

    def _mux(self, frame: Any) -> None:
        for resampled in self._resampler.resample(frame):
            self._container.mux(self._stream.encode(resampled))
        if frame is None:
            self._container.mux(self._stream.encode(None))


def wav_header(data_bytes: int, rate_hz: int) -> bytes:
    """The first 44 bytes of a WAV file with one channel of 16 bit samples."""
    riff = struct.pack("<4sI4s", b"RIFF", 36 + data_bytes, b"WAVE")
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate_hz, 2 * rate_hz, 2, 16)
    return riff + fmt + struct.pack("<4sI", b"data", data_bytes)


class _Drain(io.RawIOBase):
    """A file that can only be written, in order, and emptied."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def write(self, data: Any) -> int:
        self._held += data
        return len(data)

    def take(self) -> bytes:
        held = bytes(self._held)
        self._held.clear()
        return held
