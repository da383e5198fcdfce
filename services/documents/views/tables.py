"""Rows of a table around a cited passage; in the reading process only."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice
from pathlib import Path
from typing import Literal

from services.documents.readers.json import readable_strings
from services.documents.readers.tables import json_records, record_line, records
from services.documents.views.passages import find
from services.documents.views.shapes import Place, Row, TableView

TableKind = Literal["csv", "tsv", "jsonl"]

ROWS_AROUND = 2
MAX_CITED_ROWS = 50
MAX_COLUMNS = 30
MAX_CELL_CHARACTERS = 300
MAX_NAME_CHARACTERS = 60


def view(path: Path, kind: TableKind, place: Place) -> TableView:
    """The rows that hold the quote, else those of `place`, with two before and after."""
    names, rows = _table(path, kind)
    cited, count = _cited(names, rows, place)
    first, last = cited or (1, 0)
    shown_last = min(last, first + MAX_CITED_ROWS - 1)
    start, end = max(1, first - ROWS_AROUND), min(count, shown_last + ROWS_AROUND)
    if not cited:
        end = min(count, 2 * ROWS_AROUND + 1)
    names, rows = _table(path, kind)
    shown = list(islice(rows, start - 1, end))
    if kind == "jsonl":
        names, shown = _in_columns([line for (line,) in shown])
    width = max([len(names), *map(len, shown)])
    return TableView(
        columns=tuple(_cut(name, MAX_NAME_CHARACTERS) for name in names[:MAX_COLUMNS]),
        rows=tuple(
            Row(number, _cells(cells, min(width, MAX_COLUMNS)), first <= number <= shown_last)
            for number, cells in enumerate(shown, start)
        ),
        row_count=count,
        more_columns=max(0, width - MAX_COLUMNS),
        more_rows=last - shown_last,
    )


def _table(path: Path, kind: TableKind) -> tuple[list[str], Iterator[list[str]]]:
    if kind == "jsonl":
        return [], ([line] for line in json_records(path))
    return records(path, kind)


def _cited(
    names: Sequence[str], rows: Iterable[list[str]], place: Place
) -> tuple[tuple[int, int] | None, int]:
    """The first and last row that are meant, and how many rows there are.

    A passage of many rows is cited for one sentence of it: where that stands, the other rows are not meant.
    """
    first, last = place.rows or (1, None)
    count, lines = 0, []
    for count, row in enumerate(rows, 1):
        if first <= count and (last is None or count <= last):
            lines.append(record_line(names, row))
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    if span := find("\n".join(lines), place.quote):
        return (
            first + bisect_right(starts, span[0]) - 1,
            first + bisect_right(starts, span[1] - 1) - 1,
        ), count
    if last is None or not lines:
        return None, count
    return (first, min(last, count)), count


def _in_columns(lines: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """JSON objects as rows with a column for each key; anything else in one column as it is."""
    values = [_parsed(line) for line in lines]
    objects = [value for value in values if isinstance(value, dict)]
    if len(objects) < len(values):
        return [], [[line] for line in lines]
    keys = list(dict.fromkeys(key for value in objects for key in value))
    return keys, [[_told(value[key]) if key in value else "" for key in keys] for value in objects]


def _parsed(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _told(value: object) -> str:
    return value if isinstance(value, str) else readable_strings(json.dumps(value, ensure_ascii=False))


def _cells(cells: Sequence[str], width: int) -> tuple[str, ...]:
    filled = [*cells[:width], *[""] * (width - len(cells))]
    return tuple(_cut(cell, MAX_CELL_CHARACTERS) for cell in filled)


def _cut(text: str, most: int) -> str:
    text = " ".join(text.split()) if len(text) <= most else " ".join(text[: 2 * most].split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
