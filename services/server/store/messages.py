"""Messages of a thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.server.errors import ApiError
from services.server.runs.states import ACTIVE
from services.server.store import attachments, files
from services.server.store.clock import now
from services.server.store.ids import new_id
from services.server.store.lookup import bodies_changed, find, holding, is_relaxed
from services.server.store.pages import Paging, listed
from services.storage.api_tables import MessageRow, RunRow, ThreadRow

Wire = dict[str, Any]


def create(session: Session, owner: str, thread_id: str, body: Wire) -> Wire:
    """Add a message by a checked request. ApiError 400 while a run is active."""
    thread = find(session, ThreadRow, owner, thread_id, held=True)
    run_id = active_run_id(session, thread_id)
    if run_id is not None and not is_relaxed(session):
        raise ApiError(400, f"Can't add messages to {thread_id} while a run {run_id} is active.")
    return wire(add(session, thread, body))


def add(session: Session, thread: ThreadRow, body: Wire) -> MessageRow:
    """Add a person's message to the thread, and its attachments to what tools may use there."""
    made_at = now()
    row = MessageRow(
        id=new_id("msg_"),
        owner=thread.owner,
        created_at=made_at,
        thread_id=thread.id,
        role=body["role"],
        status="completed",
        body={
            "content": _content(session, thread.owner, body["content"]),
            "attachments": body.get("attachments") or [],
            "metadata": body.get("metadata") or {},
            "assistant_id": None,
            "completed_at": made_at,
            "incomplete_at": None,
            "incomplete_details": None,
        },
    )
    session.add(row)
    attachments.attach(session, thread, row.body["attachments"])
    session.flush()
    return row


def begin(session: Session, run: RunRow, message_id: str) -> MessageRow:
    """A new, empty message that a run writes."""
    row = MessageRow(
        id=message_id,
        owner=run.owner,
        created_at=now(),
        thread_id=run.thread_id,
        run_id=run.id,
        role="assistant",
        status="in_progress",
        body={
            "content": [],
            "attachments": [],
            "metadata": {},
            "assistant_id": run.assistant_id,
            "completed_at": None,
            "incomplete_at": None,
            "incomplete_details": None,
        },
    )
    session.add(row)
    session.flush()
    return row


def fill(session: Session, message_id: str, content: list[Wire]) -> None:
    """Keep what has arrived of a message that is being written."""
    bodies_changed(_by_id(session, message_id), content=content)


def complete(session: Session, message_id: str, content: list[Wire]) -> MessageRow:
    """The message is whole."""
    row = _by_id(session, message_id)
    row.status = "completed"
    bodies_changed(row, content=content, completed_at=now())
    return row


def cut(session: Session, message_id: str, reason: str, content: list[Wire] | None) -> MessageRow:
    """The message ends before it is whole; `content` replaces what was kept of it."""
    row = _by_id(session, message_id)
    row.status = "incomplete"
    kept = row.body["content"] if content is None else content
    bodies_changed(row, content=kept, incomplete_at=now(), incomplete_details={"reason": reason})
    return row


def _by_id(session: Session, message_id: str) -> MessageRow:
    return session.scalars(holding(select(MessageRow).where(MessageRow.id == message_id))).one()


def retrieve(session: Session, owner: str, thread_id: str, message_id: str) -> Wire:
    """One message."""
    return wire(_find(session, owner, thread_id, message_id))


def update(session: Session, owner: str, thread_id: str, message_id: str, metadata: Wire) -> Wire:
    """Replace a message's metadata."""
    row = _find(session, owner, thread_id, message_id, held=True)
    bodies_changed(row, metadata=metadata)
    # The service answered this one operation with the older name of attachments.
    return wire(row) | {"file_ids": []}


def delete(session: Session, owner: str, thread_id: str, message_id: str) -> Wire:
    """Delete one message. ApiError 400 while a run is writing it."""
    row = _find(session, owner, thread_id, message_id, held=True)
    if row.status == "in_progress":
        raise ApiError(400, f"Can't delete message {message_id} while run {row.run_id} is writing it.")
    session.delete(row)
    return {"id": message_id, "object": "thread.message.deleted", "deleted": True}


def page(session: Session, owner: str, thread_id: str, paging: Paging, run_id: str | None) -> Wire:
    """One page of a thread's messages, or of those one run wrote."""
    find(session, ThreadRow, owner, thread_id)
    where = [MessageRow.thread_id == thread_id, MessageRow.owner == owner]
    if run_id is not None:
        where.append(MessageRow.run_id == run_id)
    return listed(session, MessageRow, where, paging, _wires)


def active_run_id(session: Session, thread_id: str) -> str | None:
    """The run that locks this thread."""
    return session.scalar(
        select(RunRow.id).where(RunRow.thread_id == thread_id, RunRow.status.in_(ACTIVE)).limit(1)
    )


def _find(session: Session, owner: str, thread_id: str, message_id: str, *, held: bool = False) -> MessageRow:
    find(session, ThreadRow, owner, thread_id)
    return find(session, MessageRow, owner, message_id, MessageRow.thread_id == thread_id, held=held)


def _content(session: Session, owner: str, given: str | list[Wire]) -> list[Wire]:
    if isinstance(given, str):
        return [_text(given)]
    return [_part(session, owner, part) for part in given]


def _part(session: Session, owner: str, part: Wire) -> Wire:
    match part["type"]:
        case "text":
            return _text(part["text"])
        case "image_file":
            file = files.find_live(session, owner, part["image_file"]["file_id"])
            detail = part["image_file"].get("detail") or "auto"
            return {"type": "image_file", "image_file": {"file_id": file.id, "detail": detail}}
    image = part["image_url"]
    return {"type": "image_url", "image_url": {"url": image["url"], "detail": image.get("detail") or "auto"}}


def _text(value: str) -> Wire:
    return {"type": "text", "text": {"value": value, "annotations": []}}


def _wires(rows: Sequence[MessageRow]) -> list[Wire]:
    return [wire(row) for row in rows]


def wire(row: MessageRow) -> Wire:
    """The message as it goes over the wire."""
    body = row.body
    return {
        "id": row.id,
        "object": "thread.message",
        "created_at": row.created_at,
        "assistant_id": body["assistant_id"],
        "thread_id": row.thread_id,
        "run_id": row.run_id,
        "status": row.status,
        "incomplete_details": body["incomplete_details"],
        "incomplete_at": body["incomplete_at"],
        "completed_at": body["completed_at"],
        "role": row.role,
        "content": body["content"],
        "attachments": body["attachments"],
        "metadata": body["metadata"],
    }
