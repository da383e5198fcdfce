"""The process between ours and a sandbox: starts it, measures it, and ends it with all that it has started.

It reads commands from its standard input, `run`, `rest` and `interrupt`, and says on its standard output, a line of
JSON each, that the sandbox has `started`, that it
`rests`, that it went `over` a limit, or that it is `gone`. When its input ends, because
nobody wants the sandbox any more or because our process is dead, it ends everything, too.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from services.sandbox.limits import Limits
from services.sandbox.measuring import are_still, descendants, folder_use, use_of
from services.sandbox.plan import Plan
from services.sandbox.walls import Child, wall_named

LOOK_S = 0.05
STILL_S = 0.5
DISK_SHARE = 4
"""Between two looks at the folders lies so many times what a look takes, so that counting is no burden itself."""
PR_SET_CHILD_SUBREAPER = 36
FIRST_TO_GO = "1000"


class Keeper:
    """Watches one sandbox. While it rests, all of it stands still."""

    def __init__(self, child: Child, plan: Plan, commands: int, reports: int) -> None:
        self._child, self._limits = child, plan.limits
        self._folders = list(plan.writable.values())
        self._commands, self._reports = commands, reports
        self._is_running = True
        self._cpu_before_s = 0.0
        self._next_disk_look = 0.0

    def watch(self) -> None:
        """Look after it until it is gone, goes too far, or is wanted no more."""
        end = os.pidfd_open(self._child.pid)
        self.say(started=self._child.pid)
        while True:
            ready, _, _ = select.select([self._commands, end], [], [], LOOK_S if self._is_running else None)
            if end in ready:
                self.say(gone=self._child.wait())
                return
            if self._commands in ready and not self._obey(os.read(self._commands, 64)):
                return
            if self._is_running and (limit := self._passed()) is not None:
                self.say(over=limit)
                return

    def say(self, **report: Any) -> None:
        """Report; nobody may be listening any more."""
        with suppress(OSError):
            os.write(self._reports, json.dumps(report).encode() + b"\n")

    def _obey(self, commands: bytes) -> bool:
        """Do what is asked; False when everything is to end."""
        for command in commands.split():
            if command == b"run":
                self._cpu_before_s = use_of(self._family()).cpu_s
                self._is_running = True
                self._signal_all(signal.SIGCONT)
            elif command == b"rest":
                self._is_running = False
                self._stand_still()
                self._next_disk_look = 0.0
                if (limit := self._passed()) is not None:
                    self.say(over=limit)
                    return False
                self.say(rests=True)
            elif command == b"interrupt":
                with suppress(OSError):
                    os.kill(self._family()[-1], signal.SIGINT)
        return bool(commands)

    def _stand_still(self) -> None:
        """Stop what runs inside, and wait until it has stopped: a system call that is under way is finished first."""
        self._signal_all(signal.SIGSTOP)
        deadline = time.monotonic() + STILL_S
        while not are_still(self._family()[self._child.helpers :]) and time.monotonic() < deadline:
            time.sleep(0.001)

    def _family(self) -> list[int]:
        return descendants(os.getpid()) or [self._child.pid]

    def _signal_all(self, number: int) -> None:
        for pid in self._family()[self._child.helpers :]:
            with suppress(OSError):
                os.kill(pid, number)

    def _passed(self) -> str | None:
        """The limit that was passed, if one was."""
        limits, use = self._limits, use_of(self._family())
        if use.memory_bytes > limits.memory_bytes:
            return "memory"
        if use.threads > limits.threads:
            return "threads"
        if use.cpu_s - self._cpu_before_s > limits.cpu_s:
            return "processor"
        if use.removed_bytes > limits.disk_bytes:
            return "disk"
        return (
            self._disk_passed(limits, use.removed_bytes) if time.monotonic() >= self._next_disk_look else None
        )

    def _disk_passed(self, limits: Limits, removed_bytes: int) -> str | None:
        began = time.monotonic()
        size_bytes, entries = folder_use(self._folders, limits.disk_bytes, limits.entries, limits.depth)
        ended = time.monotonic()
        self._next_disk_look = ended + DISK_SHARE * (ended - began)
        return "disk" if size_bytes + removed_bytes > limits.disk_bytes or entries > limits.entries else None


def end_all() -> None:
    """Kill every process below this one, and those that it leaves behind, until there is none."""
    while pids := descendants(os.getpid()):
        for pid in pids:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.002)


def main() -> None:
    """Keep one sandbox; the argument is its plan."""
    plan = Plan.read(sys.argv[1])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # its input tells it when to end
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    _be_first_to_go()
    commands, reports = os.dup(0), os.dup(1)
    try:
        with _streams(plan.pipes):
            child = wall_named(plan.wall).start(plan)
        Keeper(child, plan, commands, reports).watch()
    except Exception as error:
        os.write(reports, json.dumps({"failed": f"{type(error).__name__}: {error}"[:500]}).encode() + b"\n")
    finally:
        end_all()
        os._exit(0)


@contextmanager
def _streams(pipes: tuple[int, int, int]) -> Iterator[None]:
    """The pipes as this process's standard streams while a sandbox inherits them, and nothing afterwards.

    Else they would stay open here, and their ends would go unnoticed.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for number, pipe in enumerate(pipes):
        os.dup2(pipe, number)
        os.close(pipe)
    try:
        yield
    finally:
        for number in range(len(pipes)):
            os.dup2(nothing, number)


def _be_first_to_go() -> None:
    """Where memory runs out, the system ends the sandbox before anything else."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(FIRST_TO_GO)


if __name__ == "__main__":
    main()
