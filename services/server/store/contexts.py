"""What a run in progress needs to know of its surroundings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.documents.terms import question_terms
from services.server.store import steps
from services.server.store.lookup import bodies_changed, holding
from services.storage.api_tables import FileRow, MessageRow, RunRow, ThreadRow

Wire = dict[str, Any]
LEANING_TERMS = 4
FOLDER = "/mnt/data/"
MOST_WRITTEN = 100
"""More would lengthen every reading of the thread."""


def spent(session: Session, run_id: str) -> tuple[int, int, int]:
    """Prompt and completion tokens a run has used so far, and the steps it has taken."""
    taken = steps.of_run(session, run_id)
    usages = [step.body["usage"] for step in taken if step.body["usage"]]
    prompt = sum(usage["prompt_tokens"] for usage in usages)
    return prompt, sum(usage["completion_tokens"] for usage in usages), len(taken)


def of_tools(session: Session, run_id: str) -> tuple[list[Wire], list[str], dict[str, str]]:
    """The tool resources of a run, its assistant's first and its thread's second, what the person asked, and `written`."""
    run, resources, paths = _resources(session, run_id)
    asked = session.scalars(
        select(MessageRow)
        .where(MessageRow.thread_id == run.thread_id, MessageRow.role == "user")
        .order_by(MessageRow.number.desc())
        .limit(2)
    )
    return resources, questions([text_of(message) for message in asked]), paths


def _resources(session: Session, run_id: str) -> tuple[RunRow, list[Wire], dict[str, str]]:
    """A run, its tool resources and its thread's, and the files that programs of the thread have written."""
    run = session.scalars(select(RunRow).where(RunRow.id == run_id)).one()
    thread = session.scalars(select(ThreadRow).where(ThreadRow.id == run.thread_id)).one()
    resources = [run.body["tool_resources"], thread.body["tool_resources"]]
    return run, resources, dict(thread.body.get("written", {}))


def code_files(resources: list[Wire]) -> list[str]:
    """The ids of the files given to the code interpreter."""
    ids = [i for each in resources for i in each.get("code_interpreter", {}).get("file_ids", ())]
    return list(dict.fromkeys(ids))


def questions(newest_first: list[str]) -> list[str]:
    """The last question; a short one may lean on the one before, so both together are a question too."""
    if len(newest_first) == 2 and len(question_terms(newest_first[0])) < LEANING_TERMS:
        return [newest_first[0], f"{newest_first[1]} {newest_first[0]}"]
    return newest_first[:1]


def text_of(message: MessageRow) -> str:
    """What a message says in words."""
    return "\n".join(part["text"]["value"] for part in message.body["content"] if part["type"] == "text")


def written(session: Session, thread_id: str) -> dict[str, str]:
    """The files that programs of a thread have written, by their paths."""
    body = session.scalar(select(ThreadRow.body).where(ThreadRow.id == thread_id)) or {}
    return dict(body.get("written", {}))


def note_written(session: Session, thread_id: str, paths: dict[str, str]) -> None:
    """Add to them; the oldest are forgotten when there are many. Nothing when the thread was deleted meanwhile."""
    thread = session.scalar(holding(select(ThreadRow).where(ThreadRow.id == thread_id)))
    if thread is not None:
        before = {path: i for path, i in thread.body.get("written", {}).items() if path not in paths}
        kept = list({**before, **paths}.items())[-MOST_WRITTEN:]
        bodies_changed(thread, written=dict(kept))


@dataclass(frozen=True, slots=True)
class AtHand:
    """A file that programs find: its name in /mnt/data, and where its bytes are."""

    name: str
    blob_key: str


def at_hand(session: Session, owner: str, run_id: str) -> list[AtHand]:
    """The files that the programs of a run find, at most MOST_WRITTEN of them, attached ones first."""
    _, resources, paths = _resources(session, run_id)
    wanted = [*code_files(resources), *paths.values()][:MOST_WRITTEN]
    query = select(FileRow).where(FileRow.id.in_(wanted), FileRow.owner == owner)
    rows = {row.id: row for row in session.scalars(query)}
    names = {file_id: path.removeprefix(FOLDER) for path, file_id in paths.items()}
    found = [AtHand(names.get(i, rows[i].filename), rows[i].blob_key) for i in wanted if i in rows]
    return list({file.name: file for file in found}.values())


def next_search(session: Session, thread_id: str) -> int:
    """The number of a thread's next file search, counted from 1 and never given twice."""
    thread = session.scalars(holding(select(ThreadRow).where(ThreadRow.id == thread_id))).one()
    number = int(thread.body.get("searches", 0)) + 1
    bodies_changed(thread, searches=number)
    return number
