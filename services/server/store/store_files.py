"""Files in a vector store, and how far each has come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.server.errors import ApiError
from services.server.store import files, outbox, passages, vector_stores
from services.server.store.clock import now
from services.server.store.ids import new_id
from services.server.store.lookup import STAND_IN, bodies_changed, find, holding
from services.server.store.pages import Paging, listed
from services.storage.api_tables import FileRow, StoreFileRow, VectorStoreRow

Wire = dict[str, Any]
AUTO_CHUNKING = {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}
TO_READ, TO_RECOGNISE, TO_EMBED, DONE = "read", "recognise", "embed", "done"

COUNTED = ("read", "to_read", "embedded", "left_s")
TOLD = ("title", "ocr_pages", "unread_pages", "needs_password")


def create(session: Session, owner: str, store_id: str, body: Wire) -> Wire:
    """Add a file to a store by a checked request; it is read in the background."""
    store = vector_stores.usable(session, owner, store_id, held=True)
    file = files.find_live(session, owner, body["file_id"], kept=True)
    return wire(add(session, store, file, body.get("chunking_strategy"), body.get("attributes")))


def add(
    session: Session,
    store: VectorStoreRow,
    file: FileRow,
    chunking: Wire | None = None,
    attributes: Wire | None = None,
) -> StoreFileRow:
    """Put a file into a store. One that is there already is read again when it failed or is cut otherwise now.

    The store must be held, and the file kept.
    """
    body = {
        "last_error": None,
        "attributes": attributes or {},
        "chunking": (chunking or {}).get("static") or AUTO_CHUNKING,
    }
    row = _entry(session, store.id, file.id, held=True)
    if row is None:
        row = StoreFileRow(
            id=new_id("vsf_"),
            owner=store.owner,
            created_at=now(),
            vector_store_id=store.id,
            file_id=file.id,
            usage_bytes=0,
        )
        session.add(row)
    elif row.status in ("completed", "in_progress") and row.body["chunking"] == body["chunking"]:
        bodies_changed(row, attributes=body["attributes"])
        return row
    row.status, row.stage, row.body = "in_progress", TO_READ, body
    vector_stores.touch(store)
    session.flush()
    return row


def cancel(session: Session, row: StoreFileRow) -> None:
    """Leave a file that is not done; what there is of it already is not found any more."""
    passages.forget_segment(session, row.number)
    outbox.forget_entry(session, row)
    row.status, row.stage, row.worker, row.document, row.usage_bytes = "cancelled", DONE, None, None, 0


def retrieve(session: Session, owner: str, store_id: str, file_id: str) -> Wire:
    """One file of a store."""
    return wire(find_entry(session, owner, store_id, file_id))


def update(session: Session, owner: str, store_id: str, file_id: str, attributes: Wire | None) -> Wire:
    """Replace a file's attributes."""
    row = find_entry(session, owner, store_id, file_id, held=True)
    bodies_changed(row, attributes=attributes or {})
    return wire(row)


def delete(session: Session, owner: str, store_id: str, file_id: str) -> Wire:
    """Take a file out of a store. The file itself stays."""
    row = find_entry(session, owner, store_id, file_id, held=True)
    outbox.forget_entry(session, row)
    session.delete(row)
    return {"id": file_id, "object": "vector_store.file.deleted", "deleted": True}


def page(session: Session, owner: str, store_id: str, paging: Paging, *, status: str | None) -> Wire:
    """One page of a store's files, or of those in one state."""
    find(session, VectorStoreRow, owner, store_id)
    where = [StoreFileRow.vector_store_id == store_id, StoreFileRow.owner == owner]
    if status is not None:
        where.append(StoreFileRow.status == status)
    return listed(session, StoreFileRow, where, paging, wires, ids=StoreFileRow.file_id)


def find_entry(
    session: Session, owner: str, store_id: str, file_id: str, *, held: bool = False
) -> StoreFileRow:
    """The entry of a file in a store. ApiError 404 when either is not there."""
    find(session, VectorStoreRow, owner, store_id)
    row = _entry(session, store_id, file_id, held=held)
    if row is None and (stand_in := session.info.get(STAND_IN)):
        row = stand_in(session, StoreFileRow, owner, file_id, (StoreFileRow.vector_store_id == store_id,))
    if row is None:
        raise ApiError(404, f"No file found with id '{file_id}' in vector store '{store_id}'.")
    return row


def _entry(session: Session, store_id: str, file_id: str, *, held: bool) -> StoreFileRow | None:
    query = select(StoreFileRow).where(
        StoreFileRow.vector_store_id == store_id, StoreFileRow.file_id == file_id
    )
    return session.scalar(holding(query) if held else query)


def is_being_read(session: Session, owner: str, store_ids: Sequence[str]) -> bool:
    """Whether a file of these stores is still in progress."""
    query = select(StoreFileRow.number).where(
        StoreFileRow.vector_store_id.in_(store_ids),
        StoreFileRow.owner == owner,
        StoreFileRow.status == "in_progress",
    )
    return session.scalar(query.limit(1)) is not None


def of_number(session: Session, number: int) -> StoreFileRow | None:
    """The entry with this number, held; None when it is gone."""
    return session.scalar(holding(select(StoreFileRow).where(StoreFileRow.number == number)))


def wires(rows: Sequence[StoreFileRow]) -> list[Wire]:
    """The files as they go over the wire."""
    return [wire(row) for row in rows]


def wire(row: StoreFileRow) -> Wire:
    """The file of a store as it goes over the wire.

    Beyond the original: `progress` while there is some, `title` where the file has one, `ocr_pages` whose text was
    recognised in pictures and `unread_pages` where that failed, `needs_password` for one that is locked.
    """
    body = {
        "id": row.file_id,
        "object": "vector_store.file",
        "usage_bytes": row.usage_bytes,
        "created_at": row.created_at,
        "vector_store_id": row.vector_store_id,
        "status": row.status,
        "last_error": row.body["last_error"],
        "chunking_strategy": {"type": "static", "static": row.body["chunking"]},
        "attributes": row.body["attributes"],
    }
    told = {name: row.body[name] for name in TOLD if row.body.get(name)}
    progress = _progress(row)
    return {**body, **told, "progress": progress} if progress else {**body, **told}


def _progress(row: StoreFileRow) -> Wire | None:
    """Pages read and windows embedded, of how many, and the seconds the rest is likely to take."""
    known: Wire = {name: row.body[name] for name in COUNTED if name in row.body}
    if "windows" in row.body:
        known["to_embed"] = row.body["windows"]
    return known if row.stage != DONE else None
