"""A table's file into a DuckDB file of its own; in the reading process only.

Whatever the file is, its records become text that DuckDB reads in a stream: a workbook, JSON lines, a file with ragged rows
and one in another encoding are first written anew beside the table, a plain CSV is read as it is. All values are then read
twice: once to see what their columns are, once to keep them as that. So a single word in the last of a million records
makes no column fail, and no more than a few MB are in memory at any time.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from services.tables import refusals
from services.tables.as_text import Text, as_text, source_sql
from services.tables.column_types import Reading, type_columns
from services.tables.describing import describe
from services.tables.guesses import Typed
from services.tables.names import column_names, literal
from services.tables.refusals import MAX_COLUMNS
from services.tables.shapes import Column, ReadOptions

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY_MB = 640
TEMPORARY_MB = 8 * 2**10
THREADS = 2
SAMPLE_ROWS = 5_000
SAMPLE_CELLS = 200_000
STAGED_COLUMNS = 100
"""Wider tables are kept as text first, so that their types can be looked at some columns at a time."""
SMALL_GROUP_ROWS = 4 * 2048
TYPED_SHARE, WRITTEN_SHARE = 0.4, 0.95
LOADING = ".loading-"
NO_RECORDS = "The file holds no records, only the names of columns."

Run = Callable[["DuckDBPyConnection", str, float], list[Any]]
"""Executes one of the long statements, told what share of the whole is done after it, and gives its rows."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a table's file turned out to be."""

    options: ReadOptions
    columns: tuple[Column, ...]
    row_count: int
    skipped_rows: int
    notes: tuple[str, ...]
    sheets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """A file to be loaded, what it was called, how to read it, and the table to be written: its name and its new DuckDB file."""

    path: Path
    filename: str
    options: ReadOptions
    name: str
    target: Path


def load(job: Job, run: Run) -> Loaded:
    """Load a table. Unreadable for what is none."""
    size_bytes = job.path.stat().st_size
    if size_bytes > refusals.MAX_FILE_BYTES:
        raise refusals.too_large(size_bytes)
    with (
        TemporaryDirectory(dir=job.target.parent, prefix=f"{LOADING}{os.getpid()}-") as name,
        closing(_connection(folder := Path(name))) as connection,
    ):
        text = as_text(connection, job.path, job.filename, job.options, folder)
        if len(text.titles) > MAX_COLUMNS:
            raise refusals.too_wide(len(text.titles))
        return _load(connection, text, job, run, folder)


def renamed(source: Path, target: Path, old: str, new: str) -> None:
    """Write a copy of a table's DuckDB file in which the table has another name."""
    import duckdb

    shutil.copyfile(source, target)
    with closing(duckdb.connect(str(target))) as connection:
        connection.execute(f'ALTER TABLE "{old}" RENAME TO "{new}"')


def _connection(folder: Path) -> DuckDBPyConnection:
    import duckdb

    connection = duckdb.connect(
        config={
            "memory_limit": f"{MEMORY_MB}MB",
            "threads": THREADS,
            "temp_directory": str(folder / "spilled"),
            "max_temp_directory_size": f"{TEMPORARY_MB}MB",
            "preserve_insertion_order": True,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_persistent_secrets": False,
            "enable_external_file_cache": False,
        }
    )
    connection.execute("SET enable_progress_bar = true")  # else nothing is known of progress
    connection.execute("SET enable_progress_bar_print = false")
    return connection


def _load(connection: DuckDBPyConnection, text: Text, job: Job, run: Run, folder: Path) -> Loaded:
    source = _staged(connection, text, folder) if len(text.titles) > STAGED_COLUMNS else source_sql(text)
    names = column_names(text.titles)
    reading = _typed(connection, text, source, job.options, run)
    kept = [n for n, typed in enumerate(reading.typed) if not typed.is_empty or text.titles[n]]
    kept = kept or list(range(len(names)))
    typed = [reading.typed[n] for n in kept]
    titled = [(names[n], text.titles[n] or names[n], reading.typed[n].type) for n in kept]
    _write(connection, job, source, list(zip([names[n] for n in kept], typed, strict=True)), run)
    columns, row_count = describe(connection, f'target."{job.name}"', titled)
    connection.execute("DETACH target")
    return Loaded(
        _options_read(text.options, job.options, reading, columns, typed),
        columns,
        row_count,
        text.skipped,
        (*text.notes, *_value_notes(columns, typed), *([] if row_count else [NO_RECORDS])),
        text.sheets,
    )


def _staged(connection: DuckDBPyConnection, text: Text, folder: Path) -> str:
    connection.execute("SET threads = 1")  # each holds a stretch of every column
    connection.execute(
        f"ATTACH {literal(str(folder / 'staged'))} AS staged (ROW_GROUP_SIZE {SMALL_GROUP_ROWS})"
    )
    connection.execute(f"CREATE TABLE staged.records AS {source_sql(text)}")
    return "FROM staged.records"


def _write(
    connection: DuckDBPyConnection, job: Job, source: str, columns: Sequence[tuple[str, Typed]], run: Run
) -> None:
    is_wide = len(columns) > STAGED_COLUMNS
    size = f" (ROW_GROUP_SIZE {SMALL_GROUP_ROWS})" if is_wide else ""
    connection.execute(f"ATTACH {literal(str(job.target))} AS target{size}")
    fields = ", ".join(f'{typed.sql} AS "{name}"' for name, typed in columns)
    # A record without any value is the end of many an exported sheet.
    filled = ", ".join(typed.column for _, typed in columns)
    where = f"WHERE coalesce({filled}) IS NOT NULL"
    run(connection, f'CREATE TABLE target."{job.name}" AS SELECT {fields} {source} {where}', WRITTEN_SHARE)
    connection.execute("CHECKPOINT target")


def _typed(
    connection: DuckDBPyConnection, text: Text, source: str, options: ReadOptions, run: Run
) -> Reading:
    names = column_names(text.titles)
    places = [f"c{n}" for n in range(len(names))]
    count = max(50, min(SAMPLE_ROWS, SAMPLE_CELLS // len(names)))
    sample = connection.execute(f"SELECT * {source} LIMIT {count}").fetchall()
    asked = {
        place: options.types[key]
        for place, name, title in zip(places, names, text.titles, strict=True)
        for key in (name, title)
        if key in options.types
    }
    return type_columns(
        source.removeprefix("FROM "),
        places,
        sample,
        options=options,
        wanted=asked,
        prefers_comma=text.options.delimiter == ";",
        is_staged=len(names) > STAGED_COLUMNS,
        run=lambda sql: run(connection, sql, TYPED_SHARE),
    )


def _options_read(
    layout: ReadOptions,
    asked: ReadOptions,
    reading: Reading,
    columns: Sequence[Column],
    typed: Sequence[Typed],
) -> ReadOptions:
    """The options, with what was recognised in place of what was left open."""
    formats = [one.date_format for one in typed if one.date_format]
    marks = next((one.marks for one in typed if one.marks and one.type == "decimal"), reading.marks)
    return replace(
        layout,
        decimal=asked.decimal or marks.decimal,  # type: ignore[arg-type]
        thousands=marks.thousands if asked.thousands is None else asked.thousands,
        date_format=asked.date_format or (max(formats, key=formats.count) if formats else ""),
        types={column.name: column.type for column in columns},
    )


def _value_notes(columns: Sequence[Column], typed: Sequence[Typed]) -> Iterator[str]:
    for column, one in zip(columns, typed, strict=True):
        if one.misfits:
            quoted = ", ".join(f"“{example}”" for example in one.misfit_examples)
            values = "1 value" if one.misfits == 1 else f"{one.misfits:,} values"
            yield f"{values} of {column.name} could not be read as {one.type} and left empty, such as {quoted}."
        if one.day_or_month_first:
            first = "day" if one.date_format.startswith("%d") else "month"
            yield f"The dates of {column.name} were read with the {first} first; they could also be read the other way."
