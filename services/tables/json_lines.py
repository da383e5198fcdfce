"""JSON objects, one on a line, as records; in the reading process only."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.documents.refusals import Unreadable
from services.tables import refusals
from services.tables.refusals import MAX_COLUMNS

MAX_LINE_BYTES = 16 * 2**20
MAX_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Lines:
    """What was written: the keys in the order of their first use, and how many lines were no objects."""

    titles: tuple[str, ...]
    rows: int
    skipped: int


def is_json_lines(path: Path, suffix: str) -> bool:
    """Whether the first line of a UTF-8 file is a JSON object, or its name says so."""
    with path.open("rb") as file:
        first = next((line for line in iter(lambda: file.readline(MAX_LINE_BYTES), b"") if line.strip()), b"")
    return suffix in ("jsonl", "ndjson") or (first.lstrip().startswith(b"{") and _object(first) is not None)


def write_lines(path: Path, copy: Path) -> Lines:
    """Write the objects as CSV without a header, cells in the order of `titles`; the first rows may have fewer."""
    places: dict[str, int] = {}
    rows = skipped = 0
    with path.open("rb") as file, copy.open("w", encoding="utf-8", newline="") as out:
        write = csv.writer(out, lineterminator="\n").writerow
        for line in iter(lambda: file.readline(MAX_LINE_BYTES), b""):
            if not line.strip():
                continue
            record = _object(line)
            if record is None:
                skipped += 1
                continue
            write(_cells(record, places))
            rows += 1
    if not rows:
        raise Unreadable(refusals.NOT_OBJECTS)
    return Lines(tuple(places), rows, skipped)


def _object(line: bytes) -> dict[str, object] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _cells(record: dict[str, object], places: dict[str, int]) -> list[str]:
    cells = [""] * len(places)
    for key, value in _flat(record):
        place = places.setdefault(key, len(places))
        if place == len(cells):
            if place >= MAX_COLUMNS:
                raise refusals.too_wide(place + 1)
            cells.append("")
        cells[place] = value
    return cells


def _flat(record: dict[str, object], before: str = "", depth: int = 1) -> Iterator[tuple[str, str]]:
    """Keys with their values as text; the keys of an object within as `outer.inner`."""
    for key, value in record.items():
        name = f"{before}{key}"
        if isinstance(value, dict) and value and depth < MAX_DEPTH:
            yield from _flat(value, f"{name}.", depth + 1)
        else:
            yield name, _text(value)


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value.replace("\0", "").encode("utf-8", "replace").decode()
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case _:
            return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
