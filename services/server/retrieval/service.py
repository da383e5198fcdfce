"""What routes and runs may ask of retrieval: find passages, read a file's text, and keep both up to date."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from services.errors import AppError
from services.server.errors import ApiError, where_it_broke
from services.server.retrieval import search
from services.server.retrieval.embedder import Embedder, EmbeddingModel
from services.server.retrieval.eraser import Eraser
from services.server.retrieval.expiry import expire
from services.server.retrieval.reader import Reader
from services.server.retrieval.rebuilding import note_strays, rebuild_missing
from services.server.retrieval.recogniser import Recogniser
from services.server.retrieval.renewer import Renewer
from services.server.retrieval.rewriting import Rewriter
from services.server.retrieval.search import Hit, Query, Wanted
from services.server.store import store_files, texts, vector_stores
from services.server.store.database import ServerDatabase
from services.storage.api_tables import DocumentRow

if TYPE_CHECKING:
    from services.documents.vectors import VectorIndex

log = logging.getLogger("tandem.retrieval")

IDLE_S = 1.0
EXPIRE_EVERY_S = 60.0
DEFAULT_RESULTS = 10
MODEL_REST_S = 60.0
"""So long an embedding model that could not be loaded is left alone."""

Wire = dict[str, Any]


class Retrieval:
    """The searchable files of one server. Belongs to one event loop."""

    def __init__(
        self,
        database: ServerDatabase,
        vectors: VectorIndex,
        *,
        model: EmbeddingModel,
        reader: Reader,
        recogniser: Recogniser,
        embedder: Embedder,
        eraser: Eraser,
        renewer: Renewer,
        rewriter: Rewriter,
    ) -> None:
        self._database, self._vectors, self._model = database, vectors, model
        self._reader, self._recogniser = reader, recogniser
        self._embedder, self._eraser = embedder, eraser
        self._renewer, self._rewriter = renewer, rewriter
        self._woken = asyncio.Event()
        self._by_words_until = 0.0
        self._is_compared = False

    async def work(self) -> None:
        """Read, recognise, embed, erase, expire and renew, for as long as the server runs."""
        await asyncio.gather(
            self._again_and_again(self._compare, IDLE_S),
            self._again_and_again(self._reader.read_next, IDLE_S),
            self._again_and_again(self._recogniser.read_next, IDLE_S),
            self._again_and_again(self._embedder.embed_next, IDLE_S),
            self._again_and_again(self._embedder.lose_patience, IDLE_S),
            self._again_and_again(self._renewer.renew_next, IDLE_S),
            self._again_and_again(self.expire, EXPIRE_EVERY_S),
        )

    def wake(self) -> None:
        """There may be files to read."""
        self._woken.set()
        self._woken = asyncio.Event()

    async def erase(self) -> None:
        """Remove what was deleted, now. A failure is tried again later: what was deleted is not found any more."""
        try:
            if await self._eraser.work():
                self.wake()  # indexes may have to be renewed
        except AppError as error:
            log.warning("something deleted could not be erased yet: %s", error.user_message)

    async def expire(self) -> bool:
        """Delete what is past its time, and erase whatever was deleted; True when there may be more."""
        expired = await self._database.write(expire)
        await self.erase()
        return expired > 0

    async def find(self, wanted: Wanted, queries: Sequence[str]) -> list[Hit]:
        """The best passages for any of the queries. Raises ApiError for a store that is not there or has expired."""
        asked = await asyncio.to_thread(self._as_queries, queries)
        return await self._database.read(search.search, self._vectors, wanted, asked)

    async def search_page(self, owner: str, store_id: str, body: Wire) -> Wire:
        """A checked search as the wire has it."""
        queries = [body["query"]] if isinstance(body["query"], str) else list(body["query"])
        if body.get("rewrite_query"):
            queries = [await self._rewriter.rewritten(query) for query in queries]
        options = body.get("ranking_options") or {}
        wanted = Wanted(
            owner,
            (store_id,),
            most=body.get("max_num_results") or DEFAULT_RESULTS,
            threshold=options.get("score_threshold") or 0.0,
            condition=body.get("filters"),
            weights=search.weights_of(options.get("hybrid_search")),
        )
        hits = await self.find(wanted, queries)
        await self._database.write(_touch, owner, [store_id])
        return {
            "object": "vector_store.search_results.page",
            "search_query": queries,
            "data": [_as_result(hit) for hit in hits],
            "has_more": False,
            "next_page": None,
        }

    async def content_page(self, owner: str, store_id: str, file_id: str) -> Wire:
        """The text read from a file, as the wire has it."""
        text = await self._database.read(_content, owner, store_id, file_id)
        return {
            "object": "vector_store.file_content.page",
            "data": [{"type": "text", "text": text}] if text else [],
            "has_more": False,
            "next_page": None,
        }

    async def touch(self, owner: str, store_ids: Sequence[str]) -> None:
        """These stores are in use."""
        await self._database.write(_touch, owner, store_ids)

    def _as_queries(self, texts: Sequence[str]) -> list[Query]:
        """The queries with their vectors; without, where the embedding model is not at hand."""
        # Nobody who searches waits for a model to be fetched: that is done when files are embedded.
        if time.monotonic() < self._by_words_until or self._model.health()["state"] == "missing":
            return [Query(text, None) for text in texts]
        try:
            vectors = self._model.embed(list(texts))
        except AppError as error:
            log.warning("searching by words alone for a minute: %s", error.user_message)
            self._by_words_until = time.monotonic() + MODEL_REST_S
            return [Query(text, None) for text in texts]
        return [Query(text, vectors[i]) for i, text in enumerate(texts)]

    async def _compare(self) -> bool:
        """Once, as soon as the index can be asked: does it have what the database has?"""
        if not self._is_compared:
            await rebuild_missing(self._database, self._vectors)
            await note_strays(self._database, self._vectors)
            self._is_compared = True
        return False

    async def _again_and_again(self, step: Any, pause_s: float) -> None:
        while True:
            woken = self._woken
            try:
                found = await step()
            except AppError as error:
                log.warning("retrieval waits: %s", error.user_message)
                found = False
            except Exception as error:  # whatever one object brings about, the others are looked after
                log.error("retrieval: unexpected %s\n%s", type(error).__name__, where_it_broke(error))
                found = False
            if found:
                self.wake()  # what one has done is often what another waits for
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), pause_s)


def _touch(session: Session, owner: str, store_ids: Sequence[str]) -> None:
    for store_id in sorted(
        store_ids
    ):  # in one order: two who hold some of the same would wait for each other
        with suppress(ApiError):
            vector_stores.touch(vector_stores.usable(session, owner, store_id, held=True))


def _content(session: Session, owner: str, store_id: str, file_id: str) -> str:
    entry = store_files.find_entry(session, owner, store_id, file_id)
    row = session.get(DocumentRow, entry.document) if entry.document is not None else None
    return "" if row is None else texts.read(session, row.number, 0, row.characters)


def _as_result(hit: Hit) -> Wire:
    where: Mapping[str, Any] = {name: value for name, value in hit.place.items() if value is not None}
    return {
        "file_id": hit.file_id,
        "filename": hit.filename,
        "score": hit.score,
        "attributes": hit.attributes,
        "content": [{"type": "text", "text": hit.text}],
        "span": [hit.start, hit.end],
        "page_starts": hit.page_starts,
        **where,
    }
