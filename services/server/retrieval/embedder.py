"""Gives files that were read their vectors, window by window, while they are searchable by their words already."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from services.errors import AppError
from services.server.store import passages, texts
from services.server.store.clock import now
from services.server.store.database import ServerDatabase
from services.server.store.lookup import bodies_changed
from services.server.store.store_files import DONE, TO_EMBED
from services.storage.api_tables import DocumentRow, StoreFileRow, VectorStoreRow

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from services.documents.vectors import VectorIndex

    Vectors = npt.NDArray[np.float32]

log = logging.getLogger("tandem.retrieval")

AT_ONCE = 32
PATIENCE_S = 3
"""So long a file waits for its vectors before it counts as completed by its words alone."""
STALE_AFTER_S = 15
POLITE_S = 0.25
LONGEST_POLITE_S = 2.0
REST_S = 60.0


class EmbeddingModel(Protocol):
    """What gives vectors. Both methods block."""

    model_id: str

    def spans(self, text: str) -> list[tuple[int, int]]:
        """The text cut into stretches the model can read whole."""

    def embed(self, texts: list[str]) -> Vectors:
        """One vector of length 1 for each."""


@dataclass(frozen=True, slots=True)
class Job:
    """A file of a store whose document is to get vectors."""

    number: int
    owner: str
    store_id: str
    document: int


class Embedder:
    """One document at a time, the shortest first. It steps aside while the chat model has work."""

    def __init__(
        self,
        database: ServerDatabase,
        vectors: VectorIndex,
        model: EmbeddingModel,
        worker: str,
        is_chat_busy: Any,
    ) -> None:
        self._database, self._vectors, self._model = database, vectors, model
        self._worker, self._is_chat_busy = worker, is_chat_busy
        self._resting_until = 0.0

    async def embed_next(self) -> bool:
        """Embed the shortest waiting document, or a part of it; False when none waits."""
        await self._database.write(_lose_patience)
        if time.monotonic() < self._resting_until:
            return False
        job = await self._database.write(_claim, self._worker)
        if job is None:
            return False
        try:
            await self._embed(job)
        except AppError as error:
            # The words are searchable all the same, and the vectors follow when the model can be had.
            log.warning("no vectors for now, for entry %d: %s", job.number, error.user_message)
            self._resting_until = time.monotonic() + REST_S
        return True

    async def _embed(self, job: Job) -> None:
        if not await self._database.read(passages.has_windows, job.document, self._model.model_id):
            await self._cut(job)
        await self._put_into_store(job, 0)
        while left := await self._database.read(passages.windows_left, job.document, AT_ONCE):
            await self._step_aside()
            stretches = await self._database.read(_stretches, job.document, left)
            vectors = await asyncio.to_thread(self._model.embed, stretches)
            found = {ordinal: vectors[i] for i, (ordinal, _, _) in enumerate(left)}
            await self._database.write(passages.keep_vectors, job.document, found)
            await self._put_into_store(job, left[0][0])
            if not await self._database.write(_still_wanted, job, len(left)):
                break
        if not await self._database.write(_finish, job.number):
            await self._take_out(job)

    async def _take_out(self, job: Job) -> None:
        """The file left its store while its vectors were put there: the eraser may have come too early for them."""
        store_is_there, file_is_there = await self._database.read(_is_there, job)
        if not store_is_there:
            await asyncio.to_thread(self._vectors.remove_store, job.store_id)
        elif not file_is_there:
            await asyncio.to_thread(self._vectors.remove_document, job.store_id, job.document)

    async def _cut(self, job: Job) -> None:
        text = await self._database.read(_text, job.document)
        spans = await asyncio.to_thread(self._model.spans, text)
        await self._database.write(_keep_windows, job, self._model.model_id, spans)

    async def _put_into_store(self, job: Job, first: int) -> None:
        """Put the vectors from ordinal `first` on, where there are any, into the store's index."""
        spans, vectors = await self._database.read(passages.vectors_of, job.document, first)
        if spans:
            await asyncio.to_thread(self._vectors.add, job.store_id, job.document, spans, vectors)

    async def _step_aside(self) -> None:
        until = time.monotonic() + LONGEST_POLITE_S
        while self._is_chat_busy() and time.monotonic() < until:
            await asyncio.sleep(POLITE_S)


def _claim(session: Session, worker: str) -> Job | None:
    at = now()
    free = or_(
        StoreFileRow.worker.is_(None),
        StoreFileRow.heartbeat_at < at - STALE_AFTER_S,
        StoreFileRow.heartbeat_at > at + STALE_AFTER_S,
        StoreFileRow.worker == worker,
    )
    query = (
        select(StoreFileRow)
        .join(DocumentRow, DocumentRow.number == StoreFileRow.document)
        .where(StoreFileRow.stage == TO_EMBED, free)
        .order_by(DocumentRow.characters, StoreFileRow.number)
    )
    row = session.scalar(query.limit(1).with_for_update(of=StoreFileRow, skip_locked=True))
    if row is None or row.document is None:
        return None
    row.worker, row.heartbeat_at = worker, at
    return Job(row.number, row.owner, row.vector_store_id, row.document)


def _lose_patience(session: Session) -> None:
    """Files whose vectors take long are completed by their words; the vectors follow."""
    waiting = select(StoreFileRow).where(StoreFileRow.stage == TO_EMBED, StoreFileRow.status == "in_progress")
    for row in session.scalars(waiting):
        if row.body.get("words_at", 0) < now() - PATIENCE_S:
            row.status = "completed"


def _text(session: Session, document: int) -> str:
    row = session.get(DocumentRow, document)
    return "" if row is None else texts.read(session, document, 0, row.characters)


def _stretches(session: Session, document: int, windows: list[tuple[int, int, int]]) -> list[str]:
    return [texts.read(session, document, start, end) for _, start, end in windows]


def _keep_windows(session: Session, job: Job, model: str, spans: list[tuple[int, int]]) -> None:
    if session.get(DocumentRow, job.document) is None:
        return
    passages.forget_windows(session, job.document)
    passages.add_windows(session, job.owner, job.document, model, spans)
    row = session.get(StoreFileRow, job.number)
    if row is not None:
        bodies_changed(row, windows=len(spans), embedded=0)


def _still_wanted(session: Session, job: Job, more: int) -> bool:
    row = session.get(StoreFileRow, job.number)
    if row is None or row.stage != TO_EMBED:
        return False
    row.heartbeat_at = now()
    bodies_changed(row, embedded=row.body.get("embedded", 0) + more)
    return True


def _finish(session: Session, number: int) -> bool:
    row = session.get(StoreFileRow, number)
    if row is None:
        return False
    if row.stage == TO_EMBED:
        row.status, row.stage, row.worker = "completed", DONE, None
        bodies_changed(row, embedded=row.body.get("windows", 0))
    return True


def _is_there(session: Session, job: Job) -> tuple[bool, bool]:
    """Whether the store is there, and in it a file with this document."""
    store = session.scalar(select(VectorStoreRow.number).where(VectorStoreRow.id == job.store_id))
    file = select(StoreFileRow.number).where(
        StoreFileRow.vector_store_id == job.store_id, StoreFileRow.document == job.document
    )
    return store is not None, session.scalar(file.limit(1)) is not None
