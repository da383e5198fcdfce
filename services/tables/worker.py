"""The process for tables: it alone lets a parser touch a table's file, and DuckDB run SQL that somebody wrote.

Requests arrive as JSON lines on stdin, answers leave as JSON lines on stdout. It has no keys in its environment, and ends when
stdin does, when a limit is passed, or when much memory is still taken after a request.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.documents.limits import end_above, limit_cpu, limit_memory, used_memory_bytes
from services.documents.refusals import Unreadable
from services.tables import refusals
from services.tables.loading import Job, load, renamed
from services.tables.querying import Failed, OpenTables, answer, sources
from services.tables.shapes import ReadOptions

if TYPE_CHECKING:
    from io import TextIOWrapper

    from duckdb import DuckDBPyConnection

MAX_FILE_BYTES = 16 * 2**30
MAX_ADDRESS_BYTES = 16 * 2**30
"""DuckDB reserves many times the addresses that it fills, so that what it fills is watched as well."""
PROGRESS_S = 0.3

Message = dict[str, Any]


def main() -> None:
    """Answer requests until stdin ends. Arguments: memory in bytes, processor time in seconds for a request."""
    memory_bytes, cpu_s = map(int, sys.argv[1:3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="surrogatepass")
    os.dup2(2, 1)  # whatever a library prints must not mix with our answers
    limit_memory(MAX_ADDRESS_BYTES, MAX_FILE_BYTES)
    threading.Thread(target=end_above, args=(memory_bytes,), daemon=True).start()
    send, tables = _Sender(answers), OpenTables()
    with closing(tables):
        while used_memory_bytes() < memory_bytes / 2 and (line := sys.stdin.readline()):
            limit_cpu(cpu_s)
            request = json.loads(line)
            send({"started": True})
            _answer(send, tables, request)


class _Sender:
    """Writes messages, whichever thread they come from."""

    def __init__(self, answers: TextIOWrapper) -> None:
        self._answers = answers
        self._lock = threading.Lock()

    def __call__(self, message: Message) -> None:
        with self._lock:
            self._answers.write(json.dumps(message, ensure_ascii=False) + "\n")
            self._answers.flush()


def _answer(send: _Sender, tables: OpenTables, request: Mapping[str, Any]) -> None:
    import duckdb

    try:
        for message in _messages(send, tables, request["kind"], Path(request["path"]), request["wanted"]):
            send(message)
        send({"end": True})
    except (Unreadable, Failed) as error:
        send({"says": error.says, "code": error.code})
    except duckdb.OutOfMemoryException:
        send({"says": refusals.TOO_HEAVY})
    except MemoryError:
        os._exit(1)
    except Exception:  # parsers meet damaged files with exceptions of every kind
        send({"says": refusals.DAMAGED})


def _messages(
    send: _Sender, tables: OpenTables, kind: str, path: Path, wanted: Mapping[str, Any]
) -> Iterator[Message]:
    match kind:
        case "query":
            yield from answer(tables, path, wanted)
        case "sources":
            yield from sources(tables, path, wanted)
        case "rename":
            renamed(path, Path(wanted["target"]), wanted["old"], wanted["new"])
        case _:
            job = Job(
                path,
                wanted["filename"],
                ReadOptions(**wanted["options"]),
                wanted["name"],
                Path(wanted["target"]),
            )
            yield {"loaded": asdict(load(job, _Progress(send).run))}


class _Progress:
    """Runs long statements and tells how far they are: from what share of the whole to what."""

    def __init__(self, send: _Sender) -> None:
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
