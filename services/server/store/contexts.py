"""What a run in progress needs to know of its surroundings."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.documents.terms import question_terms
from services.server.store import steps
from services.server.store.lookup import holding
from services.storage.api_tables import MessageRow, RunRow, ThreadRow

Wire = dict[str, Any]
LEANING_TERMS = 4


def spent(session: Session, run_id: str) -> tuple[int, int, int]:
    """Prompt and completion tokens a run has used so far, and the steps it has taken."""
    taken = steps.of_run(session, run_id)
    usages = [step.body["usage"] for step in taken if step.body["usage"]]
    prompt = sum(usage["prompt_tokens"] for usage in usages)
    return prompt, sum(usage["completion_tokens"] for usage in usages), len(taken)


def of_tools(session: Session, run_id: str) -> tuple[list[Wire], list[str]]:
    """The tool resources of a run, its assistant's first and its thread's second, and what the person asked."""
    run = session.scalars(select(RunRow).where(RunRow.id == run_id)).one()
    thread = session.scalars(select(ThreadRow).where(ThreadRow.id == run.thread_id)).one()
    asked = session.scalars(
        select(MessageRow)
        .where(MessageRow.thread_id == run.thread_id, MessageRow.role == "user")
        .order_by(MessageRow.number.desc())
        .limit(2)
    )
    questions = _questions([_text(message.body["content"]) for message in asked])
    return [run.body["tool_resources"], thread.body["tool_resources"]], questions


def _questions(newest_first: list[str]) -> list[str]:
    """The last question; a short one may lean on the one before, so both together are a question too."""
    if len(newest_first) == 2 and len(question_terms(newest_first[0])) < LEANING_TERMS:
        return [newest_first[0], f"{newest_first[1]} {newest_first[0]}"]
    return newest_first[:1]


def _text(content: list[Wire]) -> str:
    return "\n".join(part["text"]["value"] for part in content if part["type"] == "text")


def next_search(session: Session, thread_id: str) -> int:
    """The number of a thread's next file search, counted from 1 and never given twice."""
    thread = session.scalars(holding(select(ThreadRow).where(ThreadRow.id == thread_id))).one()
    number = int(thread.body.get("searches", 0)) + 1
    thread.body = {**thread.body, "searches": number}
    return number
