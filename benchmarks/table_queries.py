"""Tables: how fast a large one is loaded, in how much memory, and how soon it answers, each beside DuckDB alone."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path

import duckdb
import psutil

from benchmarks.report import Figure, at_most
from services.tables.processes import TableProcesses
from services.tables.shapes import ReadOptions

ROWS = 5_000_000
TIMES = 7
GROUPED_S, FIRST_S, MEMORY_MB = 1.0, 3.0, 1_024
SQL = "SELECT region, sum(amount) AS total, count(*) AS n FROM sales GROUP BY region ORDER BY total DESC"
SMALL = "SELECT count(*) FROM sales WHERE id = 1"


def figures(quick: bool = False) -> list[Figure]:
    """Loading and asking a table of sales, through the processes that the app uses."""
    rows = 100_000 if quick else ROWS
    with tempfile.TemporaryDirectory() as folder, closing(TableProcesses(queriers=1)) as processes:
        path, target, bare = (Path(folder, name) for name in ("sales.csv", "sales.duckdb", "bare.duckdb"))
        size_mb = _write(path, rows)
        loaded_s, peak_mb = _load(processes, path, target)
        bare_load_s = _bare_load(path, bare)
        return [
            *_asking(processes, target, bare, rows),
            Figure(f"Loading {size_mb:.0f} MB of CSV, MB a second", f"{size_mb / loaded_s:.0f}"),
            Figure("The same, times DuckDB alone with the types it guesses", f"{loaded_s / bare_load_s:.1f}"),
            at_most("Memory of the process that loads it, at most", round(peak_mb), MEMORY_MB, "MB"),
        ]


def _asking(processes: TableProcesses, target: Path, bare: Path, rows: int) -> list[Figure]:
    first_s = _ask(processes, target, SQL)
    with duckdb.connect(str(bare), read_only=True) as connection:
        _bare_ask(connection)
        times = [(_ask(processes, target, SQL), _bare_ask(connection)) for _ in range(TIMES)]
    ours_s, bare_s = map(statistics.median, zip(*times, strict=True))
    small_s = statistics.median(_ask(processes, target, SMALL) for _ in range(TIMES))
    began = time.perf_counter()
    processes.sources({"sales": target}, SQL, target.parent, limit=50, timeout_s=60)
    return [
        at_most(f"Sum by group over {rows:,} rows, median of {TIMES}", round(ours_s, 3), GROUPED_S, "s"),
        Figure("The same, times DuckDB alone", f"{ours_s / bare_s:.2f}"),
        at_most("The first question, with the start of its process", round(first_s, 2), FIRST_S, "s"),
        Figure("A small question, median", f"{1000 * small_s:.1f} ms"),
        Figure("The records that the sum rests on", f"{time.perf_counter() - began:.2f} s"),
    ]


def _write(path: Path, rows: int) -> float:
    """Megabytes of a CSV of sales whose amounts, days and shops differ from row to row."""
    with path.open("w") as file:
        file.write("id,region,shop,amount,day,quantity\n")
        for start in range(0, rows, 50_000):
            file.writelines(
                f"{n},Region {n % 23},Shop {n * 7919 % 4001},{n * 37 % 99_991 / 100:.2f},"
                f"{2015 + n % 10}-{n % 12 + 1:02}-{n % 28 + 1:02},{n % 9}\n"
                for n in range(start, min(start + 50_000, rows))
            )
    return path.stat().st_size / 1e6


def _load(processes: TableProcesses, path: Path, target: Path) -> tuple[float, float]:
    """Seconds, and the most megabytes that a process of ours had meanwhile."""
    ended, peak_bytes = threading.Event(), [0]

    def watch() -> None:
        while not ended.wait(0.05):
            with suppress(psutil.Error):
                children = psutil.Process().children(recursive=True)
                peak_bytes[0] = max([peak_bytes[0], *(child.memory_info().rss for child in children)])

    watcher = threading.Thread(target=watch)
    watcher.start()
    request = {
        "filename": path.name,
        "options": asdict(ReadOptions()),
        "name": "sales",
        "target": str(target),
    }
    began = time.perf_counter()
    try:
        processes.load(path, request, lambda share: None, threading.Event())
    finally:
        took_s = time.perf_counter() - began
        ended.set()
        watcher.join()
    return took_s, peak_bytes[0] / 2**20


def _bare_load(path: Path, target: Path) -> float:
    began = time.perf_counter()
    with duckdb.connect(str(target)) as connection:
        connection.execute("CREATE TABLE sales AS FROM read_csv(?)", [str(path)])
    return time.perf_counter() - began


def _ask(processes: TableProcesses, target: Path, sql: str) -> float:
    began = time.perf_counter()
    result = processes.query({"sales": target}, sql, target.parent, max_rows=100, timeout_s=60)
    if not result.rows:
        raise RuntimeError("the query gave nothing")
    return time.perf_counter() - began


def _bare_ask(connection: duckdb.DuckDBPyConnection) -> float:
    began = time.perf_counter()
    connection.execute(SQL).fetchall()
    return time.perf_counter() - began
