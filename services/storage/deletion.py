"""Turns deleted for good, with the files nobody else needs."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from services.storage.blob_use import delete_if_unused
from services.storage.blobs import Blobs
from services.storage.tables import TurnBlobRow, TurnRow
from services.storage.turn_rows import lock_blobs


def delete_turns(session: Session, blobs: Blobs, owner: str, which: ColumnElement[bool]) -> None:
    """Delete these turns of the owner; what hangs on them goes along by foreign key and trigger."""
    lock_blobs(session)
    mine = select(TurnRow.id).where(which, TurnRow.owner == owner)
    keys = session.scalars(select(TurnBlobRow.blob_key).where(TurnBlobRow.turn_id.in_(mine))).all()
    session.execute(delete(TurnRow).where(which, TurnRow.owner == owner))
    for key in set(keys):
        delete_if_unused(session, blobs, key)
