"""What a vector store is searched by: the words of its chunks, and the vectors of its documents' windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, select, tuple_, update
from sqlalchemy.orm import Session

from services.documents.bm25 import Segment
from services.documents.chunks import Chunk
from services.storage.api_tables import PostingsRow, SegmentRow, StoreFileRow, WindowRow

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

AT_ONCE = 500
LONGEST_WINDOW = 16_384


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a store as a search sees it; `bounds` are the first and last character of each chunk."""

    number: int
    store_id: str
    file_id: str
    document: int
    attributes: dict[str, Any]
    bounds: bytes
    lengths: bytes


def replace_segment(
    session: Session, row: StoreFileRow, store: int, chunks: Sequence[Chunk], segment: Segment
) -> None:
    """Keep the chunks and words of one file, instead of those it had."""
    import numpy as np

    store_file, owner = row.number, row.owner
    forget_segment(session, store_file)
    bounds = np.array([(chunk.start, chunk.end) for chunk in chunks], dtype="<u4").tobytes()
    session.add(
        SegmentRow(store_file=store_file, store=store, owner=owner, bounds=bounds, lengths=segment.lengths)
    )
    session.flush()
    rows = [
        {"store": store, "word": word, "store_file": store_file, "owner": owner, "pairs": pairs}
        for word, pairs in sorted(segment.postings.items())
    ]
    for start in range(0, len(rows), 5000):
        session.execute(insert(PostingsRow), rows[start : start + 5000])


def forget_segment(session: Session, store_file: int) -> None:
    """Delete the chunks and words of one file."""
    session.execute(delete(PostingsRow).where(PostingsRow.store_file == store_file))
    session.execute(delete(SegmentRow).where(SegmentRow.store_file == store_file))


def forget_segments_of(session: Session, store: int) -> None:
    """Delete the chunks and words of a whole store."""
    session.execute(delete(PostingsRow).where(PostingsRow.store == store))
    session.execute(delete(SegmentRow).where(SegmentRow.store == store))


def entries(session: Session, owner: str, stores: Sequence[int]) -> list[Entry]:
    """Every file of these stores whose words are searchable."""
    rows = session.execute(
        select(
            StoreFileRow.number,
            StoreFileRow.vector_store_id,
            StoreFileRow.file_id,
            StoreFileRow.document,
            StoreFileRow.body,
            SegmentRow.bounds,
            SegmentRow.lengths,
        )
        .join(SegmentRow, SegmentRow.store_file == StoreFileRow.number)
        .where(SegmentRow.store.in_(stores), SegmentRow.owner == owner, StoreFileRow.owner == owner)
        .order_by(StoreFileRow.number)
    )
    return [
        Entry(number, store_id, file_id, document, body["attributes"], bounds, lengths)
        for number, store_id, file_id, document, body, bounds, lengths in rows
    ]


def postings(
    session: Session, owner: str, stores: Sequence[int], words: Sequence[str]
) -> dict[str, list[tuple[int, bytes]]]:
    """For each word, the files of these stores it stands in, with its postings there."""
    found: dict[str, list[tuple[int, bytes]]] = {word: [] for word in words}
    rows = session.execute(
        select(PostingsRow.word, PostingsRow.store_file, PostingsRow.pairs).where(
            PostingsRow.store.in_(stores), PostingsRow.word.in_(words), PostingsRow.owner == owner
        )
    )
    for word, store_file, pairs in rows:
        found[word].append((store_file, pairs))
    return found


def add_windows(
    session: Session, owner: str, document: int, model: str, spans: Sequence[tuple[int, int]]
) -> None:
    """The stretches of a document that are to get vectors."""
    rows = [
        {"document": document, "ordinal": i, "owner": owner, "start": start, "end": end, "model": model}
        for i, (start, end) in enumerate(spans)
    ]
    for first in range(0, len(rows), AT_ONCE):
        session.execute(insert(WindowRow), rows[first : first + AT_ONCE])


def forget_windows(session: Session, document: int) -> None:
    """Delete a document's windows: another model cuts and embeds it anew."""
    session.execute(delete(WindowRow).where(WindowRow.document == document))


def windows_left(session: Session, document: int, limit: int) -> list[tuple[int, int, int]]:
    """Ordinal, start and end of windows that have no vector yet."""
    query = select(WindowRow.ordinal, WindowRow.start, WindowRow.end).where(
        WindowRow.document == document, WindowRow.vector.is_(None)
    )
    rows = session.execute(query.order_by(WindowRow.ordinal).limit(limit))
    return [(ordinal, start, end) for ordinal, start, end in rows]


def has_windows(session: Session, document: int, model: str) -> bool:
    """Whether a document has been cut for this model."""
    query = select(WindowRow.ordinal).where(WindowRow.document == document, WindowRow.model == model)
    return session.scalar(query.limit(1)) is not None


def count_windows(session: Session, document: int) -> tuple[int, int]:
    """How many windows a document has, and how many of them have a vector."""
    query = select(func.count(), func.count(WindowRow.vector)).where(WindowRow.document == document)
    windows, embedded = session.execute(query).one()
    return windows, embedded


def keep_vectors(session: Session, document: int, vectors: Mapping[int, Any]) -> None:
    """The vectors of some windows, by ordinal."""
    statement = (
        update(WindowRow)
        .where(WindowRow.document == bindparam("of_document"), WindowRow.ordinal == bindparam("at"))
        .values(vector=bindparam("numbers"))
    )
    session.connection().execute(
        statement,
        [
            {"of_document": document, "at": ordinal, "numbers": vector.astype("<f2").tobytes()}
            for ordinal, vector in vectors.items()
        ],
    )


def vectors_of(
    session: Session, document: int, first: int = 0, limit: int = 10**9
) -> tuple[list[tuple[int, int]], Vectors]:
    """Spans and vectors of a document's windows that have one, from ordinal `first` on, shape (n, dimensions)."""
    rows = session.execute(
        select(WindowRow.start, WindowRow.end, WindowRow.vector)
        .where(WindowRow.document == document, WindowRow.ordinal >= first, WindowRow.vector.is_not(None))
        .order_by(WindowRow.ordinal)
        .limit(limit)
    ).all()
    return [(start, end) for start, end, _ in rows], _stacked([row[2] for row in rows])


def vectors_in(
    session: Session, store_id: str, after: tuple[int, int], limit: int
) -> tuple[list[tuple[int, int, int, int]], Vectors]:
    """Document, ordinal, start and end of a store's windows with vectors, from behind a document and ordinal on."""
    documents = select(StoreFileRow.document).where(StoreFileRow.vector_store_id == store_id)
    rows = session.execute(
        select(WindowRow.document, WindowRow.ordinal, WindowRow.start, WindowRow.end, WindowRow.vector)
        .where(WindowRow.document.in_(documents), WindowRow.vector.is_not(None))
        .where(tuple_(WindowRow.document, WindowRow.ordinal) > tuple_(*after))
        .order_by(WindowRow.document, WindowRow.ordinal)
        .limit(limit)
    ).all()
    return [(row[0], row[1], row[2], row[3]) for row in rows], _stacked([row[4] for row in rows])


def vectors_within(
    session: Session, owner: str, documents: Sequence[int], most: int
) -> tuple[list[tuple[int, int, int]], Vectors] | None:
    """Document, start and end of these documents' windows with vectors, and the vectors; None where more than `most`."""
    of_these = WindowRow.document.in_(documents), WindowRow.owner == owner, WindowRow.vector.is_not(None)
    if (session.scalar(select(func.count()).where(*of_these)) or 0) > most:
        return None
    rows = session.execute(
        select(WindowRow.document, WindowRow.start, WindowRow.end, WindowRow.vector).where(*of_these)
    ).all()
    return [(row[0], row[1], row[2]) for row in rows], _stacked([row[3] for row in rows])


def vectors_between(
    session: Session, owner: str, document: int, start: int, end: int
) -> tuple[list[tuple[int, int]], Vectors]:
    """Spans and vectors of the windows that touch these characters."""
    rows = session.execute(
        select(WindowRow.start, WindowRow.end, WindowRow.vector).where(
            WindowRow.document == document,
            WindowRow.owner == owner,
            WindowRow.start < end,
            WindowRow.start > start - LONGEST_WINDOW,  # lets the index find the first one
            WindowRow.end > start,
            WindowRow.vector.is_not(None),
        )
    ).all()
    return [(row[0], row[1]) for row in rows], _stacked([row[2] for row in rows])


def _stacked(packed: Sequence[bytes | None]) -> Vectors:
    import numpy as np

    if not packed:
        return np.zeros((0, 0), dtype=np.float32)
    return (
        np.frombuffer(b"".join(filter(None, packed)), dtype="<f2").reshape(len(packed), -1).astype(np.float32)
    )
