"""A search among 100,000 passages, without the embedding of the question: words, vectors, fusion and texts."""

from __future__ import annotations

import asyncio
import random
import statistics
import tempfile
import time
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.library import OWNER, Library, library
from benchmarks.report import Figure, at_most
from services.documents import bm25
from services.documents.chunks import Chunk
from services.documents.document import Document
from services.server.retrieval import search
from services.server.retrieval.search import Query, Wanted
from services.server.store import files, passages, store_files, texts, vector_stores

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

FILES, CHUNKS_A_FILE = 250, 400
CHUNK_WORDS, WORDS_IN_ALL = 150, 60_000
DIMENSIONS = 384
QUESTIONS, QUESTION_WORDS = 60, 6


def figures(quick: bool = False) -> list[Figure]:
    """Median and 95th of 100, and what the index takes on disk."""
    count = 5 if quick else FILES
    with tempfile.TemporaryDirectory() as folder, library(Path(folder)) as made:
        return asyncio.run(_measure(made, Path(folder), count))


async def _measure(made: Library, folder: Path, count: int) -> list[Figure]:
    dice = random.Random(7)
    words = _Words(dice)
    made.store_id = (await made.database.write(vector_stores.create, OWNER, {}))["id"]
    for number in range(count):
        await _add(made, words, number)
    taken_ms = []
    for _ in range(QUESTIONS):
        query = Query(" ".join(words.some(QUESTION_WORDS)), _directions(1, dice)[0])
        began = time.perf_counter()
        await made.database.read(search.search, made.vectors, Wanted(OWNER, (made.store_id,)), [query])
        taken_ms.append((time.perf_counter() - began) * 1000)
    size_mb = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()) / 1e6
    chunks = f"{count * CHUNKS_A_FILE:,}"
    return [
        at_most(f"search among {chunks} passages, median", round(statistics.median(taken_ms), 1), 50, "ms"),
        Figure("95th of 100", f"{statistics.quantiles(taken_ms, n=20)[-1]:.1f} ms"),
        Figure("on disk", f"{size_mb:,.0f} MB"),
    ]


class _Words:
    """Made-up words as often as words are: the n-th 1/n times as often as the first (Zipf)."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._words = [f"w{number:x}" for number in range(WORDS_IN_ALL)]
        self._weights = list(accumulate(1 / (number + 10) for number in range(WORDS_IN_ALL)))

    def some(self, count: int) -> list[str]:
        return self._dice.choices(self._words, cum_weights=self._weights, k=count)


async def _add(made: Library, words: _Words, number: int) -> None:
    pieces = [" ".join(words.some(CHUNK_WORDS)) for _ in range(CHUNKS_A_FILE)]
    document = Document("text", "\n".join(pieces))
    await made.database.write(_keep, made, document, pieces, number)


def _keep(session: Session, made: Library, document: Document, pieces: list[str], number: int) -> None:
    key = f"{number:064x}"
    file = files.add(session, OWNER, files.NewFile(f"{number}.txt", "assistants", 1, key))
    store = vector_stores.usable(session, OWNER, made.store_id)
    entry = store_files.add(session, store, file)
    kept = texts.add(session, OWNER, key, document)
    spans, start = [], 0
    for piece in pieces:
        spans.append((start, start + len(piece)))
        start += len(piece) + 1
    chunks = [Chunk(i, first, last, CHUNK_WORDS) for i, (first, last) in enumerate(spans)]
    passages.replace_segment(session, entry, store.number, chunks, bm25.segment(pieces))
    entry.document, entry.status, entry.stage = kept.number, "completed", store_files.DONE
    vectors = _directions(len(spans), random.Random(number))
    passages.add_windows(session, OWNER, kept.number, "bench", spans)
    passages.keep_vectors(session, kept.number, dict(enumerate(vectors)))
    made.vectors.add(made.store_id, [(kept.number, *span) for span in spans], vectors)


def _directions(count: int, dice: random.Random) -> Any:
    import numpy as np

    numbers = np.random.default_rng(dice.randrange(2**32)).normal(size=(count, DIMENSIONS)).astype("float32")
    return numbers / np.linalg.norm(numbers, axis=1, keepdims=True)
