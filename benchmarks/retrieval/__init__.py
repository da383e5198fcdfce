"""Questions on redistributable documents, each with the passages that answer it: the set that retrieval is measured on.

`corpus/` holds the documents (their sources and licences are in LICENSES.md), `questions.jsonl` the questions. They were
written from the documents before any retrieval was run on them; do not change them to suit a result.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


class QuoteNotFound(LookupError):
    """A quote that is not verbatim, and once, in its document."""


@dataclass(frozen=True, slots=True)
class Span:
    """A passage that answers a question: `documents[document][start:end]`, in characters."""

    document: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the document it was written from and every passage that answers it."""

    id: int
    kind: str
    text: str
    document: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """Documents by file name, and the questions on them."""

    documents: dict[str, str]
    questions: tuple[Question, ...]


def load(folder: Path = FOLDER) -> EvaluationSet:
    """The set in `folder`; raises `QuoteNotFound` where a quote is not found exactly once."""
    documents = {path.name: path.read_text("utf-8") for path in sorted((folder / "corpus").iterdir())}
    lines = (folder / "questions.jsonl").read_text("utf-8").splitlines()
    return EvaluationSet(documents, tuple(_question(json.loads(line), documents) for line in lines))


def _question(entry: dict[str, Any], documents: dict[str, str]) -> Question:
    spans = tuple(_span(quote, entry, documents) for quote in entry["quotes"])
    return Question(entry["id"], entry["kind"], entry["question"], entry["document"], spans)


def _span(quote: str | dict[str, str], entry: dict[str, Any], documents: dict[str, str]) -> Span:
    document, text = (
        (entry["document"], quote) if isinstance(quote, str) else (quote["document"], quote["quote"])
    )
    found = documents.get(document, "").count(text)
    if found != 1:
        raise QuoteNotFound(f"Question {entry['id']}: found {found} times in {document}: {text!r}")
    start = documents[document].index(text)
    return Span(document, start, start + len(text))
