"""A file as lines of a data set: JSONL line by line with its faults, JSON and CSV turned into it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.documents.decoding import decoded
from services.errors import InvalidInput
from services.tuning.records import MAX_FILE_BYTES, MAX_LINES

BOM = "\ufeff"
ENDINGS = ("jsonl", "ndjson", "json", "csv", "tsv")
SYSTEM_COLUMNS = ("system", "system_prompt", "instructions")
USER_COLUMNS = ("user", "prompt", "question", "input", "instruction")
ASSISTANT_COLUMNS = ("assistant", "completion", "answer", "output", "response")
COLUMNS = f"one of {', '.join(USER_COLUMNS)} and one of {', '.join(ASSISTANT_COLUMNS)}"
MAX_CELL_CHARS = 2_000_000


def to_lines(filename: str, data: bytes) -> list[str]:
    """The lines of a file. Raises InvalidInput when it is too large, no text, or nothing that can be read."""
    if len(data) > MAX_FILE_BYTES:
        raise InvalidInput(
            f"The file has {len(data) / 2**20:,.0f} MB; {MAX_FILE_BYTES // 2**20} MB is the most here. "
            "Take a part of it: a few hundred good examples teach more than many alike."
        )
    text = decoded(data)
    if text is None:
        raise InvalidInput(
            "The file is no text. Save the examples as JSONL or CSV in UTF-8, then import that."
        )
    if data.startswith(BOM.encode()):
        text = BOM + text.removeprefix(BOM)
    if not text.strip(f"{BOM} \t\r\n"):
        raise InvalidInput("The file is empty. Choose one with examples in it.")
    if filename.lower().endswith((".csv", ".tsv")):
        return list(_from_csv(text.removeprefix(BOM)))
    return _from_json(text) or _as_they_are(text)


def as_line(example: Mapping[str, Any]) -> str:
    """An example as a line."""
    return json.dumps(example, ensure_ascii=False)


def example(user: str, assistant: str, system: str = "") -> dict[str, Any]:
    """An example of one question and one answer."""
    first = [{"role": "system", "content": system}] if system else []
    messages = [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]
    return {"messages": [*first, *messages]}


def to_jsonl(texts: Sequence[str]) -> bytes:
    """Lines as a file: UTF-8, one example a line, each ended by a newline."""
    return "".join(f"{text}\n" for text in texts).encode()


def _as_they_are(text: str) -> list[str]:
    lines = text.split("\n")  # not splitlines(): a line separator inside a JSON string ends no line
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def _from_json(text: str) -> list[str] | None:
    """Lines from a file that is one JSON array, or examples written over several lines; None for JSONL."""
    body = text.removeprefix(BOM).strip()
    if body.startswith("["):
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            return None
        is_of_examples = bool(told) and all(isinstance(one, dict) for one in told)
        return [as_line(one) for one in told] if is_of_examples else None
    return _spread(body) if body.split("\n", 1)[0].strip() == "{" else None


def _spread(body: str) -> list[str] | None:
    decoder, at = json.JSONDecoder(), 0
    found: list[str] = []
    while at < len(body) and len(found) <= MAX_LINES:
        try:
            one, at = decoder.raw_decode(body, at)
        except (ValueError, RecursionError):
            return None
        found.append(as_line(one))
        while at < len(body) and body[at] in " \t\r\n,":
            at += 1
    return found


def _from_csv(text: str) -> Iterator[str]:
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=first.count)
    csv.field_size_limit(MAX_CELL_CHARS)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = {name.strip().lower(): name for name in reader.fieldnames or () if name}
    messages = columns.get("messages")
    system, user, assistant = (
        next((columns[name] for name in names if name in columns), None)
        for names in (SYSTEM_COLUMNS, USER_COLUMNS, ASSISTANT_COLUMNS)
    )
    if messages is None and (user is None or assistant is None):
        raise InvalidInput(
            f"The table needs columns that are called {COLUMNS}; a column system may be there too."
        )
    try:
        for number, row in enumerate(reader):
            if number >= MAX_LINES:
                raise InvalidInput(f"The table has more than {MAX_LINES:,} rows; take a part of it.")
            if messages is not None:
                yield _with_messages(row.get(messages) or "")
            else:
                yield as_line(
                    example(row.get(user) or "", row.get(assistant) or "", row.get(system or "") or "")
                )
    except csv.Error as error:
        raise InvalidInput(f"The table cannot be read ({error}). Save it as CSV once more.") from error


def _with_messages(cell: str) -> str:
    try:
        return as_line({"messages": json.loads(cell)})
    except (ValueError, RecursionError):
        return f'{{"messages": {cell}}}'  # the checks say what is wrong with it
