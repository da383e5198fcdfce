"""A table's file, whatever it is, as text that DuckDB reads in a stream; in the reading process only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from services.documents.refusals import Unreadable
from services.tables import json_lines, refusals, workbooks
from services.tables.encodings import as_utf_8
from services.tables.names import literal
from services.tables.recognising import recognise
from services.tables.refusals import MAX_CELL_BYTES
from services.tables.shapes import ReadOptions
from services.tables.splitting import Dialect, Tally, rewrite

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_CLEAN = Dialect(",")


@dataclass(frozen=True, slots=True)
class Text:
    """Records as text that DuckDB can read, and how they came to be."""

    path: Path
    dialect: Dialect
    titles: tuple[str, ...]
    skip: int
    options: ReadOptions
    is_clean: bool = False
    skipped: int = 0
    notes: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()


def as_text(
    connection: DuckDBPyConnection, path: Path, filename: str, options: ReadOptions, folder: Path
) -> Text:
    """The file as text; what has to be written anew is written into `folder`. Unreadable for what is no table."""
    if not path.stat().st_size:
        raise Unreadable(refusals.EMPTY)
    if workbooks.is_workbook(path):
        return _workbook(path, options, folder)
    plain = as_utf_8(path, options.encoding, folder / "plain")
    suffix = PurePosixPath(filename).suffix[1:].lower()
    if json_lines.is_json_lines(plain.path, suffix):
        text = _json(plain.path, options, folder)
    else:
        text = _delimited(connection, plain.path, options, folder)
    read_as = replace(text.options, encoding=plain.encoding)
    return replace(text, options=read_as, notes=(*plain.notes, *text.notes))


def _workbook(path: Path, options: ReadOptions, folder: Path) -> Text:
    copy = folder / "records"
    sheet = workbooks.write_sheet(path, copy, options.sheet or None, options.has_header)
    read_as = ReadOptions("", "", "", sheet.has_header, sheet=sheet.name)
    return Text(copy, _CLEAN, sheet.titles, 0, read_as, True, 0, sheet.notes, sheet.names)


def _json(path: Path, options: ReadOptions, folder: Path) -> Text:
    written, copy = folder / "objects", folder / "records"
    lines = json_lines.write_lines(path, written)
    rewrite(written, copy, _CLEAN, 0, len(lines.titles))
    written.unlink()
    are = (
        "1 line is no JSON object and was"
        if lines.skipped == 1
        else f"{lines.skipped:,} lines are no JSON objects and were"
    )
    says = f"{are} left out."
    return Text(
        copy, _CLEAN, lines.titles, 0, ReadOptions("", "", "", True, sheet=""), True, lines.skipped,
        (says,) if lines.skipped else (),
    )  # fmt: skip


def _delimited(connection: DuckDBPyConnection, path: Path, options: ReadOptions, folder: Path) -> Text:
    layout = recognise(connection, path, options)
    if layout is None:
        raise Unreadable(refusals.EMPTY)
    dialect = layout.dialect
    read_as = ReadOptions(dialect.delimiter, dialect.quote, "", layout.has_header, sheet="")
    before = layout.preamble_lines
    says = (
        "1 line above the table was left out."
        if before == 1
        else f"{before:,} lines above the table were left out."
    )
    text = Text(path, dialect, layout.titles, layout.body_line, read_as, notes=(says,) if before else ())
    return text if layout.is_regular and _is_regular(connection, text) else _rewritten(text, folder)


def _is_regular(connection: DuckDBPyConnection, text: Text) -> bool:
    """Whether DuckDB, when it is strict, reads every record."""
    import duckdb

    try:
        connection.execute(f"SELECT count(*) FROM ({source_sql(text)})").fetchone()  # noqa: S608
    except duckdb.Error:
        return False
    return True


def _rewritten(text: Text, folder: Path) -> Text:
    copy = folder / "records"
    tally = rewrite(text.path, copy, text.dialect, text.skip, len(text.titles))
    return replace(
        text,
        path=copy,
        dialect=_CLEAN,
        skip=0,
        is_clean=True,
        skipped=tally.long,
        notes=(*text.notes, *_tally_notes(tally)),
    )


def _tally_notes(tally: Tally) -> Iterator[str]:
    if tally.short:
        yield f"{_records(tally.short)} fewer cells than there are columns; the missing ones are empty."
    if tally.long:
        was = "was" if tally.long == 1 else "were"
        first = (
            f"in line {tally.first_long_line:,}"
            if tally.long == 1
            else f"the first in line {tally.first_long_line:,}"
        )
        yield f"{_records(tally.long)} more cells than there are columns and {was} left out, {first}."


def _records(count: int) -> str:
    return "1 record has" if count == 1 else f"{count:,} records have"


def source_sql(text: Text) -> str:
    """SQL for all records, every column as text, named by its place."""
    columns = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(len(text.titles)))
    dialect = text.dialect
    return (
        f"FROM read_csv({literal(str(text.path))}, auto_detect = false, header = false, skip = {text.skip},"
        f" delim = {literal(dialect.delimiter)}, quote = {literal(dialect.quote)}, escape = {literal(dialect.escape)},"
        f" columns = {{{columns}}}, strict_mode = true, max_line_size = {16 * MAX_CELL_BYTES})"
    )
