"""Sound of any common format as samples; in a process of its own only, since files may be hostile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.documents.refusals import Unreadable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.int16]

RATE_HZ = 16_000
"""What speech recognition reads: one channel of 16 bit samples at this rate."""
BYTES_PER_S = 2 * RATE_HZ
LONGEST_S = 4 * 3600

EMPTY = "is empty. Record something, and send that."
NO_SOUND = "holds no sound that can be read here. Send an MP3, WAV, M4A, OGG, FLAC, WebM or MP4 file."
TOO_LONG = "is longer than 4 hours. Cut it, and send the parts."
DAMAGED = "cannot be read: it is damaged, or no recording. Save it anew as MP3 or WAV, and send that."

# Formats that name other files, such as playlists, are not among them: they could read what is not theirs.
FORMATS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,asf,au,avi,caf,eac3,flac,flv,gsm,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,"
    "mpeg,mpegts,ogg,opus,voc,w64,wav,wv"
)
MOST_BROKEN_PACKETS = 100


def samples(path: Path, rate_hz: int = RATE_HZ) -> Iterator[Samples]:
    """The first sound track of a file, one channel, in small blocks. Raises Unreadable."""
    import av

    if path.stat().st_size == 0:
        raise Unreadable(EMPTY)
    with path.open("rb") as stream:
        try:
            container = av.open(
                stream,
                options={"format_whitelist": FORMATS, "protocol_whitelist": "pipe"},
                metadata_errors="ignore",
            )
        except (av.FFmpegError, ValueError, UnicodeDecodeError):
            raise Unreadable(NO_SOUND) from None
        with container:
            if not container.streams.audio:
                raise Unreadable(NO_SOUND)
            yield from _resampled(container, rate_hz)


def _resampled(container: Any, rate_hz: int) -> Iterator[Samples]:
    import av

    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate_hz)
    count = 0
    for frame in _frames(container):
        frame.pts = None  # gaps and jumps of a damaged clock are no silence
        for resampled in resampler.resample(frame):
            block: Samples = resampled.to_ndarray().reshape(-1)  # type: ignore[assignment]
            count += block.size
            if count > LONGEST_S * rate_hz:
                raise Unreadable(TOO_LONG)
            yield block
    if count:
        yield from (rest.to_ndarray().reshape(-1) for rest in resampler.resample(None))  # type: ignore[misc]


def _frames(container: Any) -> Iterator[Any]:
    """What can be decoded; a few broken packets in between are left out."""
    import av

    broken = 0
    packets = container.demux(container.streams.audio[0])
    while True:
        try:
            packet = next(packets, None)
            if packet is None:
                return
            yield from packet.decode()
        except av.EOFError:
            return
        except av.FFmpegError:
            broken += 1
            if broken > MOST_BROKEN_PACKETS:
                raise Unreadable(DAMAGED) from None
