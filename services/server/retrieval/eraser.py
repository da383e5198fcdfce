"""Removes what the outbox names: blobs nobody uses, vectors of files that left a store."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from services.errors import StorageFailed
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
        self._is_purged = False

    async def work(self) -> None:
        """Remove everything that is noted now. Raises StorageFailed; what could not be removed stays noted."""
        async with self._working:
            last, failure = 0, None
            while noted := await self._database.read(outbox.pending, last):
                self._is_purged = False
                for last, kind, key in noted:
                    try:
                        await self._remove(last, kind, key)
                    except StorageFailed as error:  # what else is noted may lie somewhere that works
                        failure = error
            await asyncio.to_thread(self._vectors.tidy)
            if not self._is_purged:
                self._is_purged = await asyncio.to_thread(self._database.opened().purge)
            if failure is not None:
                raise failure

    async def _remove(self, number: int, kind: str, key: str) -> None:
        if kind == outbox.BLOB:
            await self._database.write(delete_if_unused, self._blobs, key)
        elif kind == outbox.COLLECTION:
            await asyncio.to_thread(self._vectors.remove_store, key)
        else:
            store_id, _, document = key.partition("/")
            await asyncio.to_thread(self._vectors.remove_document, store_id, int(document))
            if self._vectors.is_embedded:
                return await self._database.write(outbox.renew_later, number, store_id)
        return await self._database.write(outbox.done, [number])
