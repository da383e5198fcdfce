"""Tables loaded in this process, for tests of what is read from a file."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from services.tables.loading import Job, Loaded, load
from services.tables.shapes import ReadOptions


@dataclass(frozen=True)
class Made:
    """What loading said, and the records it wrote."""

    loaded: Loaded
    rows: list[tuple[Any, ...]]

    @property
    def types(self) -> list[str]:
        return [column.type for column in self.loaded.columns]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.loaded.columns]

    @property
    def options(self) -> ReadOptions:
        return self.loaded.options

    def column(self, name: str) -> list[Any]:
        return [row[self.names.index(name)] for row in self.rows]


class Bench:
    """Loads files that a test writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count()

    def path(self, data: bytes | str, filename: str = "table.csv") -> Path:
        folder = self.folder / str(next(self._numbers))
        folder.mkdir()
        path = folder / filename
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def load(self, data: bytes | str | Path, filename: str = "table.csv", **options: Any) -> Made:
        path = data if isinstance(data, Path) else self.path(data, filename)
        target = path.with_name("loaded.duckdb")
        loaded = load(Job(path, path.name, ReadOptions(**options), "t", target), _run)
        with duckdb.connect(str(target), read_only=True) as connection:
            return Made(loaded, connection.execute("SELECT * FROM t ORDER BY rowid").fetchall())


def _run(connection: duckdb.DuckDBPyConnection, sql: str, until: float) -> list[Any]:
    return connection.execute(sql).fetchall()
