"""A sheet of a workbook as records; in the reading process only. Formulas are their stored values, and no macro runs."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from services.documents.refusals import Unreadable
from services.tables import refusals
from services.tables.recognising import header_row
from services.tables.refusals import MAX_COLUMNS

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

MAX_UNPACKED_BYTES = 4 * 2**30
SAMPLE_ROWS = 200
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was written of a sheet: its columns' titles, whether they stood there, and all sheets' names."""

    name: str
    names: tuple[str, ...]
    titles: tuple[str, ...]
    has_header: bool
    notes: tuple[str, ...] = ()


def is_workbook(path: Path) -> bool:
    """Whether the file begins as workbooks do."""
    with path.open("rb") as file:
        return file.read(8).startswith((ZIP, OLE))


def write_sheet(path: Path, copy: Path, sheet: str | None, has_header: bool | None) -> Sheet:
    """Write the records of a sheet to `copy`, as CSV without a header. Unreadable for what is no workbook."""
    book = _opened(path)
    names = tuple(meta.name for meta in book.sheets_metadata if "Work" in str(meta.typ))
    if not names:
        raise Unreadable(refusals.NO_RECORDS)
    if sheet is not None and sheet not in names:
        quoted = ", ".join(f"“{name}”" for name in names[:20])
        raise Unreadable(refusals.NO_SHEET.format(sheet=sheet[:60], sheets=quoted))
    shown = sheet or _first_with_records(book, names)
    return _written(book.get_sheet_by_name(shown), copy, names, has_header)


def _opened(path: Path) -> CalamineWorkbook:
    import python_calamine
    from python_calamine import CalamineWorkbook

    _refuse_bombs(path)
    try:
        return CalamineWorkbook.from_path(str(path))
    except python_calamine.PasswordError:
        raise Unreadable(refusals.LOCKED) from None
    except python_calamine.CalamineError:
        with path.open("rb") as file:
            says = refusals.LOCKED if file.read(8) == OLE else refusals.DAMAGED
        raise (
            Unreadable(says) if says == refusals.LOCKED or _is_office(path) else refusals.no_table()
        ) from None


def _refuse_bombs(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED_BYTES:
            raise Unreadable(refusals.TOO_HEAVY)


def _is_office(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return True  # it begins as a zip file and does not end as one
    with zipfile.ZipFile(path) as archive:
        return any(name.startswith("xl/") for name in archive.namelist())


def _first_with_records(book: CalamineWorkbook, names: Sequence[str]) -> str:
    visible = [
        meta.name for meta in book.sheets_metadata if meta.name in names and "Visible" in str(meta.visible)
    ]
    for name in visible[:5]:
        if book.get_sheet_by_name(name).height > 1:
            return name
    return (visible or list(names))[0]


def _written(sheet: CalamineSheet, copy: Path, names: tuple[str, ...], has_header: bool | None) -> Sheet:
    if sheet.width > MAX_COLUMNS:
        raise refusals.too_wide(sheet.width)
    first = [[as_text(value) for value in row] for row in islice(sheet.iter_rows(), SAMPLE_ROWS)]
    if not first:
        raise Unreadable(refusals.NO_RECORDS)
    start, is_header = header_row(first, has_header)
    width = max(len(row) for row in first)
    merged = _merged(sheet)
    titles = _titles(first, start, merged) if is_header else [""] * width
    body = start + is_header
    filled = _write_rows(sheet, copy, body, merged)
    return Sheet(sheet.name, names, tuple(titles), is_header, tuple(_notes(start, filled, sheet.name, names)))


def _merged(sheet: CalamineSheet) -> list[tuple[int, int, int, int]]:
    """Merged ranges as first and last row and column, counted from the first cell that `iter_rows` gives."""
    top, left = sheet.start or (0, 0)
    ranges = sheet.merged_cell_ranges or []
    return [(a - top, b - left, c - top, d - left) for (a, b), (c, d) in ranges]


def _titles(
    rows: Sequence[Sequence[str]], start: int, merged: Sequence[tuple[int, int, int, int]]
) -> list[str]:
    """The names in the header, after those of the groups that a row of merged cells above it makes."""
    titles = [" ".join(cell.split()) for cell in rows[start]]
    for top, left, bottom, right in merged:
        if top <= start <= bottom and bottom > top and not titles[left]:
            titles[left] = " ".join(rows[top][left].split())
        is_group = bottom == start - 1 and left < right < len(titles) and right - left + 1 < len(titles)
        for column in range(left, right + 1) if is_group else ():
            titles[column] = f"{' '.join(rows[top][left].split())} {titles[column]}".strip()
    return titles


def _write_rows(
    sheet: CalamineSheet, copy: Path, body: int, merged: Sequence[tuple[int, int, int, int]]
) -> int:
    """Write the rows from `body` on, merged cells each with the value of the first; how many cells got it."""
    starts: dict[int, list[tuple[int, int, int, int]]] = {}
    for area in merged:
        if area[2] >= body:
            starts.setdefault(max(area[0], body), []).append(area)
    values: dict[tuple[int, int, int, int], str] = {}
    filled = 0
    with copy.open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file, lineterminator="\n").writerow
        for number, row in enumerate(sheet.iter_rows()):
            if number < body:
                continue
            cells = [as_text(value) for value in row]
            for area in starts.get(number, ()):
                values[area] = cells[area[1]] if area[1] < len(cells) else ""
            filled += _fill(cells, number, values)
            if any(cells):
                write(cells)
    return filled


def _fill(cells: list[str], row: int, values: dict[tuple[int, int, int, int], str]) -> int:
    filled = 0
    for area, value in list(values.items()):
        if row > area[2]:
            del values[area]
            continue
        for column in range(area[1], min(area[3] + 1, len(cells))):
            if not cells[column] and value:
                cells[column] = value
                filled += 1
    return filled


def as_text(value: object) -> str:
    """A cell as text that is recognised again: dates as ISO 8601, numbers with the 15 digits that a sheet has."""
    match value:
        case str():
            return value.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:.15g}" if abs(value) < 1e15 or value != int(value) else f"{value:.0f}"
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return _clock(value)
        case _:
            return str(value)


def _clock(value: timedelta) -> str:
    """A duration as a time of day where it is shorter than one, else as hours."""
    seconds = int(value.total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    sign = "-" if seconds < 0 else ""
    return f"{sign}{hours:02}:{rest // 60:02}:{rest % 60:02}"


def _notes(start: int, filled: int, name: str, names: Sequence[str]) -> Iterator[str]:
    if len(names) > 1:
        yield f"The workbook has {len(names)} sheets; this is “{name}”."
    if start:
        yield (
            "1 row above the table was left out."
            if start == 1
            else f"{start:,} rows above the table were left out."
        )
    if filled:
        cells = "1 merged cell was" if filled == 1 else f"{filled:,} merged cells were"
        yield f"{cells} filled with the value that the first of them has."
