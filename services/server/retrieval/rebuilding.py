"""Indexes compared with the database: one that lacks vectors, as after a restore, or has too many is filled again."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from services.documents.vectors import NEW
from services.server.store import outbox
from services.server.store.clock import now
from services.server.store.database import ServerDatabase
from services.server.store.store_files import DONE, TO_EMBED
from services.storage.api_tables import StoreFileRow, VectorStoreRow, WindowRow

if TYPE_CHECKING:
    from services.documents.vectors import VectorIndex

log = logging.getLogger("tandem.retrieval")


async def rebuild_missing(database: ServerDatabase, vectors: VectorIndex) -> int:
    """Have every store's vectors put into its index again where some are missing; how many stores. Nothing is embedded anew."""
    rebuilt = 0
    for store_id, expected in (await database.read(_expected, StoreFileRow.stage == DONE)).items():
        if await asyncio.to_thread(vectors.count, store_id) < expected:
            await database.write(_put_back, store_id)
            rebuilt += 1
    if rebuilt:
        log.info("the vectors of %d stores are put into their index again", rebuilt)
    return rebuilt


async def note_strays(database: ServerDatabase, vectors: VectorIndex) -> int:
    """Write down which indexes have vectors of files that are gone, as after a crash; how many."""
    if not vectors.is_embedded:
        return 0  # others may use the server, too
    counts = await asyncio.to_thread(vectors.counts)
    most = await database.read(_expected)
    # A new index beside the one in use was to take its place when the process ended.
    strays = {
        name.removesuffix(NEW) for name, count in counts.items() if count > most.get(name, 0) or NEW in name
    }
    for store_id in strays:
        await database.write(outbox.forget_index, store_id)
    return len(strays)


def _expected(session: Session, *where: ColumnElement[bool]) -> dict[str, int]:
    """For each store that is searched, how many windows with vectors its files have."""
    documents = (
        select(StoreFileRow.vector_store_id, StoreFileRow.document)
        .where(StoreFileRow.document.is_not(None), *where)
        .distinct()
        .subquery()
    )
    rows = session.execute(
        select(documents.c.vector_store_id, func.count())
        .join(WindowRow, WindowRow.document == documents.c.document)
        .join(VectorStoreRow, VectorStoreRow.id == documents.c.vector_store_id)
        .where(WindowRow.vector.is_not(None))
        .where(or_(VectorStoreRow.expires_at.is_(None), VectorStoreRow.expires_at > now()))
        .group_by(documents.c.vector_store_id)
    )
    return {store_id: count for store_id, count in rows}  # noqa: C416 - rows are no pairs to dict()


def _put_back(session: Session, store_id: str) -> None:
    done = StoreFileRow.stage == DONE, StoreFileRow.document.is_not(None)
    session.execute(
        update(StoreFileRow)
        .where(StoreFileRow.vector_store_id == store_id, *done)
        .values(stage=TO_EMBED, worker=None)
    )
