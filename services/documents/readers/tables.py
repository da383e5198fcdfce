"""CSV, TSV and JSON lines: one record a line, each understandable without the others."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Literal

from services.documents.parts import Part
from services.documents.plain import read_text
from services.documents.readers.json import readable_strings
from services.documents.refusals import MAX_CHARACTERS

RECORDS_A_PART = 100
SAMPLE_LINES = 20
DELIMITERS = (",", ";", "\t", "|")

_YEAR = re.compile("(19|20)[0-9]{2}")


def read_csv(path: Path) -> Iterator[Part]:
    """`column: value; column: value` for each record; columns are parted as the first lines suggest."""
    return _in_parts(_lines_of(*records(path, "csv")))


def read_tsv(path: Path) -> Iterator[Part]:
    """`column: value; column: value` for each record of a file with tabs."""
    return _in_parts(_lines_of(*records(path, "tsv")))


def read_json_lines(path: Path) -> Iterator[Part]:
    """Each line's record as it is, with letters in place of their `\\u` escapes."""
    return _in_parts(json_records(path))


def records(path: Path, kind: Literal["csv", "tsv"]) -> tuple[list[str], Iterator[list[str]]]:
    """The names of a table's columns, none where its first row holds no names, and its records as `row` counts them."""
    csv.field_size_limit(MAX_CHARACTERS)
    text = read_text(path)
    delimiter = "\t" if kind == "tsv" else _delimiter(text)
    rows = (row for row in csv.reader(_lines(text), delimiter=delimiter) if any(map(str.strip, row)))
    first = next(rows, [])
    names = [_on_one_line(name) for name in first]
    second = next(rows, None)
    if second is None:
        return [], iter([first] if names else [])
    if _is_header(names):
        return names, chain([second], rows)
    return [], chain([first, second], rows)


def json_records(path: Path) -> Iterator[str]:
    """The lines of a file with a JSON value a line."""
    lines = (line.strip() for line in read_text(path).split("\n"))
    return (readable_strings(line) for line in lines if line)


def record_line(names: Sequence[str], record: Sequence[str]) -> str:
    """A record as the text of the document has it."""
    values = [_on_one_line(value) for value in record]
    named = [
        f"{name}: {value}" if name else value for name, value in zip(names, values, strict=False) if value
    ]
    return "; ".join([*named, *filter(None, values[len(names) :])])


def _in_parts(lines: Iterable[str]) -> Iterator[Part]:
    lines = iter(lines)
    row = 1
    while block := list(islice(lines, RECORDS_A_PART)):
        yield Part("\n".join(block) + "\n", row=row)
        row += len(block)


def _lines_of(names: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    return (record_line(names, row) for row in rows)


def _is_header(names: Sequence[str]) -> bool:
    """Columns have names that differ and are no numbers, years aside."""
    filled = [name for name in names if name]
    return bool(filled) and len(set(filled)) == len(filled) and not any(map(_is_number, filled))


def _is_number(text: str) -> bool:
    is_number = any(map(str.isdecimal, text)) and not any(map(str.isalpha, text))
    return is_number and not _YEAR.fullmatch(text)


def _delimiter(text: str) -> str:
    """The one that gives the first lines the most columns, counted on the line with the fewest."""
    sample = [line for line in text[: 2**16].split("\n")[:SAMPLE_LINES] if line.strip()]
    return max(
        DELIMITERS, key=lambda d: min((len(row) for row in csv.reader(sample, delimiter=d)), default=0)
    )


def _lines(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def _on_one_line(value: str) -> str:
    return " ".join(value.split())
