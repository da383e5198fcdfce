"""Reads the pages of files that are pictures, a few at a time; what else the files hold is searchable meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.documents.document import Document
from services.documents.extraction import recognised
from services.server.retrieval.courtesy import step_aside
from services.server.retrieval.reader import Job, Reader, Reading, Words, cut, known, put_into_store
from services.server.store import passages, texts
from services.server.store.database import ServerDatabase
from services.server.store.lookup import bodies_changed, find_or_none
from services.server.store.store_files import TO_READ, TO_RECOGNISE, of_number
from services.storage.api_tables import DocumentRow, StoreFileRow, VectorStoreRow

if TYPE_CHECKING:
    from services.documents.workers import Workers
    from services.storage.blobs import Blobs

AT_ONCE = 4
"""Pages after which what was recognised is kept: a restart costs no more, and they can be asked about."""


class Recogniser(Reader):
    """Some pages of a file at a time, with processes of its own: no file that has its text waits for it."""

    stage = TO_RECOGNISE

    def __init__(
        self,
        database: ServerDatabase,
        blobs: Blobs,
        workers: Workers,
        worker: str,
        is_chat_busy: Callable[[], bool],
    ) -> None:
        super().__init__(database, blobs, workers, worker)
        self._is_chat_busy = is_chat_busy

    async def read_next(self) -> bool:
        """Recognise the next pages of one file; False when none waits. The processes end then: they are large."""
        if await super().read_next():
            return True
        await asyncio.to_thread(self._workers.rest)
        return False

    async def _read_pages(self, job: Job, reading: Reading) -> None:
        before = await self._database.read(known, job)
        if before is None:
            raise LookupError("the text of a file that is being recognised")
        await step_aside(self._is_chat_busy)
        began, pages = time.monotonic(), before.pictures[:AT_ONCE]
        after = await asyncio.to_thread(self._recognise, job, before, pages, reading)
        words = await asyncio.to_thread(cut, after, job.chunking)
        seconds_each = (time.monotonic() - began) / max(1, len(pages))
        await self._database.write(_keep, job, _Step(before, after, words, seconds_each))

    def _recognise(self, job: Job, document: Document, pages: tuple[int, ...], reading: Reading) -> Document:
        with self._blobs.local_path(job.blob_key) as path:
            return recognised(path, job.filename, document, pages, self._workers, cancelled=reading.cancelled)


@dataclass(frozen=True, slots=True)
class _Step:
    before: Document
    after: Document
    words: Words
    seconds_each: float


def _keep(session: Session, job: Job, step: _Step) -> None:
    store = find_or_none(session, VectorStoreRow, job.owner, job.store_id, held=True)
    row = of_number(session, job.number)
    if store is None or row is None or row.stage != TO_RECOGNISE or row.body["chunking"] != job.chunking:
        return
    kept = texts.find(session, job.owner, job.blob_key)
    if kept is None or not texts.is_as_far(kept, step.before):
        row.stage, row.worker = TO_READ, None  # another entry has brought the same text further
        return
    texts.replace(session, kept, step.after)
    _cut_others_again(session, kept, row)
    put_into_store(session, row, store, step.after, step.words)
    bodies_changed(row, left_s=round(len(step.after.pictures) * step.seconds_each, 1))


def _cut_others_again(session: Session, kept: DocumentRow, besides: StoreFileRow) -> None:
    """Other entries of the text have chunks of what it was before."""
    others = select(StoreFileRow).where(
        StoreFileRow.document == kept.number, StoreFileRow.number != besides.number
    )
    for other in session.scalars(others):
        passages.forget_segment(session, other.number)
        other.stage, other.worker, other.document = TO_READ, None, None
