"""Gives files that were read their vectors, window by window, while they are searchable by their words already."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from services.errors import AppError
from services.server.errors import where_it_broke
from services.server.retrieval.courtesy import step_aside
from services.server.store import outbox, passages, texts
from services.server.store.clock import now
from services.server.store.database import ServerDatabase
from services.server.store.lookup import bodies_changed
from services.server.store.store_files import DONE, TO_EMBED, of_number
from services.storage.api_tables import DocumentRow, StoreFileRow

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from services.documents.vectors import VectorIndex

    Vectors = npt.NDArray[np.float32]

log = logging.getLogger("tandem.retrieval")

AT_ONCE = 32
PATIENCE_S = 3
"""So long a file waits for its vectors before it counts as completed by its words; not at all where no model can give any."""
STALE_AFTER_S = 15
REST_S = 60.0


class EmbeddingModel(Protocol):
    """What gives vectors. Its methods block."""

    model_id: str

    def spans(self, text: str) -> list[tuple[int, int]]:
        """The text cut into stretches the model can read whole."""

    def embed(self, texts: list[str]) -> Vectors:
        """One vector of length 1 for each."""

    def health(self) -> dict[str, Any]:
        """Its `state`; `missing` where its files are yet to be fetched."""


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
        is_chat_busy: Callable[[], bool],
    ) -> None:
        self._database, self._vectors, self._model = database, vectors, model
        self._worker, self._is_chat_busy = worker, is_chat_busy
        self._resting_until = 0.0

    async def embed_next(self) -> bool:
        """Embed the shortest waiting document, or a part of it; False when none waits."""
        if self._is_resting:
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
        except Exception as error:
            log.error("entry %d: unexpected %s\n%s", job.number, type(error).__name__, where_it_broke(error))
            await self._database.write(_finish, job)
        return True

    async def lose_patience(self) -> bool:
        """Complete files by their words whose vectors take long; these follow."""
        since = now() + 1 if self._is_resting else now() - PATIENCE_S
        if await self._database.read(_impatient, since):
            await self._database.write(_lose_patience, since)
        return False

    @property
    def _is_resting(self) -> bool:
        """Whether the embedding model could not be had a moment ago."""
        return time.monotonic() < self._resting_until

    async def _embed(self, job: Job) -> None:
        if not await self._database.read(passages.has_windows, job.document, self._model.model_id):
            await self._cut(job)
        await self._database.write(_begin, job)
        await self._put_into_store(job, 0)
        began, done = time.monotonic(), 0
        while left := await self._database.read(passages.windows_left, job.document, AT_ONCE):
            await step_aside(self._is_chat_busy)
            stretches = await self._database.read(_stretches, job.document, left)
            vectors = await asyncio.to_thread(self._model.embed, stretches)
            found = {ordinal: vectors[i] for i, (ordinal, _, _) in enumerate(left)}
            await self._database.write(passages.keep_vectors, job.document, found)
            await self._put_into_store(job, left[0][0])
            done += len(left)
            if not await self._database.write(_went_on, job, len(left), (time.monotonic() - began) / done):
                break
        await self._database.write(_finish, job)

    async def _cut(self, job: Job) -> None:
        text = await self._database.read(_text, job.document)
        spans = await asyncio.to_thread(self._model.spans, text)
        await self._database.write(_keep_windows, job, self._model.model_id, spans)

    async def _put_into_store(self, job: Job, first: int) -> None:
        """Put the vectors from ordinal `first` on, where there are any, into the store's index."""
        spans, vectors = await self._database.read(passages.vectors_of, job.document, first)
        if spans:
            windows = [(job.document, start, end) for start, end in spans]
            await asyncio.to_thread(self._vectors.add, job.store_id, windows, vectors)


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


def _impatient(session: Session, since: int) -> bool:
    return any(_waits(row, since) for row in session.scalars(_waiting()))


def _lose_patience(session: Session, since: int) -> None:
    for row in session.scalars(_waiting().with_for_update(skip_locked=True)):
        if _waits(row, since):
            row.status = "completed"


def _waiting() -> Select[StoreFileRow]:
    return select(StoreFileRow).where(StoreFileRow.stage == TO_EMBED, StoreFileRow.status == "in_progress")


def _waits(row: StoreFileRow, since: int) -> bool:
    return int(row.body.get("words_at", 0)) < since


def _text(session: Session, document: int) -> str:
    row = session.get(DocumentRow, document)
    return "" if row is None else texts.read(session, document, 0, row.characters)


def _stretches(session: Session, document: int, windows: list[tuple[int, int, int]]) -> list[str]:
    return [texts.read(session, document, start, end) for _, start, end in windows]


def _keep_windows(session: Session, job: Job, model: str, spans: list[tuple[int, int]]) -> None:
    row = of_number(session, job.number)
    if row is None or row.document != job.document:
        return
    passages.forget_windows(session, job.document)
    passages.add_windows(session, job.owner, job.document, model, spans)


def _begin(session: Session, job: Job) -> None:
    """Say how far it is: another store may have had the document before."""
    row = of_number(session, job.number)
    if row is not None and row.document == job.document:
        windows, embedded = passages.count_windows(session, job.document)
        bodies_changed(row, windows=windows, embedded=embedded)


def _went_on(session: Session, job: Job, more: int, seconds_each: float) -> bool:
    """Say how far it is by now; False when nobody wants the vectors any more."""
    row = of_number(session, job.number)
    if row is None or row.stage != TO_EMBED:
        return False
    row.heartbeat_at = now()
    embedded = row.body.get("embedded", 0) + more
    left_s = max(0, row.body.get("windows", 0) - embedded) * seconds_each
    bodies_changed(row, embedded=embedded, left_s=round(left_s, 1))
    return True


def _finish(session: Session, job: Job) -> None:
    row = of_number(session, job.number)
    if row is None or row.document != job.document:
        # It left its store while its vectors were put there: the eraser may have come too early for them.
        outbox.forget_stray(session, job.owner, job.store_id, job.document)
    elif row.stage == TO_EMBED:
        row.status, row.stage, row.worker = "completed", DONE, None
        bodies_changed(row, embedded=row.body.get("windows", 0))
