"""Where to cut a long recording: at its quietest moments, so that no word is torn."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

FRAME_S = 0.1
LOOKED_BACK = 0.25
"""Share of a block at whose end a quiet moment is looked for."""


def cuts(recording: npt.NDArray[np.int16], rate_hz: int, longest_s: float) -> list[int]:
    """The first samples of each block and the end of the last, each at most `longest_s` long."""
    longest = int(longest_s * rate_hz)
    found = [0]
    while recording.size - found[-1] > longest:
        latest = found[-1] + longest
        earliest = latest - int(longest * LOOKED_BACK)
        found.append(earliest + _quietest(recording[earliest:latest], int(FRAME_S * rate_hz)))
    return [*found, int(recording.size)]


def _quietest(stretch: npt.NDArray[np.int16], frame: int) -> int:
    """The middle of the frame with the least energy."""
    import numpy as np

    frames = stretch[: stretch.size // frame * frame].reshape(-1, frame).astype(np.float32)
    return int(np.square(frames).mean(axis=1).argmin()) * frame + frame // 2
