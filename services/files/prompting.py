"""Passages and a question as a chat model reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.files.passages import Passage


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question that was asked before, and its answer."""

    question: str
    answer: str


def prompt(question: str, passages: Sequence[Passage], earlier: Sequence[Exchange] = ()) -> str:
    """The user message: passages first, so that the same passages are read once, then what was said before, then the question."""
    shown = [f"[{number}] {_source(passage)}\n{passage.text}" for number, passage in enumerate(passages, 1)]
    before = [f"Asked before: {one.question}\nAnswered: {one.answer}" for one in earlier]
    return "\n\n".join([*shown, *before, f"Question: {question}"])


def _source(passage: Passage) -> str:
    where = f", page {passage.page}" if passage.page else ""
    return f"{passage.filename}{where}:"
