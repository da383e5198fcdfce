"""What one document may cost the process that reads it."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

WATCH_S = 0.1
STATM = Path("/proc/self/statm")


@dataclass(frozen=True, slots=True)
class Limits:
    """Memory of the reading process; processor time and wall time of one document."""

    memory_bytes: int = 2**30
    cpu_s: int = 120
    wall_s: float = 300.0


def limit_memory(memory_bytes: int, file_bytes: int = 0) -> None:
    """End this process's growth at `memory_bytes`: by the system, or by ending it where the system does not care.

    It may write files of up to `file_bytes`.
    """
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    try:
        if sys.platform == "darwin":  # accepts the limit and does not keep it
            raise ValueError
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    except (ValueError, OSError):
        threading.Thread(target=end_above, args=(memory_bytes,), daemon=True).start()


def limit_cpu(cpu_s: int) -> None:
    """Let the system end this process after another `cpu_s` seconds of processor time."""
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + cpu_s + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(
        resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard)
    )


def used_memory_bytes() -> int:
    """The memory this process has; the most it had where the system does not tell."""
    import resource

    if STATM.exists():
        return int(STATM.read_text().split()[1]) * resource.getpagesize()
    # Not on Linux, where the figure is inherited from the process that started this one.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def end_above(memory_bytes: int) -> None:
    """Watch this process, and end it when it has so much memory."""
    pause = threading.Event()
    while used_memory_bytes() < memory_bytes:
        pause.wait(WATCH_S)
    os._exit(1)
