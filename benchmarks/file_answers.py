"""Questions to PDFs through /v1: whether the passages that answer are found, by words, by vectors, and by both.

`python -m benchmarks.file_answers` prints the questions whose passages are not among the first five.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import openai

from benchmarks.file_questions import DOCUMENTS, SCANNED, Passage, Question, holds, questions
from benchmarks.report import Figure, at_least
from benchmarks.servers import KEY, own_app
from services.files.collections import CHUNKING
from services.retrieval.evaluation import hit_at, ndcg, reciprocal_rank

RESULTS = 10
SHOWN = 5
QUICK = 12
READY_LIMIT_S = 300.0
SIDES = {
    "words": {"text_weight": 1.0, "embedding_weight": 0.0},
    "vectors": {"text_weight": 0.0, "embedding_weight": 1.0},
    "both": None,
}
"""Weights as the API has them; None is what a person gets who chooses nothing."""


class NotReady(Exception):
    """The collection could not be searched in time."""


@dataclass(frozen=True, slots=True)
class Found:
    """For each passage found, best first: which of the question's passages it holds, by their numbers."""

    question: Question
    answered: tuple[frozenset[int], ...]

    @property
    def is_hit(self) -> bool:
        """Whether one of the first five answers."""
        return hit_at(self.answered, SHOWN)


def figures(quick: bool = False) -> list[Figure]:
    """What a collection of these documents gives for the questions to it."""
    asked = questions()[:QUICK] if quick else questions()
    with server() as client:
        store_id = collection(client, {passage.file for q in asked for passage in q.passages})
        return retrieval(client, store_id, asked)


def retrieval(client: openai.OpenAI, store_id: str, asked: Sequence[Question]) -> list[Figure]:
    """Hit rate among the first five, mean reciprocal rank and nDCG@10 by each side."""
    found = {side: [search(client, store_id, question, side) for question in asked] for side in SIDES}
    scans = [f for f in found["both"] if any(p.file == SCANNED for p in f.question.passages)]
    return [
        at_least(f"an answering passage among the first {SHOWN}, by both", _hit_rate(found["both"]), 0.9),
        *(Figure(f"the same by {side}", f"{_hit_rate(found[side]):.3f}") for side in SIDES if side != "both"),
        *(
            Figure(f"the same by both, of the scan ({len(scans)})", f"{_hit_rate(scans):.3f}")
            for _ in scans[:1]
        ),
        *(Figure(f"mean reciprocal rank by {side}", f"{_reciprocal(found[side]):.3f}") for side in SIDES),
        *(Figure(f"nDCG@10 by {side}", f"{_ndcg(found[side]):.3f}") for side in SIDES),
        Figure("questions", f"{len(asked)}"),
    ]


def search(client: openai.OpenAI, store_id: str, question: Question, side: str) -> Found:
    """What the collection gives for a question, of the files that it is put to."""
    weights = SIDES[side]
    page = client.vector_stores.search(
        store_id,
        query=question.text,
        max_num_results=RESULTS,
        filters={"type": "in", "key": "name", "value": list(question.files)},
        extra_body={"ranking_options": {"hybrid_search": weights}} if weights else None,
    )
    return Found(question, tuple(_answered(result, question.passages) for result in page.data))


def _answered(result: Any, passages: Sequence[Passage]) -> frozenset[int]:
    text = " ".join(part.text for part in result.content)
    return frozenset(
        number
        for number, passage in enumerate(passages)
        if result.filename == passage.file
        and result.page <= passage.page <= result.last_page
        and holds(text, passage)
    )


def _hit_rate(found: Sequence[Found]) -> float:
    return round(statistics.mean(one.is_hit for one in found), 3)


def _reciprocal(found: Sequence[Found]) -> float:
    return statistics.mean(reciprocal_rank(one.answered) for one in found)


def _ndcg(found: Sequence[Found]) -> float:
    return statistics.mean(ndcg(one.answered, len(one.question.passages)) for one in found)


def collection(client: openai.OpenAI, names: Collection[str]) -> str:
    """A vector store of these documents, cut as the page Files cuts them, read and embedded. Raises NotReady."""
    store = client.vector_stores.create(name="benchmark")
    for name in sorted(names):
        file = client.files.create(file=DOCUMENTS / name, purpose="assistants")
        client.vector_stores.files.create(
            store.id, file_id=file.id, attributes={"name": name}, chunking_strategy=CHUNKING
        )
    _wait(client, store.id)
    return store.id


def _wait(client: openai.OpenAI, store_id: str) -> None:
    """Until every file has its text, pictures included, and its vectors."""
    deadline = time.monotonic() + READY_LIMIT_S
    while time.monotonic() < deadline:
        files = list(client.vector_stores.files.list(store_id))
        if failed := [file.last_error for file in files if file.last_error]:
            raise NotReady(str(failed))
        if all(file.status == "completed" and not _progress(file) for file in files):
            return
        time.sleep(0.5)
    raise NotReady(f"not read and embedded within {READY_LIMIT_S:.0f} s")


def _progress(file: Any) -> Mapping[str, Any]:
    told: Mapping[str, Any] = (file.model_extra or {}).get("progress") or {}
    return told


@contextmanager
def server() -> Iterator[openai.OpenAI]:
    """The app with a home of its own, and a client of it."""
    with own_app() as base_url, openai.OpenAI(base_url=base_url, api_key=KEY) as client:
        yield client


def main() -> None:
    """Say which questions do not find their passage, and by which side they would."""
    with server() as client:
        store_id = collection(client, {passage.file for q in questions() for passage in q.passages})
        for question in questions():
            hits = [side for side in SIDES if search(client, store_id, question, side).is_hit]
            if "both" not in hits:
                print(f"{question.id}: {question.text} – found by {', '.join(hits) or 'none'}", flush=True)


if __name__ == "__main__":
    main()
