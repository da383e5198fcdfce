"""Rows as lines of JSON, the same from SQLite as from PostgreSQL."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    RowMapping,
    Select,
    Table,
    Text,
    TypeDecorator,
    cast,
    select,
)

Reader = Callable[[Any], Any]

READERS: dict[type, Reader] = {
    bytes: base64.b64decode,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
    Decimal: Decimal,
    UUID: UUID,
}


def rows_of(table: Table) -> Select[Any]:
    """The query for a table's rows in the order of their keys, without what the database computes itself."""
    columns = [_as_written(column) for column in table.columns if column.computed is None]
    return select(*columns).order_by(*table.primary_key.columns)


def _as_written(column: Column[Any]) -> ColumnElement[Any]:
    # As text, JSON's null stays apart from the database's NULL.
    return cast(column, Text).label(column.name) if _is_json(column) else column


def _is_json(column: Column[Any]) -> bool:
    kind = column.type
    return isinstance(kind.impl_instance if isinstance(kind, TypeDecorator) else kind, JSON)


def to_line(row: RowMapping) -> bytes:
    """One row as a line of JSON."""
    return ENCODER.encode(dict(row)).encode() + b"\n"


def _to_json(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    raise TypeError(f"a {type(value).__name__} cannot be backed up")


ENCODER = json.JSONEncoder(default=_to_json, ensure_ascii=False, separators=(",", ":"))


def readers(table: Table) -> dict[str, Reader]:
    """For each column what turns a value of a line into one that can be inserted."""
    return {c.name: _reader(c) for c in table.columns if c.computed is None}


def _reader(column: Column[Any]) -> Reader:
    if _is_json(column):
        return _read_json
    return READERS.get(column.type.python_type, _as_it_is)


def _read_json(text: str) -> Any:
    value = json.loads(text)
    return JSON.NULL if value is None else value


def _as_it_is(value: Any) -> Any:
    return value


def from_line(line: bytes, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """The row of a line. Raises ValueError for a line that is no row of this table."""
    row: Any = json.loads(line)
    if not isinstance(row, dict) or row.keys() != readers.keys():
        raise ValueError("another table's row")
    try:
        return {name: None if value is None else readers[name](value) for name, value in row.items()}
    except TypeError as error:
        raise ValueError("a value of another type") from error
