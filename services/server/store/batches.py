"""Files added to a vector store together."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.server.store import files, store_files, vector_stores
from services.server.store.clock import now
from services.server.store.ids import new_id
from services.server.store.lookup import find, holding
from services.server.store.pages import Paging, listed
from services.storage.api_tables import BatchFileRow, FileBatchRow, StoreFileRow, VectorStoreRow

Wire = dict[str, Any]


def create(session: Session, owner: str, store_id: str, body: Wire) -> Wire:
    """A new batch from a checked request; all its files exist, or nothing is added."""
    store = vector_stores.usable(session, owner, store_id, held=True)
    row = FileBatchRow(
        id=new_id("vsfb_"), owner=owner, created_at=now(), vector_store_id=store_id, is_cancelled=False
    )
    session.add(row)
    session.flush()
    for entry in _entries(body):
        file = files.find_live(session, owner, entry["file_id"], kept=True)
        added = store_files.add(session, store, file, entry.get("chunking_strategy"), entry.get("attributes"))
        session.add(BatchFileRow(batch_id=row.id, store_file=added.number, owner=owner))
    session.flush()
    return wire(session, row)


def _entries(body: Wire) -> list[Wire]:
    if files := body.get("files"):
        entries = files
    else:
        shared = {name: body.get(name) for name in ("chunking_strategy", "attributes")}
        entries = [{"file_id": file_id, **shared} for file_id in body.get("file_ids") or ()]
    return list({entry["file_id"]: entry for entry in entries}.values())


def retrieve(session: Session, owner: str, store_id: str, batch_id: str) -> Wire:
    """One batch."""
    return wire(session, _find(session, owner, store_id, batch_id))


def cancel(session: Session, owner: str, store_id: str, batch_id: str) -> Wire:
    """Stop work on the files that are not done; a batch that is done stays as it is."""
    row = _find(session, owner, store_id, batch_id)
    query = select(StoreFileRow).where(_in_batch(batch_id), StoreFileRow.status == "in_progress")
    waiting = session.scalars(holding(query.order_by(StoreFileRow.number))).all()
    for entry in waiting:
        store_files.cancel(session, entry)
    row.is_cancelled = row.is_cancelled or bool(waiting)
    session.flush()
    return wire(session, row)


def page(
    session: Session, owner: str, store_id: str, batch_id: str, paging: Paging, *, status: str | None
) -> Wire:
    """One page of a batch's files, or of those in one state."""
    _find(session, owner, store_id, batch_id)
    where = [_in_batch(batch_id), StoreFileRow.owner == owner]
    if status is not None:
        where.append(StoreFileRow.status == status)
    return listed(session, StoreFileRow, where, paging, store_files.wires, ids=StoreFileRow.file_id)


def _find(session: Session, owner: str, store_id: str, batch_id: str) -> FileBatchRow:
    find(session, VectorStoreRow, owner, store_id)
    return find(session, FileBatchRow, owner, batch_id, FileBatchRow.vector_store_id == store_id)


def _in_batch(batch_id: str) -> Any:
    members = select(BatchFileRow.store_file).where(BatchFileRow.batch_id == batch_id)
    return StoreFileRow.number.in_(members)


def wire(session: Session, row: FileBatchRow) -> Wire:
    """The batch as it goes over the wire."""
    tally = session.execute(
        select(StoreFileRow.status, func.count()).where(_in_batch(row.id)).group_by(StoreFileRow.status)
    )
    by_status = {status: count for status, count in tally}  # noqa: C416 - rows are no pairs to dict()
    counts = vector_stores.counted(by_status)
    status = "in_progress" if counts["in_progress"] else "completed"
    if counts["total"] and counts["failed"] == counts["total"]:
        status = "failed"
    return {
        "id": row.id,
        "object": "vector_store.files_batch",
        "created_at": row.created_at,
        "status": "cancelled" if row.is_cancelled else status,
        "vector_store_id": row.vector_store_id,
        "file_counts": counts,
    }
