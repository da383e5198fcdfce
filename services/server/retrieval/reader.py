"""Reads files that were put into vector stores: their text, their chunks, and the words these are found by."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from services.documents import bm25
from services.documents.chunks import Chunk, chunk
from services.documents.document import Document, ocr_pages
from services.documents.extraction import extract
from services.documents.headings import heading_paths
from services.documents.reading_process import Cancelled
from services.errors import AppError, InvalidInput, StorageFailed
from services.server.errors import where_it_broke
from services.server.store import passages, texts
from services.server.store.clock import now
from services.server.store.database import ServerDatabase
from services.server.store.lookup import bodies_changed, find_or_none
from services.server.store.store_files import DONE, TO_EMBED, TO_READ, TO_RECOGNISE, of_number
from services.storage.api_tables import FileRow, StoreFileRow, VectorStoreRow

if TYPE_CHECKING:
    from services.documents.workers import Workers
    from services.storage.blobs import Blobs

log = logging.getLogger("tandem.retrieval")

HEARTBEAT_S = 1.0
STALE_AFTER_S = 15
MOST_ATTEMPTS = 3
REST_S = 5.0
FAULT = "The file could not be read, through a fault of the server."

Words = tuple[list[Chunk], bm25.Segment]


@dataclass(frozen=True, slots=True)
class Job:
    """A file of a store that is to be read."""

    number: int
    owner: str
    store_id: str
    filename: str
    blob_key: str
    chunking: dict[str, int]


class Reading:
    """How far the reading of a file has come, told by one thread and read by another."""

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self.pages: tuple[int, int] | None = None

    def note(self, read: int, in_all: int) -> None:
        """So many pages are read, of how many."""
        self.pages = read, in_all


class Reader:
    """One file at a time, the one that waits longest first."""

    stage = TO_READ

    def __init__(self, database: ServerDatabase, blobs: Blobs, workers: Workers, worker: str) -> None:
        self._database, self._blobs, self._workers, self._worker = database, blobs, workers, worker
        self._resting_until = 0.0

    async def read_next(self) -> bool:
        """Read one waiting file; False when none waits. One that the storage fails is tried again a few times."""
        if time.monotonic() < self._resting_until:
            return False
        job = await self._database.write(_claim, self._worker, self.stage)
        if job is None:
            return False
        began = time.monotonic()
        try:
            await self._read(job)
        except InvalidInput as error:
            # OpenAI has no code for a file that is locked; the sentence and a field of its own tell.
            needs_password = error.code == "password_needed"
            code = "invalid_file" if needs_password else error.code or "invalid_file"
            await self._fail(job, code, error.user_message, needs_password=needs_password)
        except Cancelled:
            log.info("reading was given up: entry=%d", job.number)
        except StorageFailed as error:
            log.warning("entry %d is not read yet: %s", job.number, error.user_message)
            self._resting_until = time.monotonic() + REST_S
            if not await self._database.write(_has_attempt_left, job.number):
                await self._fail(job, "server_error", error.user_message)
        except AppError as error:
            await self._fail(job, "server_error", error.user_message)
        except Exception as error:
            log.error("entry %d: unexpected %s\n%s", job.number, type(error).__name__, where_it_broke(error))
            await self._fail(job, "server_error", FAULT)
        log.info("%s: entry=%d duration_s=%.2f", self.stage, job.number, time.monotonic() - began)
        return True

    async def _read(self, job: Job) -> None:
        reading = Reading()
        pulse = asyncio.create_task(self._keep_claim(job, reading))
        try:
            await self._read_pages(job, reading)
        finally:
            pulse.cancel()

    async def _read_pages(self, job: Job, reading: Reading) -> None:
        document = await self._database.read(known, job)
        if document is None:
            document = await asyncio.to_thread(self._extract, job, reading)
        words = await asyncio.to_thread(cut, document, job.chunking)
        await self._database.write(_keep, job, document, words)

    def _extract(self, job: Job, reading: Reading) -> Document:
        with self._blobs.local_path(job.blob_key) as path:
            return extract(
                path, job.filename, self._workers, progress=reading.note, cancelled=reading.cancelled
            )

    async def _keep_claim(self, job: Job, reading: Reading) -> None:
        """Say that the file is being read, and notice when nobody wants it any more."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            with suppress(StorageFailed):
                if not await self._database.write(_still_wanted, job.number, reading.pages):
                    reading.cancelled.set()

    async def _fail(self, job: Job, code: str, message: str, **told: bool) -> None:
        await self._database.write(_failed, job.number, {"code": code, "message": message}, told)


def cut(document: Document, chunking: dict[str, int]) -> Words:
    """The chunks of a document, and the words of each and of the headings above it. Blocks."""
    chunks = chunk(document, chunking["max_chunk_size_tokens"], chunking["chunk_overlap_tokens"])
    # Measured with 243 questions: nDCG@10 by words 0.707 instead of 0.697, by both sides 0.790 instead of 0.787.
    paths = heading_paths(document, [c.start for c in chunks])
    texts_of = (f"{path}\n{document.text[c.start : c.end]}" for c, path in zip(chunks, paths, strict=True))
    return chunks, bm25.segment(texts_of)


def _claim(session: Session, worker: str, stage: str) -> Job | None:
    at = now()
    free = or_(
        StoreFileRow.worker.is_(None),
        StoreFileRow.heartbeat_at < at - STALE_AFTER_S,
        StoreFileRow.heartbeat_at > at + STALE_AFTER_S,
        StoreFileRow.worker == worker,
    )
    query = select(StoreFileRow).where(StoreFileRow.stage == stage, free).order_by(StoreFileRow.number)
    row = session.scalar(query.limit(1).with_for_update(skip_locked=True))
    if row is None:
        return None
    file = session.scalars(select(FileRow).where(FileRow.id == row.file_id)).one()
    row.worker, row.heartbeat_at = worker, at
    place = row.number, row.owner, row.vector_store_id
    return Job(*place, file.filename, file.blob_key, row.body["chunking"])


def known(session: Session, job: Job) -> Document | None:
    """What has been read of the same bytes already."""
    row = texts.find(session, job.owner, job.blob_key)
    return None if row is None else texts.load(session, row)


def _keep(session: Session, job: Job, document: Document, words: Words) -> None:
    """The text, the chunks and the words in one transaction: a file is searchable or it is not."""
    # The store is held first, as whoever deletes it does: the other way round both would wait for each other.
    store = find_or_none(session, VectorStoreRow, job.owner, job.store_id, held=True)
    row = of_number(session, job.number)
    if store is None or row is None or row.stage != TO_READ or row.body["chunking"] != job.chunking:
        return  # taken out of the store, given up, or wanted in other chunks while it was read
    kept = texts.add(session, job.owner, job.blob_key, document)
    if not texts.is_as_far(kept, document):
        row.worker = None  # to be cut again, as it is kept by now
        return
    row.document = kept.number
    put_into_store(session, row, store, document, words)


def put_into_store(
    session: Session, row: StoreFileRow, store: VectorStoreRow, document: Document, words: Words
) -> None:
    """Let a file be found by its words; what is to be done next are its pictures, or else its vectors."""
    chunks, segment = words
    if chunks:  # a scan of which no page has been recognised yet has none
        passages.replace_segment(session, row, store.number, chunks, segment)
    row.stage, row.worker = TO_RECOGNISE if document.pictures else TO_EMBED, None
    row.usage_bytes = sum(len(document.text[c.start : c.end].encode()) for c in chunks)
    bodies_changed(row, words_at=now(), chunks=len(chunks), **_told(row, document))


def _told(row: StoreFileRow, document: Document) -> dict[str, Any]:
    """What is told of a document: its title, and what became of its pages that are pictures."""
    told: dict[str, Any] = {
        "title": document.about.title,
        "ocr_pages": ocr_pages(document),
        "unread_pages": list(document.unread),
    }
    if document.pictures:
        pages = max(
            row.body.get("to_read", 0), document.pictures[-1], *(s.page or 0 for s in document.sections)
        )
        told |= {"to_read": pages, "read": pages - len(document.pictures)}
    return told


def _still_wanted(session: Session, number: int, pages: tuple[int, int] | None) -> bool:
    row = of_number(session, number)
    if row is None or row.stage == DONE:
        return False
    row.heartbeat_at = now()
    if pages is not None:
        bodies_changed(row, read=pages[0], to_read=pages[1])
    return True


def _has_attempt_left(session: Session, number: int) -> bool:
    """Count one more attempt to read a file; False when it was the last."""
    row = of_number(session, number)
    attempts = 1 + (row.body.get("attempts", 0) if row is not None else 0)
    if row is not None:
        bodies_changed(row, attempts=attempts)
    return attempts < MOST_ATTEMPTS


def _failed(session: Session, number: int, error: dict[str, Any], told: dict[str, bool]) -> None:
    row = of_number(session, number)
    if row is not None and row.status == "in_progress":
        passages.forget_segment(session, number)
        row.status, row.stage, row.worker, row.document = "failed", DONE, None, None
        bodies_changed(row, last_error=error, **told)
