"""Traces of files: what the server has written down about them, and whether it can still be found on the disk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.storage.api_tables import (
    BlockRow,
    DocumentRow,
    FileRow,
    PostingsRow,
    SegmentRow,
    StoreFileRow,
    WindowRow,
)

SAMPLE = 6
BEGINNING = 6
TABLES = (FileRow, DocumentRow, BlockRow, WindowRow, SegmentRow, PostingsRow, StoreFileRow)


@dataclass
class Traces:
    """Bytes that tell of a file, by what they are, and its vectors."""

    pieces: dict[str, bytes] = field(default_factory=dict)
    vectors: list[npt.NDArray[np.float32]] = field(default_factory=list)

    def on_disk(self, home: Path) -> set[str]:
        """Which of them any file in the folder holds, and in which file."""
        found: set[str] = set()
        for path in (path for path in home.rglob("*") if path.is_file()):
            data = path.read_bytes()
            named = path.relative_to(home).parts[-1]
            found |= {f"{what} in {named}" for what, piece in self.pieces.items() if piece in data}
            if any(_holds(data, vector) for vector in self.vectors):
                found.add(f"vector in {named}")
        return found


def traces(session: Session, file_id: str, words: Iterable[str]) -> Traces:
    """What a file that was read and embedded has left in the database: to be looked for when it is gone."""
    made = Traces({f"word {word}": word.encode() for word in words})
    document = session.scalars(select(StoreFileRow.document).where(StoreFileRow.file_id == file_id)).first()
    blocks = session.scalars(select(BlockRow.text).where(BlockRow.document == document)).all()
    made.pieces |= {f"block {n}": block[len(block) // 2 :][:32] for n, block in enumerate(blocks)}
    packed = session.scalars(select(WindowRow.vector).where(WindowRow.document == document)).all()
    for number, vector in enumerate(list(filter(None, packed))[:: max(1, len(packed) // SAMPLE)]):
        made.pieces[f"half vector {number}"] = vector[:32]
        made.vectors.append(np.frombuffer(vector, dtype="<f2").astype(np.float32))
    return made


def rows_left(session: Session, owner: str) -> dict[str, int]:
    """How many rows of each table an owner has, where there are any."""
    counts = {
        t.__tablename__: len(session.scalars(select(t.owner).where(t.owner == owner)).all()) for t in TABLES
    }
    return {name: count for name, count in counts.items() if count}


def _holds(data: bytes, vector: npt.NDArray[np.float32]) -> bool:
    """Whether these bytes hold the vector as float32. It was rounded in between, and made one of length 1."""
    beginning = (vector / np.linalg.norm(vector))[:BEGINNING]
    return any(_holds_aligned(data[offset:], beginning) for offset in range(4))


def _holds_aligned(data: bytes, beginning: npt.NDArray[np.float32]) -> bool:
    numbers = np.frombuffer(data[: len(data) // 4 * 4], dtype="<f4")
    if len(numbers) < BEGINNING:
        return False
    places = len(numbers) - BEGINNING + 1
    is_there = np.ones(places, dtype=bool)
    with np.errstate(invalid="ignore", over="ignore"):
        for i, number in enumerate(beginning):
            is_there &= np.abs(numbers[i : i + places] - number) < 1e-4
    return bool(is_there.any())
