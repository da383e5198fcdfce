"""The text of documents in the database: written in blocks, read back by the stretch."""

from __future__ import annotations

import dataclasses
import json
import zlib
from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services.documents.document import About, Document, Section, page_at, pages_of, section_at
from services.storage.api_tables import BlockRow, DocumentRow

BLOCK_CHARACTERS = 32_768


def find(session: Session, owner: str, blob_key: str) -> DocumentRow | None:
    """The document read from these bytes, if the owner has one."""
    return session.scalar(
        select(DocumentRow).where(DocumentRow.owner == owner, DocumentRow.blob_key == blob_key)
    )


def add(session: Session, owner: str, blob_key: str, document: Document) -> DocumentRow:
    """Keep a document; one that another process has kept meanwhile stays."""
    if (known := find(session, owner, blob_key)) is not None:
        return known
    row = DocumentRow(owner=owner, blob_key=blob_key, kind=document.kind, characters=0, sections=b"")
    _fill(row, document)
    session.add(row)
    session.flush()
    _write(session, row, document)
    return row


def replace(session: Session, row: DocumentRow, document: Document) -> None:
    """Keep `document` instead of what was read of the same bytes before: more of it has been read."""
    session.execute(delete(BlockRow).where(BlockRow.document == row.number))
    _fill(row, document)
    _write(session, row, document)


def is_as_far(row: DocumentRow, document: Document) -> bool:
    """Whether as much is kept of a document as is in `document`: nobody has recognised more of its pages meanwhile."""
    return row.characters == len(document.text) and without_text(row).pictures == document.pictures


def _fill(row: DocumentRow, document: Document) -> None:
    row.characters = len(document.text)
    row.sections = zlib.compress(
        json.dumps(
            {
                "sections": [
                    (s.start, s.end, s.page, s.row, *([True] if s.ocr else [])) for s in document.sections
                ],
                "pictures": document.pictures,
                "unread": document.unread,
                "about": asdict(document.about),
            }
        ).encode()
    )


def _write(session: Session, row: DocumentRow, document: Document) -> None:
    for ordinal, start in enumerate(range(0, len(document.text), BLOCK_CHARACTERS)):
        block = document.text[start : start + BLOCK_CHARACTERS].encode("utf-8", "surrogatepass")
        text = zlib.compress(block)
        session.add(BlockRow(document=row.number, ordinal=ordinal, owner=row.owner, text=text))
    session.flush()


def load(session: Session, row: DocumentRow) -> Document:
    """The whole document."""
    return dataclasses.replace(without_text(row), text=read(session, row.number, 0, row.characters))


def without_text(row: DocumentRow) -> Document:
    """A document that knows its pages and records but not its words."""
    known: Any = json.loads(zlib.decompress(row.sections))
    if isinstance(known, list):  # kept before there was more to know
        known = {"sections": known}
    about = known.get("about", {})
    return Document(
        _kind(row),
        "",
        tuple(Section(*values) for values in known["sections"]),
        tuple(known.get("pictures", ())),
        tuple(known.get("unread", ())),
        About(**{**about, "outline": tuple(map(tuple, about.get("outline", ())))}),
    )


def read(session: Session, document: int, start: int, end: int) -> str:
    """The characters from `start` to `end`."""
    first, last = start // BLOCK_CHARACTERS, max(start, end - 1) // BLOCK_CHARACTERS
    blocks = session.scalars(
        select(BlockRow.text)
        .where(BlockRow.document == document, BlockRow.ordinal >= first, BlockRow.ordinal <= last)
        .order_by(BlockRow.ordinal)
    )
    text = "".join(zlib.decompress(block).decode("utf-8", "surrogatepass") for block in blocks)
    return text[start - first * BLOCK_CHARACTERS : end - first * BLOCK_CHARACTERS]


def _kind(row: DocumentRow) -> Any:
    return row.kind


def place(session: Session, number: int, document: Document, start: int, end: int) -> dict[str, int | None]:
    """First and last page, or first and last record, of a stretch of the document; None where it has none."""
    first_page, last_page = pages_of(document, start, end) or (None, None)
    records = [_record(session, number, document, position) for position in (start, max(start, end - 1))]
    return {"page": first_page, "last_page": last_page, "first_row": records[0], "last_row": records[1]}


def page_starts(document: Document, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Where in a stretch its pages begin, counted from its first character, with their numbers; () without pages."""
    first = page_at(document, start)
    if first is None:
        return ()
    later = [s for s in document.sections if start < s.start < end]
    return ((0, first), *((s.start - start, s.page) for s in later if s.page is not None))


def _record(session: Session, number: int, document: Document, position: int) -> int | None:
    """Records are lines, and a section says only where its first one stands: the lines from there are counted."""
    section = section_at(document, position)
    if section is None or section.row is None:
        return None
    return section.row + read(session, number, section.start, min(position, section.end)).count("\n")
