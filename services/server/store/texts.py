"""The text of documents in the database: written in blocks, read back by the stretch."""

from __future__ import annotations

import json
import zlib
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.documents.document import Document, Section, page_at, pages_of, section_at
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
    sections = [(s.start, s.end, s.page, s.row) for s in document.sections]
    row = DocumentRow(
        owner=owner,
        blob_key=blob_key,
        kind=document.kind,
        characters=len(document.text),
        sections=zlib.compress(json.dumps(sections).encode()),
    )
    session.add(row)
    session.flush()
    for ordinal, start in enumerate(range(0, len(document.text), BLOCK_CHARACTERS)):
        block = document.text[start : start + BLOCK_CHARACTERS].encode("utf-8", "surrogatepass")
        session.add(BlockRow(document=row.number, ordinal=ordinal, owner=owner, text=zlib.compress(block)))
    session.flush()
    return row


def load(session: Session, row: DocumentRow) -> Document:
    """The whole document."""
    return Document(_kind(row), read(session, row.number, 0, row.characters), tuple(_sections(row)))


def without_text(row: DocumentRow) -> Document:
    """A document that knows its pages and records but not its words."""
    return Document(_kind(row), "", tuple(_sections(row)))


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


def _sections(row: DocumentRow) -> list[Section]:
    values: list[Any] = json.loads(zlib.decompress(row.sections))
    return [Section(*value) for value in values]


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
