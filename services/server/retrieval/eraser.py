"""Removes what the outbox names: blobs nobody uses, vectors of files that left a store."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from services.server.store import outbox
from services.server.store.database import ServerDatabase
from services.storage.blob_use import delete_if_unused

if TYPE_CHECKING:
    from services.documents.vectors import VectorIndex
    from services.storage.blobs import Blobs


class Eraser:
    """Works the outbox off, oldest note first."""

    def __init__(self, database: ServerDatabase, blobs: Blobs, vectors: VectorIndex) -> None:
        self._database, self._blobs, self._vectors = database, blobs, vectors
        self._working = asyncio.Lock()

    async def work(self) -> None:
        """Remove everything that is noted now. Raises StorageFailed; what is left stays noted."""
        async with self._working:
            erased = 0
            while noted := await self._database.read(outbox.pending):
                for number, kind, key in noted:
                    await self._remove(number, kind, key)
                    erased += 1
            if erased:
                await asyncio.to_thread(self._database.opened().purge)

    async def _remove(self, number: int, kind: str, key: str) -> None:
        if kind == outbox.BLOB:
            await self._database.write(_remove_blob, self._blobs, number, key)
            return
        if kind == outbox.COLLECTION:
            await asyncio.to_thread(self._vectors.remove_store, key)
        else:
            store, _, document = key.partition("/")
            await asyncio.to_thread(self._vectors.remove_document, store, int(document))
        await self._database.write(outbox.done, number)


def _remove_blob(session: Session, blobs: Blobs, number: int, key: str) -> None:
    delete_if_unused(session, blobs, key)
    outbox.done(session, number)
