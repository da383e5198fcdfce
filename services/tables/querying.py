"""Queries over the tables of a collection, by a DuckDB that can do nothing else; in the querying process only."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.documents.refusals import Refusal
from services.tables.names import literal
from services.tables.results import Bounds, column_type, to_wire
from services.tables.statements import RefusedSql, checked, source_queries, with_row_numbers

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY_MB = 1_024
TEMPORARY_MB = 2_048
THREADS = 2
GRACE_S = 3.0
KEPT_OPEN = 4
ROWS_A_MESSAGE = 1_000
SPILLED = ".spilled-"
MAX_SAID_CHARACTERS = 500
TOO_HEAVY = "This query takes more memory than it may. Filter or group more, or ask for fewer columns."

_PATH = re.compile(r'"?/[^\s"]*/[^\s"]*"?')
_KIND = re.compile(r"^(\w+ Error|INTERNAL Error): ")

Message = dict[str, Any]


class Failed(Refusal):
    """A query that gave nothing, with a sentence and a code."""


class OpenTables:
    """The collections that were asked last, each attached read-only and locked, so that the next query finds them open."""

    def __init__(self) -> None:
        self._open: dict[tuple[tuple[str, str], ...], DuckDBPyConnection] = {}

    def connection(self, files: Mapping[str, str], folder: Path) -> DuckDBPyConnection:
        """A DuckDB in which these tables, given by name with their files, can be read, and nothing can be changed.

        What a query cannot hold in memory lies in `folder` while it runs.
        """
        key = tuple(sorted(files.items()))
        self._forget(key)
        if key not in self._open:
            self._open[key] = _locked(files, folder / f"{SPILLED}{os.getpid()}")
        return self._open[key]

    def close(self) -> None:
        """Close all of them."""
        for connection in self._open.values():
            connection.close()
        self._open.clear()

    def _forget(self, wanted: tuple[tuple[str, str], ...]) -> None:
        """Close what has a file that was deleted, and what was asked longest ago."""
        if wanted in self._open:
            self._open[wanted] = self._open.pop(wanted)
        others = [key for key in self._open if key != wanted]
        for place, key in enumerate(reversed(others), 1):
            if place >= KEPT_OPEN or not all(Path(path).exists() for _, path in key):
                self._open.pop(key).close()


def _locked(files: Mapping[str, str], temporary: Path) -> DuckDBPyConnection:
    import duckdb

    connection = duckdb.connect(
        config={
            "memory_limit": f"{MEMORY_MB}MB",
            "threads": THREADS,
            "temp_directory": str(temporary),
            "max_temp_directory_size": f"{TEMPORARY_MB}MB",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "allow_persistent_secrets": False,
            "python_enable_replacements": False,
        }
    )
    for number, path in enumerate(files.values()):
        connection.execute(f"ATTACH {literal(path)} AS _attached_{number} (READ_ONLY)")
    if files:
        places = ",".join(f"_attached_{number}.main" for number in range(len(files)))
        connection.execute(f"SET search_path = '{places}'")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def answer(tables: OpenTables, folder: Path, request: Mapping[str, Any]) -> Iterator[Message]:
    """What a query gives, in messages of a bounded size: its columns, rows, and whether there were more."""
    sql, bounds = str(request["sql"]), Bounds(request["max_rows"], request["max_bytes"])
    with _told_in_words(request["timeout_s"]):
        tree = checked(sql, request["files"].keys())
        connection = tables.connection(request["files"], folder)
        began = time.perf_counter()
        with _in_time(connection, request["timeout_s"]):
            yield from _rows(connection, with_row_numbers(sql, tree), bounds)
        yield {"duration_s": time.perf_counter() - began}


def sources(tables: OpenTables, folder: Path, request: Mapping[str, Any]) -> Iterator[Message]:
    """Which records of which tables the result of a query rests on."""
    with _told_in_words(request["timeout_s"]):
        tree = checked(str(request["sql"]), request["files"].keys())
        connection = tables.connection(request["files"], folder)
        with _in_time(connection, request["timeout_s"]):
            for table, sql in source_queries(tree, request["limit"]):
                count, rows = connection.execute(sql).fetchall()[0]
                yield {"source": [table, count, rows or []]}


def _rows(connection: DuckDBPyConnection, sql: str, bounds: Bounds) -> Iterator[Message]:
    found = connection.execute(sql)
    described = found.description or []
    types = [column_type(str(kind)) for _, kind, *_ in described]
    yield {"columns": [name for name, *_ in described], "types": types}
    left = bounds.rows
    while rows := found.fetchmany(min(ROWS_A_MESSAGE, left + 1)):
        message = [
            [to_wire(value, kind) for value, kind in zip(row, types, strict=True)] for row in rows[:left]
        ]
        for piece in bounds.fitting(message):
            yield {"rows": piece}
        left -= len(rows)
        if left < 0 or bounds.is_full:
            yield {"is_cut": True}
            return


@contextmanager
def _in_time(connection: DuckDBPyConnection, timeout_s: float) -> Iterator[None]:
    """Interrupt what takes longer, and end this process when that does not help."""
    timers = (
        threading.Timer(timeout_s, connection.interrupt),
        threading.Timer(timeout_s + GRACE_S, os._exit, (1,)),
    )
    for timer in timers:
        timer.daemon = True
        timer.start()
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()


@contextmanager
def _told_in_words(timeout_s: float) -> Iterator[None]:
    import duckdb

    try:
        yield
    except RefusedSql as error:
        raise Failed(error.says, "refused_sql") from None
    except duckdb.InterruptException:
        raise Failed(too_slow(timeout_s), "too_slow") from None
    except (duckdb.OutOfMemoryException, MemoryError):
        raise Failed(TOO_HEAVY, "too_heavy") from None
    except duckdb.Error as error:
        raise Failed(_short(str(error)), "sql_error") from None
    except RecursionError:
        raise Failed("The SQL is nested too deeply. Write it more plainly.", "refused_sql") from None


def too_slow(timeout_s: float) -> str:
    """The sentence for a query past its time."""
    return f"This query takes longer than {timeout_s:g} seconds and was stopped. Filter more, or join less."


def _short(says: str) -> str:
    """DuckDB's message without the echo of the SQL, and without any path."""
    words = _PATH.sub("a file", _KIND.sub("", says.partition("\n\nLINE ")[0]))
    return " ".join(words.split())[:MAX_SAID_CHARACTERS]
