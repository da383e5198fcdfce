"""What the columns of a loaded table hold; in the reading process only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from services.tables.names import quoted
from services.tables.shapes import Column, ColumnType

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SAMPLES = 6
SAMPLED_ROWS = 2_000
MAX_SAMPLE_CHARACTERS = 60
COUNTED_EXACTLY = 500_000
MANY_COLUMNS = 200
COLUMNS_AT_ONCE = 50


def describe(
    connection: DuckDBPyConnection, table: str, columns: Sequence[tuple[str, str, ColumnType]]
) -> tuple[tuple[Column, ...], int]:
    """The columns, given by name, title and type, with what is in them; and the number of records."""
    row_count: int = connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]  # noqa: S608
    is_counted = row_count <= COUNTED_EXACTLY and len(columns) <= MANY_COLUMNS
    distinct = "count(DISTINCT {})" if is_counted else "approx_count_distinct({})"
    found: list[Column] = []
    for start in range(0, len(columns), COLUMNS_AT_ONCE):
        found += _described(connection, table, columns[start : start + COLUMNS_AT_ONCE], row_count, distinct)
    return tuple(found), row_count


def _described(
    connection: DuckDBPyConnection,
    table: str,
    columns: Sequence[tuple[str, str, ColumnType]],
    row_count: int,
    distinct: str,
) -> Iterator[Column]:
    terms = ", ".join(f'count("{name}"), {distinct.format(quoted(name))}' for name, _, _ in columns)
    counts = connection.execute(f"SELECT {terms} FROM {table}").fetchall()[0]  # noqa: S608
    samples = _samples(connection, table, [name for name, _, _ in columns])
    for place, (name, title, kind) in enumerate(columns):
        filled, different = counts[2 * place], counts[2 * place + 1]
        yield Column(name, title, kind, samples[place], min(different, filled), row_count - filled)


def _samples(connection: DuckDBPyConnection, table: str, names: Sequence[str]) -> list[tuple[str, ...]]:
    """For each column the values that the first rows have most often, those that come first among equals."""
    columns = ", ".join(quoted(name) for name in names)
    rows = connection.execute(f"SELECT {columns} FROM {table} LIMIT {SAMPLED_ROWS}").fetchall()  # noqa: S608
    samples = []
    for place in range(len(names)):
        counts = Counter(row[place] for row in rows if row[place] is not None)
        samples.append(tuple(_written(value) for value, _ in counts.most_common(SAMPLES)))
    return samples


def _written(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= MAX_SAMPLE_CHARACTERS else text[: MAX_SAMPLE_CHARACTERS - 1] + "…"
