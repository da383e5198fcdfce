"""A new file: its bytes in the blobs and what needs them in the database, both or neither."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from services.errors import NotFound, StorageFailed
from services.server.store.database import ServerDatabase
from services.storage.blob_use import delete_if_unused

if TYPE_CHECKING:
    from services.storage.blobs import Blobs

Wire = dict[str, Any]
Record = Callable[[Session, str], Wire]


async def keep(database: ServerDatabase, blobs: Blobs, path: Path, record: Record) -> Wire:
    """Take the bytes over and write down what needs them. Raises StorageFailed."""
    key = await asyncio.to_thread(blobs.put_file, path)
    try:
        return await database.write(_recorded, record, key, blobs)
    except BaseException:
        with suppress(StorageFailed):
            await database.write(delete_if_unused, blobs, key)
        raise


def _recorded(session: Session, record: Record, key: str, blobs: Blobs) -> Wire:
    made = record(session, key)
    try:
        blobs.size_of(key)
    except NotFound:  # the last other file with these bytes was deleted between storing and now
        raise StorageFailed("The file could not be kept. Try it again.") from None
    return made
