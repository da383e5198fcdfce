"""The models that fine-tuning has made, each of one owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.storage.blob_use import delete_if_unused
from services.storage.blobs import Blobs
from services.storage.fine_tuning_tables import TuningCheckpointRow

Wire = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TunedModel:
    """A model's name, the model it rests on, and where its adapter is."""

    name: str
    base: str
    blob_key: str


def listed(session: Session, owner: str) -> list[Wire]:
    """The owner's models, as /v1/models shows them."""
    rows = session.scalars(_of(owner).order_by(TuningCheckpointRow.number.desc()))
    return [_wire(row) for row in rows]


def find(session: Session, owner: str, name: str) -> TunedModel | None:
    """The owner's model of this name."""
    row = session.scalar(_of(owner).where(TuningCheckpointRow.name == name))
    if row is None or row.blob_key is None:
        return None
    return TunedModel(name, row.base, row.blob_key)


def delete(session: Session, owner: str, name: str, blobs: Blobs) -> bool:
    """Delete a model and its bytes; whether there was one."""
    row = session.scalar(_of(owner).where(TuningCheckpointRow.name == name).with_for_update())
    if row is None:
        return False
    key, row.name, row.blob_key = row.blob_key, None, None
    session.flush()
    if key is not None:
        delete_if_unused(session, blobs, key)
    return True


def _of(owner: str) -> Any:
    return select(TuningCheckpointRow).where(
        TuningCheckpointRow.owner == owner, TuningCheckpointRow.name.is_not(None)
    )


def _wire(row: TuningCheckpointRow) -> Wire:
    return {
        "id": row.name,
        "object": "model",
        "created": row.created_at,
        "owned_by": "tandem",
        "shutdown_date": None,
        "kind": "chat",
        "base": row.base,
        "local": True,
    }
