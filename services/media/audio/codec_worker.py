"""The process that reads recordings: it alone lets a decoder touch what somebody sent."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from services.documents.refusals import Unreadable
from services.documents.serving import by_kind, serve
from services.media.audio.cutting import cuts
from services.media.audio.decoding import BYTES_PER_S, DAMAGED, EMPTY, LONGEST_S, RATE_HZ, samples
from services.media.audio.encoding import Encoder

PIECE_FORMAT = "flac"
LEVELS_PER_S = 10


def decode(path: Path, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Write the samples to the file `into`, and say where to cut them into blocks of at most `block_s`."""
    import numpy as np

    into, rate_hz = Path(request["into"]), request["rate_hz"]
    with into.open("wb") as out:
        for block in samples(path, rate_hz):
            out.write(block.tobytes())
    if not into.stat().st_size:
        raise Unreadable(EMPTY)
    recording = np.memmap(into, dtype=np.int16, mode="r")
    yield {"cuts": cuts(recording, rate_hz, request["block_s"])}


def pieces(path: Path, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Write the recording into the folder `into` as FLAC files of at most `block_s` each; says each with its times."""
    import numpy as np

    folder = Path(request["into"])
    raw = folder / "samples"
    bounds = next(decode(path, request | {"into": str(raw)}))["cuts"]
    recording = np.memmap(raw, dtype=np.int16, mode="r")
    for number, (start, end) in enumerate(pairwise(bounds)):
        piece = folder / f"{number:04}.{PIECE_FORMAT}"
        encoder = Encoder(PIECE_FORMAT, RATE_HZ)
        piece.write_bytes(encoder.encode(recording[start:end]) + encoder.end())
        yield {"piece": piece.name, "start_s": start / RATE_HZ, "end_s": end / RATE_HZ}
    raw.unlink()


def main() -> None:
    """Answer until stdin ends."""
    serve(by_kind({"decode": decode, "pieces": pieces}), DAMAGED, file_bytes=LONGEST_S * BYTES_PER_S + 2**20)


if __name__ == "__main__":
    main()
