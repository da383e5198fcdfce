"""The worker: runs the programs that come down a pipe, and says how each ended."""

from __future__ import annotations

import json
import select
import signal
import sys
import warnings
from contextlib import suppress
from importlib import import_module
from types import FrameType
from typing import Any

from . import channel
from .bounds import set_bounds
from .mending import mend_mkdir
from .notebook import Notebook
from .syscalls import die_with_parent, refuse_syscalls

LIBRARIES = ("numpy", "pandas", "matplotlib.pyplot", "openpyxl", f"{__package__}.figures")


class Worker:
    """Commands in, programs run, endings out."""

    def __init__(self) -> None:
        self._is_running = False
        # Nothing that a program could heed: calamine, which pandas speaks of here, is not in the sandbox.
        warnings.filterwarnings("ignore", message="The default engine for reading 'xlsx' files will change")
        self._notebook = Notebook()
        signal.signal(signal.SIGINT, self._interrupt)

    def warm_up(self) -> None:
        """Import what most programs use, as long as no program waits."""
        for name in LIBRARIES:
            if select.select([channel.commands], [], [], 0)[0]:
                break
            import_module(name)
        channel.say(warm=True)

    def work(self) -> None:
        """Run programs until the pipe is closed."""
        for line in channel.commands:
            command = json.loads(line)
            if "program" not in command:
                continue  # a figure was taken that nobody waited for
            try:
                self._is_running = True
                error = self._notebook.run(command["program"])
            except BaseException as late:  # an interrupt that came when the program was over
                error = repr(late)
            finally:
                self._is_running = False
            _flush()
            channel.say(done=command["number"], error=error)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self._is_running:
            raise KeyboardInterrupt


def _open_output() -> None:
    output = open(1, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = output  # type: ignore[misc]
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115


def _flush() -> None:
    """A program may have closed or replaced its output; then there is nothing to flush."""
    for output in {id(stream): stream for stream in (sys.stdout, sys.stderr, sys.__stdout__)}.values():
        with suppress(Exception):
            output.flush()  # type: ignore[union-attr]


def main() -> None:
    """Shut this process in, say so, and work. Its argument is JSON: `bounds`, and whether to `warm` up."""
    told: dict[str, Any] = json.loads(sys.argv[1])
    channel.open_pipes(told["bounds"]["open_files"])
    _open_output()
    set_bounds(**told["bounds"])
    die_with_parent()
    refuse_syscalls()
    mend_mkdir()
    sys.argv = [""]
    worker = Worker()
    channel.say(ready=True)
    if told["warm"]:
        worker.warm_up()
    worker.work()
