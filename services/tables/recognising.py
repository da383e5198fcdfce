"""How a text file's records are written: what parts the cells, where the records begin, what their columns are called."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from services.tables.refusals import MAX_CELL_BYTES
from services.tables.shapes import ReadOptions
from services.tables.splitting import Dialect, Record, records

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SAMPLE_BYTES = 2**20
SAMPLE_LINES = 1_000
DELIMITERS = (",", ";", "\t", "|", "~", "^")
MAX_PREAMBLE_LINES = 20

_SEPARATOR = re.compile('"?sep=(.)"?', re.IGNORECASE)
_YEAR = re.compile("(19|20)[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where in a file the records begin, and their columns. `body_line` counts the lines before the first record."""

    dialect: Dialect
    titles: tuple[str, ...]
    has_header: bool
    body_line: int
    preamble_lines: int = 0
    is_regular: bool = True
    """Whether every record that was looked at has as many cells as there are columns."""

    @property
    def width(self) -> int:
        return len(self.titles)


def recognise(connection: DuckDBPyConnection, path: Path, options: ReadOptions) -> Layout | None:
    """The layout of a file in UTF-8 by its first lines, as far as `options` leave it open; None when nothing is there."""
    csv.field_size_limit(MAX_CELL_BYTES)
    lines = _first_lines(path)
    above = 0
    if lines and (told := _SEPARATOR.fullmatch(lines[0].strip("\r\n"))):  # Excel's own way to say it
        options = replace(options, delimiter=options.delimiter or told[1])
        lines, above = lines[1:], 1
    dialect = _dialect(connection, path, lines, options)
    rows = list(records(lines, dialect))
    if not rows:
        return None
    width = _usual_width(rows)
    start = _first_of_table(rows, width) if options.has_header is None else _first_wide(rows, width)
    head, body = rows[start], rows[start + 1 :]
    has_header = _is_header(head.cells, body) if options.has_header is None else options.has_header
    titles = [" ".join(cell.split()) for cell in head.cells] if has_header else []
    # A name is missing for the first column where a program has written row names without one.
    if has_header and len(titles) == width - 1 and start == 0 and len(body) > 0:
        titles.insert(0, "")
    titles += [""] * (width - len(titles))
    lines_before = rows[start - 1].line if start else 0
    return Layout(
        dialect,
        tuple(titles),
        has_header,
        above + (head.line if has_header else lines_before),
        preamble_lines=lines_before,
        is_regular=all(len(row.cells) == len(titles) for row in body)
        and _one_line_each(rows[: start + 1], lines),
    )


def header_row(rows: Sequence[Sequence[str]], has_header: bool | None) -> tuple[int, bool]:
    """For cells of a sheet: the place of the row where the table begins, and whether that row holds names."""
    found = [Record(_without_end(row), number) for number, row in enumerate(rows, 1)]
    width = max((len(row.cells) for row in found), default=0)
    start = next((n for n, row in enumerate(found) if _filled(row) * 2 > width), 0)
    if has_header is None:
        has_header = _is_header(found[start].cells, found[start + 1 :]) if found else False
    return start, has_header


def _first_lines(path: Path) -> list[str]:
    with path.open("rb") as file:
        data = file.read(SAMPLE_BYTES)
        is_all = not file.read(1)
    # Not str.splitlines, which also breaks lines at letters that are none of a file's line ends.
    lines = [line.decode("utf-8", "replace") + "\n" for line in data.replace(b"\r\n", b"\n").split(b"\n")]
    return (lines if is_all or len(lines) < 2 else lines[:-1])[:SAMPLE_LINES]


def _dialect(
    connection: DuckDBPyConnection, path: Path, lines: Sequence[str], options: ReadOptions
) -> Dialect:
    sniffed = _sniffed(connection, path)
    if options.delimiter or options.quote is not None:
        quote = sniffed.quote if options.quote is None else options.quote
        dialect = Dialect(options.delimiter or sniffed.delimiter, quote, quote or '"')
        escape = sniffed.escape if quote == sniffed.quote else quote
        dialect = replace(dialect, escape=escape)
        return dialect if options.delimiter else replace(dialect, delimiter=_delimiter(lines, dialect))
    # The sniffer takes no ragged rows: where it finds one column, or columns that few lines have, lines are counted.
    width, share = _regularity(lines, sniffed)
    return sniffed if width > 1 and share > 0.95 else replace(sniffed, delimiter=_delimiter(lines, sniffed))


def _sniffed(connection: DuckDBPyConnection, path: Path) -> Dialect:
    import duckdb

    query = "SELECT delimiter, quote, escape FROM sniff_csv(?, all_varchar = true)"
    try:
        found = connection.execute(query, [str(path)]).fetchone()
    except duckdb.Error:
        found = None
    if found is None or len(found[0]) != 1:
        return Dialect(",")
    quote = found[1] if len(found[1]) == 1 else '"'
    return Dialect(found[0], quote, found[2] if len(found[2]) == 1 else quote)


def _delimiter(lines: Sequence[str], dialect: Dialect) -> str:
    """The one that gives the most lines the same number of cells, and more than one."""

    def worth(delimiter: str) -> tuple[float, int]:
        width, share = _regularity(lines, replace(dialect, delimiter=delimiter))
        return (round(share, 1), width) if width > 1 else (0, 0)

    best = max(DELIMITERS, key=worth)
    if worth(best) > (0.4, 1):
        return best
    unused = [delimiter for delimiter in DELIMITERS if not any(delimiter in line for line in lines)]
    return unused[0] if unused else "\x1f"


def _regularity(lines: Sequence[str], dialect: Dialect) -> tuple[int, float]:
    """The usual number of cells, and the share of records that have so many."""
    counts = Counter(len(row.cells) for row in records(lines[:200], dialect))
    if not counts:
        return 0, 0.0
    width, count = max(counts.items(), key=lambda item: (item[1], item[0]))
    return width, count / counts.total()


def _usual_width(rows: Sequence[Record]) -> int:
    counts = Counter(len(row.cells) for row in rows)
    return max(counts.items(), key=lambda item: (item[1], item[0]))[0]


def _first_of_table(rows: Sequence[Record], width: int) -> int:
    """The place of the first row of the table, after lines that tell of it: they have fewer cells than its rows."""
    start = _first_wide(rows, width)
    before = rows[start - 1] if start else None
    # A head that lacks the name of the first column is still the head.
    if (
        before
        and start == 1
        and len(before.cells) == width - 1 > 1
        and _is_header(before.cells, rows[start:])
    ):
        return 0
    return start


def _first_wide(rows: Sequence[Record], width: int) -> int:
    wide = (
        n
        for n, row in enumerate(rows[:MAX_PREAMBLE_LINES])
        if len(row.cells) >= width and _filled(row) > width // 2
    )
    return next(wide, 0)


def _is_header(cells: Sequence[str], body: Sequence[Record]) -> bool:
    """Names are no numbers, years aside, and most of them not among the values of their columns."""
    names = [" ".join(cell.split()) for cell in cells]
    filled = [name for name in names if name]
    if not filled or any(map(_is_number, filled)):
        return False
    others = [
        row for row in body[:SAMPLE_LINES] if row.cells != list(cells)
    ]  # files are joined with their headers
    found = sum(_is_among(name, place, others) for place, name in enumerate(names) if name)
    return found * 2 < len(filled)


def _is_among(name: str, place: int, body: Sequence[Record]) -> bool:
    return any(place < len(row.cells) and row.cells[place].strip() == name for row in body)


def _is_number(text: str) -> bool:
    is_number = any(map(str.isdecimal, text)) and not any(map(str.isalpha, text))
    return is_number and not _YEAR.fullmatch(text)


def _one_line_each(rows: Sequence[Record], lines: Sequence[str]) -> bool:
    """Whether DuckDB, which skips lines, would skip these records."""
    last = rows[-1].line if rows else 0
    filled = sum(1 for line in lines[:last] if line.strip())
    return filled == len(rows)


def _filled(row: Record) -> int:
    return sum(1 for cell in row.cells if cell.strip())


def _without_end(row: Sequence[str]) -> list[str]:
    cells = list(row)
    while cells and not cells[-1].strip():
        cells.pop()
    return cells
