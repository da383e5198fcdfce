"""Fills the indexes of stores anew that a file has left: Chroma only marks its vectors, and keeps their numbers on the disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.server.retrieval.courtesy import step_aside
from services.server.store import outbox, passages, vector_stores
from services.server.store.database import ServerDatabase
from services.storage.api_tables import VectorStoreRow

if TYPE_CHECKING:
    from services.documents.vectors import VectorIndex

log = logging.getLogger("tandem.retrieval")

AT_ONCE = 500


class Renewer:
    """One store at a time, a portion at a time. A store that many files leave is renewed once for all of them."""

    def __init__(
        self, database: ServerDatabase, vectors: VectorIndex, is_chat_busy: Callable[[], bool]
    ) -> None:
        self._database, self._vectors, self._is_chat_busy = database, vectors, is_chat_busy

    async def renew_next(self) -> bool:
        """Renew the index of the store that waits longest; False when none waits. A failure leaves it waiting."""
        wanted = await self._database.read(outbox.wanted_renewal)
        if wanted is None:
            return False
        store_id, notes = wanted
        if await self._database.read(_is_in_use, store_id):
            await self._renew(store_id)
        await self._database.write(outbox.done, notes)
        return True

    async def _renew(self, store_id: str) -> None:
        await asyncio.to_thread(self._vectors.begin_renewal, store_id)
        last = (0, -1)
        while True:
            windows, vectors = await self._database.read(passages.vectors_in, store_id, last, AT_ONCE)
            if not windows:
                break
            await step_aside(self._is_chat_busy)
            places = [(document, start, end) for document, _, start, end in windows]
            await asyncio.to_thread(self._vectors.add_to_renewal, store_id, places, vectors)
            last = windows[-1][:2]
        await asyncio.to_thread(self._vectors.end_renewal, store_id)
        log.info("the index of a store was renewed")


def _is_in_use(session: Session, store_id: str) -> bool:
    """Whether the store is there: the index of one that is deleted or has expired is removed as a whole."""
    row = session.scalar(select(VectorStoreRow).where(VectorStoreRow.id == store_id))
    return row is not None and not vector_stores.is_expired(row)
