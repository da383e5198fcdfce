"""One section in a process of its own, ended with all it started when it takes too long.

`python -m benchmarks.section MODULE [--quick]` prints its figures as one line of JSON.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module

import psutil

from benchmarks.report import Figure

CLEAN_UP_S = 30


class SectionBroke(Exception):
    """A section gave no figures; the message says why."""


def run(module: str, limit_s: float, quick: bool = False) -> list[Figure]:
    """The figures of `module`, measured in a fresh process. Raises SectionBroke."""
    command = [sys.executable, "-m", "benchmarks.section", module, *(["--quick"] if quick else [])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        output, _ = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        raise SectionBroke(f"it took longer than {limit_s:.0f} s") from None
    finally:
        _end(process)
    if process.returncode != 0 or not output.strip():
        raise SectionBroke(f"its process ended with code {process.returncode}")
    return [Figure(**figure) for figure in json.loads(output.splitlines()[-1])]


def _end(process: subprocess.Popen[str]) -> None:
    """Let a section that still runs clean up after itself, then end whatever is left of it."""
    if process.poll() is not None:
        return
    started = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=CLEAN_UP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    for child in started:
        if child.is_running():
            child.kill()


def main(module: str, quick: bool) -> None:
    """Measure, and print one line of JSON."""
    figures = import_module(module).figures
    measured: list[Figure] = figures(quick=True) if quick else figures()
    print(json.dumps([asdict(figure) for figure in measured]))


if __name__ == "__main__":
    main(sys.argv[1], "--quick" in sys.argv[2:])
