"""The questions of a collection: kept, read from JSON lines or CSV, and written to them."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from services.errors import InvalidInput
from services.retrieval.evaluation import Expected, Question
from services.storage.preferences import Preferences

PREFIX = "retrieval_questions/"
MOST_QUESTIONS = 500
MOST_EXPECTED = 20
LONGEST_QUESTION = 1_000
LONGEST_QUOTE = 2_000
MOST_IMPORT_BYTES = 4 * 2**20
LARGEST_PAGE = 1_000_000
COLUMNS = ("question", "file", "pages", "quote")
LIVE = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula to a spreadsheet."""

_RANGE = re.compile(r"(\d{1,7})(?:\s*[-–]\s*(\d{1,7}))?")

Row = Mapping[str, Any]


def load(preferences: Preferences, store_id: str) -> list[Question]:
    """The questions of a collection; none at first."""
    return list(as_questions(preferences.get(PREFIX + store_id, [])))


def keep(preferences: Preferences, store_id: str, questions: Sequence[Question]) -> None:
    """Keep these questions instead of those there were. Raises InvalidInput for more than 500."""
    if len(questions) > MOST_QUESTIONS:
        raise InvalidInput(f"A collection has at most {MOST_QUESTIONS} questions. Delete some first.")
    preferences.set(PREFIX + store_id, [row for q in questions for row in as_rows(q)])


def forget(preferences: Preferences, store_id: str) -> None:
    """Delete the questions of a collection."""
    preferences.delete(PREFIX + store_id)


def added(questions: Sequence[Question], more: Iterable[Question]) -> list[Question]:
    """These questions and the others; one with the same words is replaced."""
    by_text = {question.text: question for question in questions}
    return list({**by_text, **{question.text: question for question in more}}.values())


# --- rows: one for each expected passage ------------------------------------------------------


def as_rows(question: Question) -> list[dict[str, str]]:
    """A question as rows of a table; one that expects several passages has several rows of the same words."""
    return [
        {"question": question.text, "file": e.filename, "pages": as_ranges(e.pages), "quote": e.quote}
        for e in question.expected
    ]


def as_questions(rows: Iterable[Row]) -> Iterator[Question]:
    """The questions in these rows, in order. Raises InvalidInput for a row that is none."""
    expected: dict[str, list[Expected]] = {}
    for number, row in enumerate(rows, 1):
        text = " ".join(_cell(row, "question").split())
        filename = _cell(row, "file").strip()
        if not text and not filename:
            continue
        if not text or not filename:
            raise InvalidInput(
                f"Row {number} needs a question and the file that answers it. Complete or delete it."
            )
        _check_length(number, text, _cell(row, "quote"))
        found = Expected(filename, _pages(number, _cell(row, "pages")), _cell(row, "quote").strip())
        expected.setdefault(text, []).append(found)
    for text, places in expected.items():
        yield Question(text, tuple(dict.fromkeys(places))[:MOST_EXPECTED])


def as_ranges(pages: Sequence[int]) -> str:
    """`3, 7-9`."""
    runs: list[list[int]] = []
    for page in sorted(set(pages)):
        if runs and page == runs[-1][1] + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    return ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in runs)


def _cell(row: Row, name: str) -> str:
    value = row.get(name)
    if value is None or (isinstance(value, float) and math.isnan(value)):  # an empty cell of a data frame
        return ""
    text = ", ".join(str(part) for part in value) if isinstance(value, list) else str(value)
    # Databases take no NUL, and files no half of a character.
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _check_length(number: int, text: str, quote: str) -> None:
    if len(text) > LONGEST_QUESTION or len(quote) > LONGEST_QUOTE:
        raise InvalidInput(
            f"Row {number} is too long: a question has at most {LONGEST_QUESTION:,} characters, a quote {LONGEST_QUOTE:,}."
        )


def _pages(number: int, text: str) -> tuple[int, ...]:
    pages: list[int] = []
    for part in filter(None, (part.strip() for part in re.split(r"[,;]", text))):
        match = _RANGE.fullmatch(part.removesuffix(".0"))
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 0 < first <= last <= LARGEST_PAGE or last - first > 1000:
            raise InvalidInput(
                f"Row {number}: write pages as 3 or 7-9, separated by commas; not “{part[:40]}”."
            )
        pages += range(first, last + 1)
    return tuple(dict.fromkeys(pages))


# --- files ------------------------------------------------------------------------------------


def read_file(filename: str, data: bytes) -> list[Question]:
    """The questions in a file of JSON lines or CSV, in this module's columns. Raises InvalidInput when it is none.

    A line of JSON may name several places: `{"question": …, "expected": [{"file": …, "pages": [3], "quote": …}]}`.
    """
    if len(data) > MOST_IMPORT_BYTES:
        raise InvalidInput(f"A file of questions has at most {MOST_IMPORT_BYTES // 2**20} MB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput("This file is no UTF-8 text. Save it as UTF-8 and try again.") from None
    rows = _csv_rows(text) if filename.lower().endswith(".csv") else _json_rows(text)
    found = list(as_questions(rows))
    if not found:
        raise InvalidInput(f"There is no question in this file. Its columns are {', '.join(COLUMNS)}.")
    if len(found) > MOST_QUESTIONS:
        raise InvalidInput(
            f"A collection has at most {MOST_QUESTIONS} questions; this file has {len(found):,}."
        )
    return found


def _csv_rows(text: str) -> Iterator[Row]:
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""))
        for row in reader:
            yield {str(name).strip().lower(): _dead_to_plain(value) for name, value in row.items() if name}
    except csv.Error as error:
        raise InvalidInput(f"This file is no CSV that can be read ({error}).") from None


def _json_rows(text: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield from _rows_of(number, line)


def _rows_of(number: int, line: str) -> Iterator[Row]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise InvalidInput(f"Line {number} is no JSON object.") from None
    if not isinstance(value, dict):
        raise InvalidInput(f"Line {number} is no JSON object.")
    places = value.get("expected", [value])
    if not isinstance(places, list) or not all(isinstance(place, dict) for place in places):
        raise InvalidInput(f"Line {number}: `expected` is a list of objects with file, pages and quote.")
    yield from ({**place, "question": value.get("question")} for place in places)


def as_json_lines(questions: Iterable[Question]) -> str:
    """The questions as JSON lines."""
    return "".join(json.dumps(_as_json(question), ensure_ascii=False) + "\n" for question in questions)


def _as_json(question: Question) -> dict[str, Any]:
    places = [{"file": e.filename, "pages": list(e.pages), "quote": e.quote} for e in question.expected]
    return {"question": question.text, "expected": places}


def as_csv(questions: Iterable[Question]) -> str:
    """The questions as CSV, one row for each expected passage."""
    return table_as_csv(COLUMNS, (row for question in questions for row in as_rows(question)))


def table_as_csv(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """A table as CSV in which no cell is a formula to a spreadsheet: one that begins like one gets an apostrophe before it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([_dead(row.get(name, "")) for name in columns] for row in rows)
    return out.getvalue()


def _dead(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.lstrip("'").startswith(LIVE) else value


def _dead_to_plain(value: Any) -> Any:
    is_dead = isinstance(value, str) and value.startswith("'") and value.lstrip("'").startswith(LIVE)
    return value[1:] if is_dead else value
