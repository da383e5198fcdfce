"""Lines into records, also where quotes have gone wrong; in the reading process only."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from services.tables.refusals import MAX_CELL_BYTES

MAX_LINES_OF_A_RECORD = 100


@dataclass(frozen=True, slots=True)
class Dialect:
    """How records are written. `escape` is the quote itself where a quote within quotes is doubled; "" for no quotes."""

    delimiter: str
    quote: str = '"'
    escape: str = '"'


@dataclass(slots=True)
class Tally:
    """What was done to records: how many were kept, filled up, left out; the line of the first one left out."""

    rows: int = 0
    short: int = 0
    long: int = 0
    first_long_line: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """The cells of a record and the line it ends in, counted from 1."""

    cells: list[str]
    line: int


def records(lines: Iterable[str], dialect: Dialect, width: int | None = None) -> Iterator[Record]:
    """The records of lines, blank ones left out.

    A quote that is not closed soon, or not so that the record has `width` cells, is taken for a letter.
    """
    source = iter(lines)
    ahead: deque[str] = deque()
    number = 0
    while (line := ahead.popleft() if ahead else next(source, None)) is not None:
        number += 1
        if not line.strip():
            continue
        if not dialect.quote or dialect.quote not in line:
            yield Record(line.rstrip("\r\n").split(dialect.delimiter), number)
            continue
        ahead.extend(
            islice(source, max(0, MAX_LINES_OF_A_RECORD - len(ahead)) if _is_open(line, dialect) else 0)
        )
        cells, used = _quoted(line, ahead, dialect, width)
        number += used
        for _ in range(used):
            ahead.popleft()
        yield Record(cells, number)


def rewrite(path: Path, copy: Path, dialect: Dialect, skip: int, width: int) -> Tally:
    """Write the records after the first `skip` lines to `copy`, every one with `width` cells and quoted as it should be."""
    tally = Tally()
    with (
        path.open(encoding="utf-8", newline="\n") as file,
        copy.open("w", encoding="utf-8", newline="") as out,
    ):
        write = csv.writer(out, lineterminator="\n").writerow
        for _ in islice(file, skip):
            pass
        for record in records(file, dialect, width):
            cells = record.cells
            if len(cells) > width and any(map(str.strip, cells[width:])):
                tally.long += 1
                tally.first_long_line = tally.first_long_line or record.line + skip
                continue
            tally.short += len(cells) < width
            tally.rows += 1
            write([*cells[:width], *[""] * (width - len(cells))])
    return tally


def _is_open(line: str, dialect: Dialect) -> bool:
    """Whether a quote of the line waits to be closed."""
    count = line.count(dialect.quote)
    if dialect.escape != dialect.quote:
        count -= line.count(dialect.escape + dialect.quote)
    return count % 2 == 1


def _quoted(line: str, ahead: Iterable[str], dialect: Dialect, width: int | None) -> tuple[list[str], int]:
    """The cells of a line with quotes, and how many of the lines after it belong to it."""
    plain = _unquoted(line, dialect)
    if not _is_open(line, dialect):
        cells = _parsed(line, dialect)
        return (plain if len(cells) != width and len(plain) == width else cells), 0
    text, size = [line], len(line)
    for used, following in enumerate(ahead, 1):
        text.append(following)
        size += len(following)
        if size > MAX_CELL_BYTES:
            break
        if _is_open(following, dialect):
            cells = _parsed("".join(text), dialect)
            if width is None or len(cells) == width:
                return cells, used
            break
    return plain, 0


def _parsed(text: str, dialect: Dialect) -> list[str]:
    is_doubled = dialect.escape == dialect.quote
    reader = csv.reader(
        [text.rstrip("\r\n")],
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        doublequote=is_doubled,
        escapechar=None if is_doubled else dialect.escape,
    )
    try:
        return next(reader, [])
    except csv.Error:  # a cell past the limit, or a line end outside of quotes
        return []


def _unquoted(line: str, dialect: Dialect) -> list[str]:
    """The cells where a quote is a letter like others, but for those that stand around a cell."""
    cells = line.rstrip("\r\n").split(dialect.delimiter)
    return [cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == dialect.quote else cell for cell in cells]
