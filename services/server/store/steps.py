"""Steps of a run: each message it wrote, each round of tools it called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.server.store import runs
from services.server.store.clock import now
from services.server.store.ids import new_id
from services.server.store.lookup import find
from services.server.store.pages import Paging, listed
from services.storage.api_tables import RunRow, StepRow

Wire = dict[str, Any]
END_TIMES = {
    "completed": "completed_at",
    "cancelled": "cancelled_at",
    "failed": "failed_at",
    "expired": "expired_at",
}
MESSAGE, TOOLS = "message_creation", "tool_calls"


def add(session: Session, run: RunRow, details: Wire) -> StepRow:
    """A new step in progress."""
    row = StepRow(
        id=new_id("step_"),
        owner=run.owner,
        created_at=now(),
        run_id=run.id,
        thread_id=run.thread_id,
        assistant_id=run.assistant_id,
        kind=details["type"],
        status="in_progress",
        body={
            "step_details": details,
            "usage": None,
            "last_error": None,
            "metadata": {},
            "expires_at": run.expires_at,
            **dict.fromkeys(END_TIMES.values()),
        },
    )
    session.add(row)
    session.flush()
    return row


def end(row: StepRow, status: str, usage: Wire | None = None, last_error: Wire | None = None) -> None:
    """Close a step."""
    row.status = status
    row.body = {**row.body, END_TIMES[status]: now(), "usage": usage, "last_error": last_error}


def of_run(session: Session, run_id: str) -> Sequence[StepRow]:
    """A run's steps in the order they were taken."""
    return session.scalars(select(StepRow).where(StepRow.run_id == run_id).order_by(StepRow.number)).all()


def by_id(session: Session, step_id: str) -> StepRow | None:
    """A step by its id, for those who hold its run."""
    return session.scalar(select(StepRow).where(StepRow.id == step_id))


def retrieve(
    session: Session, owner: str, thread_id: str, run_id: str, step_id: str, *, with_content: bool
) -> Wire:
    """One step; `with_content` adds the text of file search results."""
    runs.find_run(session, owner, thread_id, run_id)
    return wire(find(session, StepRow, owner, step_id, StepRow.run_id == run_id), with_content)


def page(
    session: Session, owner: str, thread_id: str, run_id: str, paging: Paging, *, with_content: bool
) -> Wire:
    """One page of a run's steps."""
    runs.find_run(session, owner, thread_id, run_id)
    where = [StepRow.run_id == run_id, StepRow.owner == owner]
    return listed(session, StepRow, where, paging, lambda rows: [wire(row, with_content) for row in rows])


def event_wire(row: StepRow, *, with_content: bool = False) -> Wire:
    """The step as a stream tells of it: unlike an answer, it keeps the time at which its run expires."""
    return {**wire(row, with_content), "expires_at": row.body["expires_at"]}


def wire(row: StepRow, with_content: bool = False) -> Wire:
    """The step as it goes over the wire."""
    body = row.body
    return {
        "id": row.id,
        "object": "thread.run.step",
        "created_at": row.created_at,
        "run_id": row.run_id,
        "assistant_id": row.assistant_id,
        "thread_id": row.thread_id,
        "type": row.kind,
        "status": row.status,
        "cancelled_at": body["cancelled_at"],
        "completed_at": body["completed_at"],
        "expired_at": body["expired_at"],
        "expires_at": body["expires_at"] if row.status == "in_progress" else None,
        "failed_at": body["failed_at"],
        "last_error": body["last_error"],
        "step_details": _details(body, with_content),
        "metadata": body["metadata"],
        "usage": body["usage"],
    }


def _details(body: Wire, with_content: bool) -> Wire:
    details = body["step_details"]
    if details["type"] != TOOLS:
        return dict(details)
    private = body.get("private", {}) if with_content else {}
    seen = _with_queries if with_content else _without_content
    return {
        **details,
        "tool_calls": [seen(call, private.get(call["id"], {})) for call in details["tool_calls"]],
    }


def _with_queries(call: Wire, private: Wire) -> Wire:
    """What was found, and beyond the original, what was looked for."""
    if call["type"] != "file_search" or "queries" not in private:
        return call
    return {**call, "file_search": {**call["file_search"], "queries": private["queries"]}}


def _without_content(call: Wire, private: Wire) -> Wire:
    if call["type"] != "file_search":
        return call
    search = call["file_search"]
    results = [
        {key: value for key, value in result.items() if key != "content"}
        for result in search.get("results", [])
    ]
    return {**call, "file_search": {**search, "results": results}}
