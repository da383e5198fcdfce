"""Loading and querying in processes of their own, seen from outside."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.documents.extraction import accepted
from services.documents.limits import Limits
from services.documents.reading_process import Message, OutOfTime, ProcessEnded
from services.documents.refusals import Unreadable
from services.documents.workers import Workers
from services.errors import AppError, InvalidInput
from services.tables import refusals
from services.tables.results import result_of
from services.tables.shapes import Result

if TYPE_CHECKING:
    from services.tables.loading import Loaded

WORKER_MODULE = "services.tables.worker"
LOADING = Limits(memory_bytes=2 * 2**30, cpu_s=1_800, wall_s=1_800.0)
QUERYING = Limits(memory_bytes=2 * 2**30, cpu_s=180, wall_s=90.0)
MAX_TIMEOUT_S = 60.0
MAX_ROWS = 100_000
MAX_RESULT_BYTES = 32 * 2**20
TOO_HEAVY = (
    "This query takes more memory than it may, or too long. Filter or group more, or ask for fewer columns."
)

Progress = Callable[[float], None]


class TableProcesses:
    """One process that loads, one or two that answer queries; each started when first needed and kept warm."""

    def __init__(self, loading: Limits = LOADING, querying: Limits = QUERYING, queriers: int = 2) -> None:
        self._loader = Workers(1, loading, WORKER_MODULE)
        self._queriers = Workers(queriers, querying, WORKER_MODULE)

    def close(self) -> None:
        """End all of them. What is being loaded or asked ends with Cancelled."""
        self._loader.close()
        self._queriers.close()

    def rest(self) -> None:
        """End the processes that answer nothing right now: they may have files open that were deleted."""
        self._queriers.rest()

    def load(
        self,
        path: Path,
        request: Mapping[str, Any],
        progress: Progress,
        cancelled: threading.Event,
    ) -> Loaded:
        """Load a file as `request` says: `filename`, `options`, `name` and `target`, as loading.Job has them, as JSON.

        `progress` is called in this thread with the share that is done, from 0 to 1. Raises Unreadable, and Cancelled
        within 0.1 s after `cancelled` is set.
        """
        loaded: Loaded | None = None
        try:
            with closing(self._loader.read("load", path, cancelled, {"wanted": dict(request)})) as messages:
                for message in accepted(messages):
                    if "progress" in message:
                        progress(min(1.0, max(0.0, float(message["progress"]))))
                    if "loaded" in message:
                        loaded = _loaded(message["loaded"])
        except OutOfTime as error:
            raise Unreadable(refusals.TOO_SLOW) from error
        except ProcessEnded as error:
            raise _not_started() if not error.had_started else Unreadable(refusals.TOO_HEAVY) from error
        if loaded is None:
            raise Unreadable(refusals.DAMAGED)
        return loaded

    def rename(self, file: Path, target: Path, old: str, new: str) -> None:
        """Write a copy of a table's DuckDB file in which the table has another name."""
        wanted = {"target": str(target), "old": old, "new": new}
        with (
            _told_in_words(),
            closing(self._loader.read("rename", file, threading.Event(), {"wanted": wanted})) as messages,
        ):
            for _ in _answered(messages):
                pass

    def query(
        self,
        files: Mapping[str, Path],
        sql: str,
        folder: Path,
        *,
        max_rows: int,
        timeout_s: float,
        cancelled: threading.Event | None = None,
    ) -> Result:
        """The result of a SELECT over tables given by name with their DuckDB files. InvalidInput with what is wrong with it."""
        bounds = {"max_rows": max(1, min(max_rows, MAX_ROWS)), "max_bytes": MAX_RESULT_BYTES}
        wanted = _request(files, sql, timeout_s) | bounds
        with _told_in_words(), _asked(self._queriers, "query", folder, wanted, cancelled) as messages:
            return result_of(messages)

    def sources(
        self, files: Mapping[str, Path], sql: str, folder: Path, *, limit: int, timeout_s: float
    ) -> list[tuple[str, int, tuple[int, ...]]]:
        """For each table that a result rests on, how many of its records, and the numbers of the first ones."""
        wanted = _request(files, sql, timeout_s) | {"limit": limit}
        with _told_in_words(), _asked(self._queriers, "sources", folder, wanted, None) as messages:
            found = [message["source"] for message in messages if "source" in message]
            return [(str(table), int(count), tuple(map(int, rows))) for table, count, rows in found]


def _request(files: Mapping[str, Path], sql: str, timeout_s: float) -> dict[str, Any]:
    named = {name: str(path) for name, path in files.items()}
    return {"files": named, "sql": sql, "timeout_s": max(0.1, min(timeout_s, MAX_TIMEOUT_S))}


@contextmanager
def _asked(
    workers: Workers, kind: str, folder: Path, wanted: Mapping[str, Any], cancelled: threading.Event | None
) -> Iterator[Iterator[Message]]:
    with closing(workers.read(kind, folder, cancelled or threading.Event(), {"wanted": wanted})) as messages:
        yield _answered(messages)


def _answered(messages: Iterable[Message]) -> Iterator[Message]:
    """The messages, unless one says why there is no result: InvalidInput."""
    for message in messages:
        if "says" in message:
            raise InvalidInput(str(message["says"])[:1_000], code=str(message.get("code", "invalid_file")))
        yield message


@contextmanager
def _told_in_words() -> Iterator[None]:
    try:
        yield
    except (OutOfTime, ProcessEnded, ValueError, KeyError, TypeError) as error:
        if isinstance(error, ProcessEnded) and not error.had_started:
            raise _not_started() from error
        raise InvalidInput(TOO_HEAVY, code="too_heavy") from error


def _not_started() -> AppError:
    return AppError("The process that reads tables cannot be started. Free some memory and try again.")


def _loaded(fields: object) -> Loaded:
    """What a process sent, if it is what ours send: a parser that was taken over may send anything."""
    from pydantic import TypeAdapter, ValidationError

    from services.tables.loading import Loaded

    try:
        loaded: Loaded = TypeAdapter(Loaded).validate_python(fields)
    except ValidationError as error:
        raise ProcessEnded(had_started=True) from error
    return loaded
