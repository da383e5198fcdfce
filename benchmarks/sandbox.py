"""How soon the code interpreter runs a program, and what a session that rests takes."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psutil

from benchmarks.report import Figure, at_most
from services.sandbox.limits import Limits
from tests.support.sandbox import Lab

TIMES = 9
FIRST_S, WARM_MS = 1.5, 50
PROGRAM = "print('word')"
TABLE = "import pandas; print(pandas.DataFrame({'a': [1]}).a.sum())"


def figures(quick: bool = False) -> list[Figure]:
    """First and warm starts and the memory of a session, each beside a bare Python."""
    times = 2 if quick else TIMES
    with tempfile.TemporaryDirectory() as folder:
        firsts, tables, bare = zip(*(_first(Path(folder, str(n))) for n in range(times)), strict=True)
        with closing(Lab(Path(folder, "warm"), Limits())) as lab:
            warm, again = zip(*(_warm(lab) for _ in range(times)), strict=True)
            plain_mb, warm_mb = _memory(lab)
    python_s, first_s, warm_s = map(statistics.median, (bare, firsts, warm))
    return [
        at_most(f"First program in a new sandbox, median of {times}", round(first_s, 2), FIRST_S, "s"),
        Figure("The same, times a start of `python -c pass`", f"{first_s / python_s:.1f}"),
        Figure("The same with its first table of pandas", f"{statistics.median(tables):.2f} s"),
        at_most(
            f"First program in a warm sandbox, median of {times}", round(1000 * warm_s, 1), WARM_MS, "ms"
        ),
        Figure("The same, times a start of `python -c pass`", f"{warm_s / python_s:.2f}"),
        Figure("Next program of a session, median", f"{1000 * statistics.median(again):.1f} ms"),
        Figure("Start of `python -c pass`, median", f"{1000 * python_s:.0f} ms"),
        Figure("Memory of a session that rests, with its keeper", f"{plain_mb:.0f} MB"),
        Figure("The same with pandas and matplotlib", f"{warm_mb:.0f} MB"),
        Figure("The same, times a Python that rests", f"{warm_mb / _bare_memory():.1f}"),
    ]


def _first(folder: Path) -> tuple[float, float, float]:
    """Seconds of a first program, of one with a table, and of a bare Python, in turns."""
    with closing(Lab(folder, Limits())) as lab:
        return _run(lab, PROGRAM, "a"), _run(lab, TABLE, "b"), _bare()


def _warm(lab: Lab) -> tuple[float, float]:
    """Seconds of the first program of a warm session, and of its second."""
    lab.warm()
    key = lab.new_key()
    return _run(lab, PROGRAM, key), _run(lab, PROGRAM, key)


def _run(lab: Lab, program: str, key: str) -> float:
    began = time.perf_counter()
    result = lab.run(program, key)
    if not result.text:
        raise RuntimeError(f"the program printed nothing: {result.error} {result.notice}")
    return time.perf_counter() - began


def _bare() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - began


def _memory(lab: Lab) -> tuple[float, float]:
    """Megabytes that a session's processes alone take, before and after it has imported the libraries."""
    sizes = []
    for program in (PROGRAM, "import pandas, matplotlib.pyplot, openpyxl; print(1)"):
        _run(lab, program, "memory")
        keeper = lab.keeper("memory")
        sizes.append(sum(map(_own_mb, [keeper, *keeper.children(recursive=True)])))
    return sizes[0], sizes[1]


def _own_mb(process: psutil.Process) -> float:
    return float(process.memory_full_info().uss) / 2**20


def _bare_memory() -> float:
    """Megabytes that a Python takes which only waits."""
    command = [sys.executable, "-c", "print(1, flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as python:
        assert python.stdout is not None
        python.stdout.readline()
        size_mb = _own_mb(psutil.Process(python.pid))
        python.kill()
    return size_mb
