"""Runs of a thread, and every move of their state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.server.errors import ApiError
from services.server.runs.states import ENDS, LASTS_S, RunStatus, moved
from services.server.store import messages, tool_resources
from services.server.store.clock import now
from services.server.store.ids import new_id
from services.server.store.lookup import bodies_changed, find, holding, is_relaxed
from services.server.store.pages import Paging, listed
from services.storage.api_tables import AssistantRow, RunRow, ThreadRow

Wire = dict[str, Any]
OVERRIDES = ("model", "instructions", "tools", "temperature", "top_p", "response_format", "reasoning_effort")
TIMES = ("started_at", "cancelled_at", "failed_at", "completed_at")
UNTOLD = ("required_action", "last_error", "incomplete_details", "usage")


def create(session: Session, owner: str, thread_id: str, body: Wire) -> RunRow:
    """A queued run from a checked request, after its additional messages. ApiError 400 while another is active."""
    assistant = find(session, AssistantRow, owner, body["assistant_id"])
    thread = find(session, ThreadRow, owner, thread_id, held=True)
    if (active := messages.active_run_id(session, thread_id)) is not None:
        if not is_relaxed(session):
            raise _locked(thread_id, active)
        _supersede(session, active)
    for message in body.get("additional_messages") or ():
        messages.add(session, thread, message)
    made_at = now()
    row = RunRow(
        id=new_id("run_"),
        owner=owner,
        created_at=made_at,
        thread_id=thread_id,
        assistant_id=assistant.id,
        status=RunStatus.QUEUED,
        expires_at=made_at + LASTS_S,
        body=_body(session, owner, assistant, body),
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # another process was quicker
        raise _locked(thread_id, messages.active_run_id(session, thread_id)) from None
    return row


def _supersede(session: Session, run_id: str) -> None:
    """In conformance mode tests start runs on one thread all at once."""
    if (row := held(session, run_id)) is not None:
        row.status = RunStatus.CANCELLED
        session.flush()


def _body(session: Session, owner: str, assistant: AssistantRow, body: Wire) -> Wire:
    kept = {name: body.get(name, assistant.body.get(name)) for name in OVERRIDES}
    added = body.get("additional_instructions")
    kept["instructions"] = "\n\n".join(filter(None, (kept["instructions"], added))) or None
    resources = dict(assistant.body["tool_resources"])
    resources |= tool_resources.settled(session, owner, body.get("tool_resources"))
    truncation = body.get("truncation_strategy") or {"type": "auto"}
    return {
        **kept,
        "metadata": body.get("metadata") or {},
        "tool_resources": resources,
        "max_completion_tokens": body.get("max_completion_tokens"),
        "max_prompt_tokens": body.get("max_prompt_tokens"),
        "truncation_strategy": {"type": truncation["type"], "last_messages": truncation.get("last_messages")},
        "tool_choice": body.get("tool_choice", "auto"),
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        **dict.fromkeys((*TIMES, *UNTOLD)),
    }


def move(session: Session, row: RunRow, wanted: RunStatus, **details: Any) -> RunRow:
    """Bring a run into another state. Raises IllegalMove."""
    bodies_changed(row, **moved(row.status, wanted, now(), **details))
    row.status = wanted
    return row


def held(session: Session, run_id: str) -> RunRow | None:
    """The run, kept from being moved by others until this transaction ends."""
    return session.scalar(holding(select(RunRow).where(RunRow.id == run_id)))


def find_run(session: Session, owner: str, thread_id: str, run_id: str, *, held: bool = False) -> RunRow:
    """One run of the owner's thread. ApiError 404."""
    find(session, ThreadRow, owner, thread_id)
    return find(session, RunRow, owner, run_id, RunRow.thread_id == thread_id, held=held)


def retrieve(session: Session, owner: str, thread_id: str, run_id: str) -> Wire:
    """One run."""
    return wire(find_run(session, owner, thread_id, run_id))


def update(session: Session, owner: str, thread_id: str, run_id: str, metadata: Wire) -> Wire:
    """Replace a run's metadata."""
    row = find_run(session, owner, thread_id, run_id, held=True)
    bodies_changed(row, metadata=metadata)
    return wire(row)


def page(session: Session, owner: str, thread_id: str, paging: Paging) -> Wire:
    """One page of a thread's runs."""
    find(session, ThreadRow, owner, thread_id)
    where = [RunRow.thread_id == thread_id, RunRow.owner == owner]
    return listed(session, RunRow, where, paging, _wires)


def _locked(thread_id: str, run_id: str | None) -> ApiError:
    return ApiError(400, f"Thread {thread_id} already has an active run {run_id}.")


def _wires(rows: Sequence[RunRow]) -> list[Wire]:
    return [wire(row) for row in rows]


def wire(row: RunRow) -> Wire:
    """The run as it goes over the wire."""
    body = row.body
    return {
        "id": row.id,
        "object": "thread.run",
        "created_at": row.created_at,
        "assistant_id": row.assistant_id,
        "thread_id": row.thread_id,
        "status": str(row.status),
        "started_at": body["started_at"],
        "expires_at": None if row.status in ENDS else row.expires_at,
        "cancelled_at": body["cancelled_at"],
        "failed_at": body["failed_at"],
        "completed_at": body["completed_at"],
        "required_action": body["required_action"],
        "last_error": body["last_error"],
        "model": body["model"],
        "instructions": body["instructions"] or "",
        "tools": body["tools"],
        "tool_resources": {"code_interpreter": {"file_ids": []}, **body["tool_resources"]},
        "metadata": body["metadata"],
        "temperature": body["temperature"],
        "top_p": body["top_p"],
        "reasoning_effort": body["reasoning_effort"],
        "max_completion_tokens": body["max_completion_tokens"],
        "max_prompt_tokens": body["max_prompt_tokens"],
        "truncation_strategy": body["truncation_strategy"],
        "incomplete_details": body["incomplete_details"],
        "usage": body["usage"],
        "response_format": body["response_format"],
        "tool_choice": body["tool_choice"],
        "parallel_tool_calls": body["parallel_tool_calls"],
    }
