"""A run told from its record alone, once its events are no longer in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.server.runs.events import EventLog, EventLogs, encoded
from services.server.runs.records import Events
from services.server.store import messages, steps
from services.server.store.database import ServerDatabase
from services.storage.api_tables import MessageRow

Wire = dict[str, Any]


async def as_stored(database: ServerDatabase, owner: str, run: Wire) -> AsyncIterator[bytes]:
    """Each step and message as it ended, then the run: whoever merges by id has everything then."""
    for name, wire in await database.read(_told, owner, run):
        yield encoded(name, wire)


async def log_of(database: ServerDatabase, logs: EventLogs, owner: str, run: Wire) -> EventLog:
    """The log of a run; a new one begins with what the record tells of the time before."""
    return logs.get(run["id"]) or logs.open(run["id"], await database.read(_told, owner, run))


def _told(session: Session, owner: str, run: Wire) -> Events:
    told: Events = []
    written = session.scalars(
        select(MessageRow).where(MessageRow.run_id == run["id"], MessageRow.owner == owner)
    )
    by_id = {row.id: row for row in written}
    for step in steps.of_run(session, run["id"]):
        wire = steps.wire(step)
        told.append(("thread.run.step.created", wire))
        message = by_id.get(wire["step_details"].get("message_creation", {}).get("message_id"))
        if message is not None:
            told.append(("thread.message.created", messages.wire(message)))
            told.append((f"thread.message.{message.status}", messages.wire(message)))
        told.append((f"thread.run.step.{step.status}", wire))
    return [*told, (f"thread.run.{run['status']}", run)]
