"""How well passages are found: 243 questions on 66 documents, by words alone, by vectors alone, and by both."""

from __future__ import annotations

import asyncio
import math
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.library import OWNER, Library, library
from benchmarks.report import Figure, at_least
from benchmarks.retrieval import Question, load
from services.documents.fusion import Weights
from services.server.retrieval import search
from services.server.retrieval.search import Hit, Query, Wanted

RESULTS = 10
SHARE_OF_SPAN = 0.6
"""A passage answers a question when it holds this much of the text that does."""
SIDES = {"words": Weights(1, 0), "vectors": Weights(0, 1), "both": Weights()}


def figures(quick: bool = False) -> list[Figure]:
    """nDCG@10 of each side, hit rates, and where the scores lie."""
    evaluation = load()
    questions = evaluation.questions[:20] if quick else evaluation.questions
    wanted = {span.document for question in questions for span in question.spans}
    documents = {n: t.encode() for n, t in evaluation.documents.items() if not quick or n in wanted}
    with tempfile.TemporaryDirectory() as folder, library(Path(folder)) as made:
        return asyncio.run(_measure(made, documents, questions))


async def _measure(made: Library, documents: dict[str, bytes], questions: Sequence[Question]) -> list[Figure]:
    await made.add(documents)
    await made.read_all()
    await made.embed_all()
    names = {file_id: name for name, file_id in made.file_ids.items()}
    found = {side: await _ask(made, questions, weights) for side, weights in SIDES.items()}
    gains = {
        side: statistics.mean(
            ndcg(hits, question, names) for hits, question in zip(all_hits, questions, strict=True)
        )
        for side, all_hits in found.items()
    }
    first = [hits[0] for hits in found["both"] if hits]
    right = [
        hits[0].score
        for hits, q in zip(found["both"], questions, strict=True)
        if hits and answers(hits[0], q, names)
    ]
    best_alone = max(gains["words"], gains["vectors"])
    return [
        at_least("nDCG@10 of both, of the better side alone", round(gains["both"] / best_alone, 3), 1.0),
        *(Figure(f"nDCG@10 by {side}", f"{gain:.3f}") for side, gain in gains.items()),
        *(
            Figure(f"a right passage among the first {k}", f"{_hit_rate(found, questions, names, k):.0%}")
            for k in (1, 5, 10)
        ),
        Figure("right first passages that score above 0.5", f"{_share(right):.0%}"),
        Figure("first passages in all", f"{len(first)}"),
    ]


async def _ask(made: Library, questions: Sequence[Question], weights: Weights) -> list[list[Hit]]:
    wanted = Wanted(OWNER, (made.store_id,), RESULTS, weights=weights)
    vectors = made.model.embed([question.text for question in questions])
    return [
        await made.database.read(search.search, made.vectors, wanted, [Query(question.text, vectors[i])])
        for i, question in enumerate(questions)
    ]


def ndcg(hits: Sequence[Hit], question: Question, names: dict[str, str]) -> float:
    """Normalised discounted cumulative gain of the first ten; each answering text counts once.

    Source: Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", 2002.
    """
    seen: set[int] = set()
    gain = 0.0
    for rank, hit in enumerate(hits[:RESULTS]):
        new = set(_answered(hit, question, names)) - seen
        gain += len(new) / math.log2(rank + 2)
        seen |= new
    best = sum(1 / math.log2(rank + 2) for rank in range(min(RESULTS, len(question.spans))))
    return min(gain / best, 1.0)


def answers(hit: Hit, question: Question, names: dict[str, str]) -> bool:
    """Whether a passage holds a text that answers the question."""
    return bool(_answered(hit, question, names))


def _answered(hit: Hit, question: Question, names: dict[str, str]) -> list[int]:
    return [
        number
        for number, span in enumerate(question.spans)
        if names[hit.file_id] == span.document
        and min(hit.end, span.end) - max(hit.start, span.start) >= SHARE_OF_SPAN * (span.end - span.start)
    ]


def _hit_rate(
    found: dict[str, list[list[Hit]]], questions: Sequence[Question], names: dict[str, str], most: int
) -> float:
    return statistics.mean(
        any(answers(hit, question, names) for hit in hits[:most])
        for hits, question in zip(found["both"], questions, strict=True)
    )


def _share(scores: Sequence[float]) -> float:
    return statistics.mean(score > 0.5 for score in scores) if scores else 0.0
