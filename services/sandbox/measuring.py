"""What a sandbox uses at this moment, read from /proc and from its folders."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

BLOCK_BYTES = 512
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PARENT_AT, CPU_AT = 1, 11
"""Where the parent, and user and system time, stand in /proc/<pid>/stat behind the name. Source: man 5 proc."""
SEEN = stat.S_IRUSR | stat.S_IXUSR
STILL = {"T", "t", "Z", "X"}
LISTS_CHILDREN = Path("/proc/thread-self/children").exists()
"""Not every kernel is built with it."""


@dataclass(frozen=True, slots=True)
class Use:
    """Memory that belongs to these processes alone, their threads, their processor time, their removed files."""

    memory_bytes: int = 0
    threads: int = 0
    cpu_s: float = 0.0
    removed_bytes: int = 0


def descendants(pid: int) -> list[int]:
    """All processes below this one, parents before their children."""
    found, new = [], [pid]
    while new:
        new = [child for parent in new for child in _children(parent)]
        found += new
    return found


def use_of(pids: Iterable[int]) -> Use:
    """What these processes use together; those that are gone use nothing."""
    memory_bytes = threads = removed_bytes = 0
    cpu_s = 0.0
    for pid in pids:
        with suppress(OSError, ValueError, KeyError):
            status = _status(pid)
            memory_bytes += 1024 * (status["RssAnon"] + status["RssShmem"])
            threads += status["Threads"]
            cpu_s += _cpu_s(pid)
            removed_bytes += _removed_bytes(pid)
    return Use(memory_bytes, threads, cpu_s, removed_bytes)


def are_still(pids: Iterable[int]) -> bool:
    """Whether every thread of these processes stands still, as SIGSTOP has them in a moment, or is gone."""
    return all(_states(pid) <= STILL for pid in pids)


def folder_use(folders: Iterable[str], most_bytes: int, most_entries: int, depth: int) -> tuple[int, int]:
    """Bytes on the disk and entries of folders, no link followed; counting stops where it is too much already.

    A tree deeper than `depth` is too much, too, and so is a folder that nobody may look into.
    """
    size_bytes = entries = 0
    waiting = [(folder, 0) for folder in folders]
    while waiting and size_bytes <= most_bytes and entries <= most_entries:
        folder, level = waiting.pop()
        try:
            for info, path in _infos(folder, most_entries - entries):
                entries += 1
                size_bytes += info.st_blocks * BLOCK_BYTES
                if stat.S_ISDIR(info.st_mode):
                    if info.st_mode & SEEN != SEEN:
                        return size_bytes, most_entries + 1
                    waiting.append((path, level + 1))
                    entries += most_entries if level >= depth else 0
        except PermissionError:
            return size_bytes, most_entries + 1
    return size_bytes, entries


def _infos(folder: str, most: int) -> Iterator[tuple[os.stat_result, str]]:
    """What is in a folder, one entry more than `most` at the most. Raises PermissionError."""
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as listed:
        for entry in islice(listed, most + 1):
            with suppress(FileNotFoundError):  # what was removed since counts no more
                yield entry.stat(follow_symlinks=False), entry.path


def _children(pid: int) -> list[int]:
    if not LISTS_CHILDREN:
        return [other for other in _numbers("/proc") if _parent(other) == pid]
    found: list[int] = []
    with suppress(OSError):
        for task in _numbers(f"/proc/{pid}/task"):
            with suppress(OSError):
                found += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
    return found


def _numbers(folder: str) -> list[int]:
    return [int(path.name) for path in Path(folder).iterdir() if path.name.isdigit()]


def _parent(pid: int) -> int | None:
    with suppress(OSError, ValueError, IndexError):
        return int(_behind_name(pid)[PARENT_AT])
    return None


def _states(pid: int) -> set[str]:
    states = set()
    with suppress(OSError):
        for task in _numbers(f"/proc/{pid}/task"):
            with suppress(OSError, IndexError):
                states.add(_behind_name(f"{pid}/task/{task}")[0])
    return states


def _status(pid: int) -> dict[str, int]:
    lines = Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines()
    wanted = ("RssAnon", "RssShmem", "Threads")
    return {
        name: int(value.split()[0])
        for name, _, value in (line.partition(":") for line in lines)
        if name in wanted
    }


def _cpu_s(pid: int) -> float:
    return sum(map(int, _behind_name(pid)[CPU_AT : CPU_AT + 2])) / TICKS_PER_S


def _behind_name(pid: int | str) -> list[str]:
    """The fields of a process's stat behind its name, in which anything may stand."""
    return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()


def _removed_bytes(pid: int) -> int:
    """Bytes of files that are open though they were removed: no folder shows them."""
    removed: dict[tuple[int, int], int] = {}
    with suppress(OSError):
        for number in _numbers(f"/proc/{pid}/fd"):
            with suppress(OSError):
                info = Path(f"/proc/{pid}/fd/{number}").stat()
                if stat.S_ISREG(info.st_mode) and info.st_nlink == 0:
                    removed[info.st_dev, info.st_ino] = info.st_blocks * BLOCK_BYTES
    return sum(removed.values())
