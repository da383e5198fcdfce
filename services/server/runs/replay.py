"""A run told from its record alone, once its events are no longer in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.server.runs.events import encoded
from services.server.store import messages, steps
from services.server.store.database import ServerDatabase
from services.storage.api_tables import MessageRow

Wire = dict[str, Any]


async def as_stored(database: ServerDatabase, owner: str, run: Wire) -> AsyncIterator[bytes]:
    """Each step and message as it ended, then the run: whoever merges by id has everything then."""
    for name, wire in await database.read(_told, owner, run["id"]):
        yield encoded(name, wire)
    yield encoded(f"thread.run.{run['status']}", run)


def _told(session: Session, owner: str, run_id: str) -> list[tuple[str, Wire]]:
    told: list[tuple[str, Wire]] = []
    written = session.scalars(
        select(MessageRow).where(MessageRow.run_id == run_id, MessageRow.owner == owner)
    )
    by_id = {row.id: row for row in written}
    for step in steps.of_run(session, run_id):
        wire = steps.wire(step)
        told.append(("thread.run.step.created", wire))
        message = by_id.get(wire["step_details"].get("message_creation", {}).get("message_id"))
        if message is not None:
            told.append(("thread.message.created", messages.wire(message)))
            told.append((f"thread.message.{message.status}", messages.wire(message)))
        told.append((f"thread.run.step.{step.status}", wire))
    return told
