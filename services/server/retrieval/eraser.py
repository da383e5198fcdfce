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

Note = tuple[int, str, str]
"""Number, kind and key of something that is to be removed."""


class Eraser:
    """Works the outbox off, oldest note first."""

    def __init__(self, database: ServerDatabase, blobs: Blobs, vectors: VectorIndex) -> None:
        self._database, self._blobs, self._vectors = database, blobs, vectors
        self._working = asyncio.Lock()
        self._is_purged = False

    async def work(self) -> bool:
        """Remove everything that is noted now; False when there was nothing.

        Raises StorageFailed; what could not be removed stays noted.
        """
        async with self._working:
            last, failures = 0, list[StorageFailed]()
            while noted := await self._database.read(outbox.pending, last):
                self._is_purged = False
                failures += await self._remove(noted)
                last = noted[-1][0]
            if not self._is_purged:
                self._is_purged = await asyncio.to_thread(self._database.opened().purge)
            await asyncio.to_thread(self._vectors.tidy)
            if failures:
                raise failures[-1]
            return last > 0

    async def _remove(self, noted: list[Note]) -> list[StorageFailed]:
        """Remove these, each as far as it can be: what failed may lie somewhere else than the rest."""
        failures = []
        stores = [note for note in noted if note[1] == outbox.COLLECTION]
        for notes in ([stores] if stores else []) + [[note] for note in noted if note not in stores]:
            try:
                await self._remove_alike(notes)
            except StorageFailed as error:
                failures.append(error)
        return failures

    async def _remove_alike(self, notes: list[Note]) -> None:
        number, kind, key = notes[0]
        if kind == outbox.COLLECTION:
            await asyncio.to_thread(self._vectors.remove_stores, [note[2] for note in notes])
        elif kind == outbox.BLOB:
            await self._database.write(delete_if_unused, self._blobs, key)
        else:
            store_id, _, document = key.partition("/")
            await asyncio.to_thread(self._vectors.remove_document, store_id, int(document))
            if self._vectors.is_embedded:
                return await self._database.write(outbox.renew_later, number, store_id)
        return await self._database.write(outbox.done, [note[0] for note in notes])
