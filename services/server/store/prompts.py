"""What the model of a run was sent, round by round: kept as numbers of messages, and put together again when asked for."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.server.runs.prompt import Kept, Prompt, again
from services.server.store.clock import now
from services.server.store.ids import new_id
from services.server.store.lookup import find
from services.storage.api_tables import MessageRow, PromptRow, RunRow, ThreadRow

Wire = dict[str, Any]


def note(session: Session, owner: str, run_id: str, prompt: Prompt, tools: int) -> None:
    """Write down what a run says to its model; nothing when the run has been deleted meanwhile."""
    run = session.scalar(select(RunRow).where(RunRow.id == run_id, RunRow.owner == owner))
    if run is None:
        return
    body = {
        "kept": asdict(prompt.kept),
        "steps": prompt.steps,
        "tokens": prompt.tokens,
        "tools": tools,
        "omitted": _omitted(session, run, prompt.kept),
    }
    session.add(PromptRow(id=new_id("prompt_"), owner=owner, created_at=now(), run_id=run_id, body=body))


def page(session: Session, owner: str, thread_id: str, run_id: str) -> Wire:
    """The prompts of a run, the first first, as the messages of chat requests. What was deleted since is missing."""
    find(session, ThreadRow, owner, thread_id)
    run = find(session, RunRow, owner, run_id, RunRow.thread_id == thread_id)
    query = select(PromptRow).where(PromptRow.run_id == run_id, PromptRow.owner == owner)
    rows = session.scalars(query.order_by(PromptRow.number)).all()
    return {"object": "list", "data": [_wire(session, run, row) for row in rows], "has_more": False}


def _wire(session: Session, run: RunRow, row: PromptRow) -> Wire:
    return {
        "id": row.id,
        "object": "thread.run.prompt",
        "created_at": row.created_at,
        "model": run.body["model"],
        "messages": again(session, run, Kept(**row.body["kept"]), row.body["steps"]),
        "tokens": row.body["tokens"],
        "tools": row.body["tools"],
        "omitted": row.body["omitted"],
    }


def _omitted(session: Session, run: RunRow, kept: Kept) -> int:
    """How many messages before the oldest one kept stayed out."""
    query = select(func.count()).select_from(MessageRow).where(MessageRow.thread_id == run.thread_id)
    before = session.scalar(query.where(MessageRow.number < (kept.oldest or 0))) or 0
    return before - (1 if kept.first is not None else 0)
