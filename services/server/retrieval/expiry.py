"""Files, uploads and vector stores past their time."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.server.store import files, outbox, passages, uploads
from services.server.store.clock import now
from services.server.store.lookup import bodies_changed
from services.storage.api_tables import UploadRow, VectorStoreRow

AT_ONCE = 100


def expire(session: Session) -> int:
    """Delete expired files, drop the parts of expired uploads, and empty the index of expired stores; how many."""
    return _expire_files(session) + _expire_uploads(session) + _expire_stores(session)


def _expire_files(session: Session) -> int:
    over = files.expired(session)
    for row in over:
        outbox.forget_file(session, row)
    return len(over)


def _expire_uploads(session: Session) -> int:
    query = select(UploadRow).where(UploadRow.status == "pending", UploadRow.expires_at <= now())
    over = session.scalars(query.limit(AT_ONCE).with_for_update(skip_locked=True)).all()
    for row in over:
        row.status = "expired"
        uploads.drop_parts(session, row)
    return len(over)


def _expire_stores(session: Session) -> int:
    """An expired store can still be looked at, and is not searched any more."""
    query = select(VectorStoreRow).where(VectorStoreRow.expires_at <= now()).with_for_update(skip_locked=True)
    over = [row for row in session.scalars(query) if not row.body.get("is_emptied")]
    for row in over:
        passages.forget_segments_of(session, row.number)
        outbox.forget_store(session, row)
        bodies_changed(row, is_emptied=True)
    return len(over)
