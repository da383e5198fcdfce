"""Files: what people upload, and what tools make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from services.server.store import outbox
from services.server.store.clock import now
from services.server.store.ids import is_id, new_id
from services.server.store.lookup import find
from services.server.store.pages import Paging, listed
from services.storage.api_tables import FileRow
from services.storage.turn_rows import lock_blobs

Wire = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file whose bytes are stored already."""

    filename: str
    purpose: str
    size_bytes: int
    blob_key: str
    lives_s: int | None = None


def create(session: Session, owner: str, file: NewFile) -> Wire:
    """A new file object over stored bytes."""
    return wire(add(session, owner, file))


def add(session: Session, owner: str, file: NewFile) -> FileRow:
    """The row of a new file."""
    lock_blobs(session)
    made_at = now()
    row = FileRow(
        id=new_id("file-"),
        owner=owner,
        created_at=made_at,
        filename=file.filename,
        purpose=file.purpose,
        size_bytes=file.size_bytes,
        blob_key=file.blob_key,
        expires_at=made_at + file.lives_s if file.lives_s else None,
    )
    session.add(row)
    session.flush()
    return row


def retrieve(session: Session, owner: str, file_id: str) -> Wire:
    """One file."""
    return wire(find_live(session, owner, file_id))


def find_live(session: Session, owner: str, file_id: str, *, kept: bool = False) -> FileRow:
    """The row of a file that has not expired; with `kept` nobody deletes it until this transaction ends."""
    if kept and is_id(file_id):
        named = select(FileRow.number).where(FileRow.owner == owner, FileRow.id == file_id)
        session.execute(named.with_for_update(read=True, key_share=True))
    return find(session, FileRow, owner, file_id, _alive())


def blob_keys(session: Session, owner: str, file_ids: Sequence[str]) -> dict[str, str]:
    """Where the bytes of these files are, as far as they are there."""
    wanted = [file_id for file_id in file_ids if is_id(file_id)]
    query = select(FileRow.id, FileRow.blob_key).where(
        FileRow.owner == owner, FileRow.id.in_(wanted), _alive()
    )
    return {row.id: row.blob_key for row in session.execute(query)}


def delete(session: Session, owner: str, file_id: str) -> Wire:
    """Delete a file and take it out of every vector store."""
    outbox.forget_file(session, find(session, FileRow, owner, file_id, held=True))
    return {"id": file_id, "object": "file", "deleted": True}


def page(session: Session, owner: str, paging: Paging, purpose: str | None) -> Wire:
    """One page of the owner's files."""
    where = [FileRow.owner == owner, _alive()]
    if purpose is not None:
        where.append(FileRow.purpose == purpose)
    return listed(session, FileRow, where, paging, _wires)


def expired(session: Session) -> Sequence[FileRow]:
    """Files past their time, to be deleted."""
    over = select(FileRow).where(FileRow.expires_at <= now()).order_by(FileRow.number)
    return session.scalars(over.limit(100).with_for_update(skip_locked=True)).all()


def _alive() -> Any:
    return or_(FileRow.expires_at.is_(None), FileRow.expires_at > now())


def _wires(rows: Sequence[FileRow]) -> list[Wire]:
    return [wire(row) for row in rows]


def wire(row: FileRow) -> Wire:
    """The file as it goes over the wire."""
    return {
        "object": "file",
        "id": row.id,
        "purpose": row.purpose,
        "filename": row.filename,
        "bytes": row.size_bytes,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "status": "processed",
        "status_details": None,
    }
