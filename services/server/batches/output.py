"""The result files of a batch."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from services.server.batches import records
from services.server.keeping import Record, keep
from services.server.store.database import ServerDatabase
from services.server.store.files import NewFile
from services.storage.local_files import temporary_file

if TYPE_CHECKING:
    from pathlib import Path

    from services.storage.blobs import Blobs

PURPOSE = "batch_output"
FILES = (("output_file_id", "output", True), ("error_file_id", "error", False))


async def write_files(database: ServerDatabase, blobs: Blobs, batch_id: str) -> None:
    """Write what was answered, and what failed, as far as there is any and it is not written yet."""
    _, known = await database.read(records.place, batch_id)
    for name, word, are_good in FILES:
        if known.get(name) is not None:
            continue
        with temporary_file(await asyncio.to_thread(blobs.incoming)) as path:
            if await _write(database, batch_id, path, are_good=are_good):
                filename = f"{batch_id}_{word}.jsonl"
                record = _record(batch_id, name, filename, path.stat().st_size, known["output_lives_s"])
                await keep(database, blobs, path, record)


async def _write(database: ServerDatabase, batch_id: str, path: Path, *, are_good: bool) -> bool:
    """Write one file in pieces; False when it is empty."""
    after = 0
    with path.open("wb") as file:
        while rows := await database.read(records.answers, batch_id, after, are_good=are_good):
            await asyncio.to_thread(file.writelines, records.unpacked(rows))
            after = rows[-1][0]
    return after > 0


def _record(batch_id: str, name: str, filename: str, size_bytes: int, lives_s: int | None) -> Record:
    def record(session: Session, key: str) -> records.Wire:
        file = NewFile(filename, PURPOSE, size_bytes, key, lives_s)
        return records.add_file(session, batch_id, name, file)

    return record
