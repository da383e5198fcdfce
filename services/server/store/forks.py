"""A thread that begins as a copy of another, up to one of its messages."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.server.errors import ApiError
from services.server.store.clock import now
from services.server.store.ids import new_id
from services.server.store.lookup import find
from services.server.store.threads import wire
from services.storage.api_tables import MessageRow, ThreadRow

Wire = dict[str, Any]
LONGEST = 10_000


def create(session: Session, owner: str, thread_id: str, body: Wire) -> Wire:
    """The new thread. Its messages are copies that no run has written; files and stores are shared with the old one."""
    old = find(session, ThreadRow, owner, thread_id)
    last = find(session, MessageRow, owner, body["message_id"], MessageRow.thread_id == thread_id)
    kept = {**old.body, "metadata": {**old.body["metadata"], **(body.get("metadata") or {})}}
    new = ThreadRow(id=new_id("thread_"), owner=owner, created_at=now(), body=kept)
    session.add(new)
    session.flush()
    query = select(MessageRow).where(
        MessageRow.thread_id == thread_id, MessageRow.owner == owner, MessageRow.number <= last.number
    )
    rows = session.scalars(query.order_by(MessageRow.number).limit(LONGEST + 1)).all()
    if len(rows) > LONGEST:
        raise ApiError(400, f"A thread can be copied up to its message {LONGEST:,}.", param="message_id")
    session.add_all([_copy(row, new) for row in rows if row.status != "in_progress"])
    session.flush()
    return wire(new)


def _copy(row: MessageRow, thread: ThreadRow) -> MessageRow:
    return MessageRow(
        id=new_id("msg_"),
        owner=row.owner,
        created_at=row.created_at,
        thread_id=thread.id,
        role=row.role,
        status=row.status,
        body=dict(row.body),
    )
