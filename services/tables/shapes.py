"""What is known of an uploaded table, and what a query gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

ColumnType = Literal["text", "integer", "decimal", "boolean", "date", "timestamp", "time"]
State = Literal["waiting", "loading", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How a table's file is read. None, or no entry in `types`: as recognised.

    `decimal` and `thousands` are the marks in numbers, `date_format` is one of strptime, `sheet` a sheet of a workbook.
    """

    delimiter: str | None = None
    quote: str | None = None
    encoding: str | None = None
    has_header: bool | None = None
    decimal: Literal[".", ","] | None = None
    thousands: str | None = None
    date_format: str | None = None
    sheet: str | None = None
    types: Mapping[str, ColumnType] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its name in SQL, the name in the file, and a few values as a person writes them."""

    name: str
    title: str
    type: ColumnType
    samples: tuple[str, ...] = ()
    distinct_count: int | None = None
    null_count: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a collection; `name` is its name in SQL. `options` are those it was read with, none of them None.

    Records count from 1, without the header, in the column `_row`, which a `SELECT *` leaves out. `skipped_rows` could not
    be read, and `notes` say in sentences what else a person should know of the reading. `progress` is the share of a table
    being loaded that is done, 0 to 1; `sheets` are those of its workbook.
    """

    id: str
    collection_id: str
    name: str
    filename: str
    size_bytes: int
    state: State
    options: ReadOptions = field(default_factory=ReadOptions)
    columns: tuple[Column, ...] = ()
    row_count: int = 0
    skipped_rows: int = 0
    notes: tuple[str, ...] = ()
    error: str | None = None
    progress: float | None = None
    sheets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What a query gave: at most so many rows as were asked for; `is_cut` tells that there are more.

    Values are str, int, float, Decimal, bool, date, datetime, time or None. `row_count` counts the rows at hand.
    """

    columns: tuple[str, ...]
    types: tuple[ColumnType, ...]
    rows: tuple[tuple[Any, ...], ...]
    duration_s: float
    is_cut: bool = False

    @property
    def row_count(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Source:
    """The records of a table that a result rests on: how many, and the numbers of the first ones."""

    table: str
    filename: str
    count: int
    rows: tuple[int, ...]
