"""Vector stores: files that are searched together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.server.errors import ApiError
from services.server.store import files, outbox
from services.server.store.clock import now
from services.server.store.ids import new_id
from services.server.store.lookup import bodies_changed, find
from services.server.store.pages import Paging, listed
from services.storage.api_tables import StoreFileRow, VectorStoreRow

Wire = dict[str, Any]
STATES = ("in_progress", "completed", "failed", "cancelled")
SECONDS_A_DAY = 86_400


def create(session: Session, owner: str, body: Wire) -> Wire:
    """A new vector store from a checked request, its files waiting to be read."""
    from services.server.store import store_files

    row = add(session, owner, body)
    for file_id in dict.fromkeys(body.get("file_ids") or ()):
        file = files.find_live(session, owner, file_id, kept=True)
        store_files.add(session, row, file, chunking=body.get("chunking_strategy"))
    return wire(session, row)


def add(session: Session, owner: str, body: Wire) -> VectorStoreRow:
    """A new, empty vector store."""
    made_at = now()
    kept = {
        "name": body.get("name") or "",
        "description": body.get("description"),
        "metadata": body.get("metadata") or {},
        "expires_after": body.get("expires_after"),
    }
    row = VectorStoreRow(
        id=new_id("vs_"), owner=owner, created_at=made_at, last_active_at=made_at, body=kept, expires_at=None
    )
    touch(row)
    session.add(row)
    session.flush()
    return row


def touch(row: VectorStoreRow) -> None:
    """The store is in use now: its expiry moves on."""
    row.last_active_at = now()
    expiry = row.body["expires_after"]
    row.expires_at = row.last_active_at + expiry["days"] * SECONDS_A_DAY if expiry else None


def retrieve(session: Session, owner: str, store_id: str) -> Wire:
    """One vector store."""
    return wire(session, find(session, VectorStoreRow, owner, store_id))


def update(session: Session, owner: str, store_id: str, body: Wire) -> Wire:
    """Change name, expiry or metadata. ApiError 400 for another expiry of a store that has expired: it is empty."""
    row = find(session, VectorStoreRow, owner, store_id, held=True)
    if "name" in body:
        bodies_changed(row, name=body["name"] or "")
    if "metadata" in body:
        bodies_changed(row, metadata=body["metadata"] or {})
    if "expires_after" in body:
        usable(session, owner, store_id)
        bodies_changed(row, expires_after=body["expires_after"])
        touch(row)
    return wire(session, row)


def delete(session: Session, owner: str, store_id: str) -> Wire:
    """Delete a vector store. Its files stay files."""
    row = find(session, VectorStoreRow, owner, store_id, held=True)
    outbox.forget_store(session, row)
    session.delete(row)
    return {"id": store_id, "object": "vector_store.deleted", "deleted": True}


def usable(session: Session, owner: str, store_id: str, *, held: bool = False) -> VectorStoreRow:
    """The store, to be searched or added to. ApiError 400 when it has expired."""
    row = find(session, VectorStoreRow, owner, store_id, held=held)
    if is_expired(row):
        raise ApiError(400, f"Vector store '{store_id}' has expired.", param="vector_store_id")
    return row


def is_expired(row: VectorStoreRow) -> bool:
    """Whether the store was left alone for too long."""
    return row.expires_at is not None and row.expires_at <= now()


def page(session: Session, owner: str, paging: Paging) -> Wire:
    """One page of the owner's vector stores."""
    where = [VectorStoreRow.owner == owner]
    return listed(session, VectorStoreRow, where, paging, lambda rows: _wires(session, rows))


def _wires(session: Session, rows: Sequence[VectorStoreRow]) -> list[Wire]:
    tallies = _tallies(session, [row.id for row in rows])
    return [_wire(row, *tallies.get(row.id, (counted({}), 0))) for row in rows]


def wire(session: Session, row: VectorStoreRow) -> Wire:
    """The vector store as it goes over the wire."""
    return _wires(session, [row])[0]


def counted(by_status: dict[str, int]) -> Wire:
    """The file_counts object."""
    counts = {state: by_status.get(state, 0) for state in STATES}
    return {**counts, "total": sum(counts.values())}


def _tallies(session: Session, store_ids: list[str]) -> dict[str, tuple[Wire, int]]:
    """For each store its file counts and the bytes its files take."""
    rows = session.execute(
        select(
            StoreFileRow.vector_store_id,
            StoreFileRow.status,
            func.count(),
            func.sum(StoreFileRow.usage_bytes),
        )
        .where(StoreFileRow.vector_store_id.in_(store_ids))
        .group_by(StoreFileRow.vector_store_id, StoreFileRow.status)
    ).all()
    by_store: dict[str, dict[str, int]] = {}
    usage_bytes: dict[str, int] = {}
    for store_id, status, count, size_bytes in rows:
        by_store.setdefault(store_id, {})[status] = count
        usage_bytes[store_id] = usage_bytes.get(store_id, 0) + int(size_bytes or 0)
    return {i: (counted(by_status), usage_bytes[i]) for i, by_status in by_store.items()}


def _wire(row: VectorStoreRow, counts: Wire, usage_bytes: int) -> Wire:
    status = "in_progress" if counts["in_progress"] else "completed"
    return {
        "id": row.id,
        "object": "vector_store",
        "created_at": row.created_at,
        "name": row.body["name"],
        "description": row.body["description"],
        "usage_bytes": usage_bytes,
        "file_counts": counts,
        "status": "expired" if is_expired(row) else status,
        "expires_after": row.body["expires_after"],
        "expires_at": row.expires_at,
        "last_active_at": row.last_active_at,
        "metadata": row.body["metadata"],
    }
