"""The process for tables: it alone lets a parser touch a table's file, and DuckDB run SQL that somebody wrote.

Requests arrive as JSON lines on stdin, answers leave as JSON lines on stdout. It has no keys in its environment, and ends when
stdin does, when a limit is passed, or when much memory is still taken after a request.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.documents.refusals import Unreadable
from services.documents.serving import Message, Send, serve
from services.tables import refusals
from services.tables.loading import Job, load, renamed
from services.tables.querying import OpenTables, answer, sources
from services.tables.shapes import ReadOptions

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MAX_FILE_BYTES = 16 * 2**30
MAX_ADDRESS_BYTES = 16 * 2**30
"""DuckDB reserves many times the addresses that it fills, so that what it fills is watched as well."""
PROGRESS_S = 0.3


def main() -> None:
    """Answer until stdin ends."""
    tables = OpenTables()

    def answered(path: Path, request: Message, send: Send) -> Iterator[Message]:
        return _bounded(_messages(tables, path, request, send))

    with closing(tables):
        serve(
            answered,
            refusals.DAMAGED,
            file_bytes=MAX_FILE_BYTES,
            address_bytes=MAX_ADDRESS_BYTES,
            ends_half_full=True,
        )


def _bounded(messages: Iterator[Message]) -> Iterator[Message]:
    """The messages. Raises Unreadable when DuckDB runs out of the memory it may take."""
    import duckdb

    try:
        yield from messages
    except duckdb.OutOfMemoryException:
        raise Unreadable(refusals.TOO_HEAVY) from None


def _messages(tables: OpenTables, path: Path, request: Message, send: Send) -> Iterator[Message]:
    wanted = request["wanted"]
    match request["kind"]:
        case "query":
            yield from answer(tables, path, wanted)
        case "sources":
            yield from sources(tables, path, wanted)
        case "rename":
            renamed(path, Path(wanted["target"]), wanted["old"], wanted["new"])
        case _:
            options = ReadOptions(**wanted["options"])
            job = Job(path, wanted["filename"], options, wanted["name"], Path(wanted["target"]))
            yield {"loaded": asdict(load(job, _Progress(send).run))}


class _Progress:
    """Runs long statements and tells how far they are: from what share of the whole to what."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._done = 0.0

    def run(self, connection: DuckDBPyConnection, sql: str, until: float) -> list[Any]:
        """The rows that a statement gives; `until` is the share of the whole that is done after it."""
        ended = threading.Event()
        thread = threading.Thread(target=self._watch, args=(connection, until, ended), daemon=True)
        thread.start()
        try:
            return connection.execute(sql).fetchall()
        finally:
            ended.set()
            thread.join()
            self._done = until

    def _watch(self, connection: DuckDBPyConnection, until: float, ended: threading.Event) -> None:
        while not ended.wait(PROGRESS_S):
            share = max(0.0, min(connection.query_progress() / 100, 1.0))
            self._send({"progress": self._done + (until - self._done) * share})


if __name__ == "__main__":
    main()
