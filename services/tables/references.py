"""Columns by which tables belong together: `department_id` and the id of `departments`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from services.tables.names import sheet_name
from services.tables.shapes import Column, Table

Reference = tuple[Table, Column, Table, Column]
KEYS = ("id", "code", "name", "key", "nr", "no")
MOSTLY = 0.95
"""Different values of a big table are counted with an error of some percent."""


def references(tables: Sequence[Table]) -> Iterator[Reference]:
    """A table and its column, and the table and key that the column seems to point to; by their names and types."""
    for one in tables:
        for other in tables:
            if one is not other:
                yield from _between(one, other)


def label(table: Table, key: Column) -> Column | None:
    """The column that says what a key stands for: a text that nearly every record has for itself."""
    texts = [column for column in table.columns if column.type == "text" and column is not key]
    named = [column for column in texts if column.name.endswith(("name", "title", "label"))]
    return next((column for column in (*named, *texts[:1]) if is_key(table, column)), None)


def is_key(table: Table, column: Column) -> bool:
    """Whether each record has a value of its own there."""
    distinct = column.distinct_count
    return distinct is not None and table.row_count > 0 and distinct >= MOSTLY * table.row_count


def _between(one: Table, other: Table) -> Iterator[Reference]:
    for column in one.columns:
        for key in other.columns:
            is_mutual = column.name == key.name and one.name > other.name and is_key(one, column)
            if _refers(column, other, key) and not is_mutual:
                yield one, column, other, key


def _refers(column: Column, other: Table, key: Column) -> bool:
    if column.type != key.type or not is_key(other, key):
        return False
    if column.name == key.name:
        return column.name not in ("id", "name", "column_1")
    owner, _, kind = column.name.rpartition("_")
    if not owner or kind not in KEYS:
        return False
    names = (other.name, sheet_name(other.options.sheet))
    return any(name.startswith(owner) for name in names) and key.name in (*KEYS, f"{owner}_{kind}")
