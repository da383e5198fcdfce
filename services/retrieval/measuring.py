"""An evaluation: every question asked of the server by every side, and what came of it, kept and exported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Any

from services.retrieval.api import RetrievalApi
from services.retrieval.evaluation import (
    HIT_RANKS,
    Measures,
    Outcome,
    Question,
    Setting,
    answered,
    citation_precision,
    measure,
)
from services.retrieval.records import Side
from services.turns import Turn

MOST_ASKED = 50
COLUMNS = (
    "found by", "passages at most", "least score", "questions", *(f"hit@{rank}" for rank in HIT_RANKS),
    "MRR", "nDCG@10", "passages shown", "found nothing",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What all questions found, at one time."""

    at: datetime
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Cited:
    """An answered question: what share of its citations is right. None where nothing was cited."""

    question: Question
    precision: float | None
    citations: int


def evaluate(
    api: RetrievalApi,
    store_id: str,
    questions: Sequence[Question],
    sides: Sequence[Side],
    on_progress: Callable[[int, int], None] = lambda done, of: None,
) -> Evaluation:
    """Ask every question by every side, for as many passages as any setting may show. Raises AppError."""
    pairs = list(product(questions, sides))
    outcomes = []
    for done, (question, side) in enumerate(pairs, 1):
        found = api.search(store_id, question.text, side, MOST_ASKED)
        scores = tuple(passage.score for passage in found)
        outcomes.append(Outcome(question, side, answered(found, question), scores))
        on_progress(done, len(pairs))
    return Evaluation(datetime.now(UTC), tuple(outcomes))


def measures(evaluation: Evaluation, mosts: Sequence[int], thresholds: Sequence[float]) -> list[Measures]:
    """The figures of every setting, by side first."""
    sides = dict.fromkeys(outcome.side for outcome in evaluation.outcomes)
    settings = (Setting(*setting) for setting in product(sides, sorted(mosts), sorted(thresholds)))
    found = (measure(evaluation.outcomes, setting) for setting in settings)
    return [figures for figures in found if figures is not None]


def cited(questions: Iterable[Question], turns: Iterable[Turn]) -> list[Cited]:
    """How right the citations are of those questions that have been answered; the last answer of each counts."""
    answers = {" ".join(turn.user.content.split()): turn for turn in turns if turn.text}
    found = []
    for question in questions:
        if (turn := answers.get(question.text)) is not None:
            places = [_Citation(c.filename, c.quote or "", c.page, c.last_page) for c in turn.citations]
            found.append(Cited(question, citation_precision(places, question), len(places)))
    return found


@dataclass(frozen=True, slots=True)
class _Citation:
    filename: str
    text: str
    page: int | None
    last_page: int | None


def as_row(figures: Measures) -> dict[str, Any]:
    """Figures as a row of a table, shares from 0 to 1."""
    setting = figures.setting
    values = (
        setting.side, setting.most, setting.threshold, figures.questions, *figures.hit_rates.values(),
        figures.mrr, figures.ndcg, figures.passages, figures.empty,
    )  # fmt: skip
    return {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in zip(COLUMNS, values, strict=True)
    }


def by_question(evaluation: Evaluation) -> list[dict[str, Any]]:
    """For each question the rank of its first right passage by each side; None where there was none."""
    rows: dict[str, dict[str, Any]] = {}
    for outcome in evaluation.outcomes:
        row = rows.setdefault(outcome.question.text, {"question": outcome.question.text})
        ranks = (rank for rank, numbers in enumerate(outcome.answered, 1) if numbers)
        row[outcome.side] = next(ranks, None)
    return list(rows.values())
