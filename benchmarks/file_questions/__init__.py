"""Questions on PDFs and tables made up for this project, each with what answers it: see README.md.

Written before any tuning; do not change a question to suit a result.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
DOCUMENTS = FOLDER / "documents"
TABLES = FOLDER / "tables"
SCANNED = "scanned-allotment-papers.pdf"
"""The one document whose pages are pictures; its text is in `sources/`."""
HYPHENS = frozenset("-\u00ad\u2010\u2011\u0002\ufffe")
"""The last two are what PDFium leaves where it joined a word."""

FIRST, LATER, LAST = "tables.jsonl", "tables_later.jsonl", "tables_last.jsonl"
"""Sets of questions to tables: README.md tells what was tuned on which."""
RECOGNISED_SHARE = 0.8

Cell = str | float | None


@dataclass(frozen=True, slots=True)
class Passage:
    """Text that answers, on one page of one document; pages count from 1."""

    file: str
    page: int
    quote: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question to PDFs. `scoring.is_right` says what `answers`, `every` and `forbidden` ask of an answer."""

    id: str
    files: tuple[str, ...]
    text: str
    kind: str
    passages: tuple[Passage, ...]
    answers: tuple[str, ...]
    every: bool
    forbidden: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AbsentQuestion:
    """A question that its documents do not answer, and why."""

    id: str
    files: tuple[str, ...]
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class TableQuestion:
    """A question to tables, the rows that answer it, and SQL that finds them in `raw_tables.connect()`."""

    id: str
    files: tuple[str, ...]
    text: str
    rows: tuple[tuple[Cell, ...], ...]
    is_ordered: bool
    reference_sql: str


def questions() -> tuple[Question, ...]:
    """The questions that the PDFs answer."""
    return tuple(_question(entry) for entry in _entries("pdf.jsonl"))


def absent() -> tuple[AbsentQuestion, ...]:
    """The questions that the PDFs do not answer."""
    return tuple(
        AbsentQuestion(entry["id"], _documents(entry), entry["question"], entry["why"])
        for entry in _entries("absent.jsonl")
    )


def table_questions(name: str = FIRST) -> tuple[TableQuestion, ...]:
    """The questions to tables in one of the files FIRST, LATER and LAST."""
    return tuple(
        TableQuestion(
            entry["id"],
            tuple(entry["files"]),
            entry["question"],
            rows(entry["answer"]),
            entry["ordered"],
            entry["reference_sql"],
        )
        for entry in _entries(name)
    )


def rows(answer: Any) -> tuple[tuple[Cell, ...], ...]:
    """An answer as rows: a single value is a row of one, a list of values a column."""
    if not isinstance(answer, list):
        return ((answer,),)
    return tuple(tuple(entry) if isinstance(entry, list) else (entry,) for entry in answer)


def documents() -> tuple[str, ...]:
    """The names of all PDFs."""
    return tuple(sorted(path.name for path in DOCUMENTS.glob("*.pdf")))


def normalised(text: str) -> str:
    """The text without white space and hyphens, in one case: as it is compared with a quote."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if not c.isspace() and c not in HYPHENS)


def holds(text: str, passage: Passage) -> bool:
    """Whether a text holds the passage. Of a scan's words, which were recognised in a picture, most are enough."""
    if passage.file != SCANNED:
        return normalised(passage.quote) in normalised(text)
    words, there = re.findall(r"\w+", passage.quote.casefold()), set(re.findall(r"\w+", text.casefold()))
    return sum(word in there for word in words) >= RECOGNISED_SHARE * len(words)


def _entries(name: str) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in (FOLDER / name).read_text("utf-8").splitlines())


def _documents(entry: dict[str, Any]) -> tuple[str, ...]:
    return documents() if entry["files"] == ["all"] else tuple(entry["files"])


def _question(entry: dict[str, Any]) -> Question:
    return Question(
        id=entry["id"],
        files=_documents(entry),
        text=entry["question"],
        kind=entry["kind"],
        passages=tuple(_passages(entry)),
        answers=tuple(entry["answers"]),
        every=entry.get("every", False),
        forbidden=tuple(entry.get("forbidden", ())),
    )


def _passages(entry: dict[str, Any]) -> Iterator[Passage]:
    """A quote is a text of the question's own file, on the page at its place in `pages`, or names another file and page."""
    own = iter(entry["pages"])
    for quote in entry["quotes"]:
        yield (Passage(**quote) if isinstance(quote, dict) else Passage(entry["file"], next(own), quote))
