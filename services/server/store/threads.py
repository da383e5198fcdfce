"""Threads: where messages stand in order, and what tools may use while they are answered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.server.store import messages, tool_resources
from services.server.store.clock import now
from services.server.store.ids import new_id
from services.server.store.lookup import bodies_changed, find, holding
from services.storage.api_tables import RunRow, ThreadRow

Wire = dict[str, Any]


def create(session: Session, owner: str, body: Wire) -> Wire:
    """A new thread from a checked request, with its first messages."""
    resources = tool_resources.settled(session, owner, body.get("tool_resources"), of_a_thread=True)
    kept = {"metadata": body.get("metadata") or {}, "tool_resources": resources}
    row = ThreadRow(id=new_id("thread_"), owner=owner, created_at=now(), body=kept)
    session.add(row)
    session.flush()
    for message in body.get("messages") or ():
        messages.add(session, row, message)
    return wire(row)


def retrieve(session: Session, owner: str, thread_id: str) -> Wire:
    """One thread."""
    return wire(find(session, ThreadRow, owner, thread_id))


def update(session: Session, owner: str, thread_id: str, body: Wire) -> Wire:
    """Change metadata and tool_resources."""
    row = find(session, ThreadRow, owner, thread_id, held=True)
    if "metadata" in body:
        bodies_changed(row, metadata=body["metadata"] or {})
    if "tool_resources" in body:
        given = tool_resources.settled(session, owner, body["tool_resources"], of_a_thread=True)
        bodies_changed(row, tool_resources={**row.body["tool_resources"], **given})
    return wire(row)


def delete(session: Session, owner: str, thread_id: str) -> Wire:
    """Delete a thread with its messages, runs and steps."""
    row = find(session, ThreadRow, owner, thread_id, held=True)
    # Its runs are held first, as whoever works on one does: the other way round both would wait for each other.
    session.scalars(holding(select(RunRow).where(RunRow.thread_id == thread_id))).all()
    session.delete(row)
    return {"id": thread_id, "object": "thread.deleted", "deleted": True}


def wire(row: ThreadRow) -> Wire:
    """The thread as it goes over the wire."""
    return {
        "id": row.id,
        "object": "thread",
        "created_at": row.created_at,
        "metadata": row.body["metadata"],
        # The service left this entry out of some answers and wrote it, empty, into others: it is always here.
        "tool_resources": {"code_interpreter": {"file_ids": []}, **row.body["tool_resources"]},
    }
