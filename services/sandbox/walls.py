"""The two sandboxes that can be used, behind one interface; the first that works here is taken.

sandlock (Landlock and seccomp, no root, Linux 6.7 and newer) works in containers, too. bubblewrap (namespaces) works
on older kernels where people may make namespaces. Both show the same view and are started by a keeper alone.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from services.sandbox.plan import Plan
from services.sandbox.privileges import drop_privileges
from services.sandbox.view import DATA, DEVICES

NICENESS = 10
SIGNALS_FROM = 128
"""A code above it is the number of a signal, as shells count."""


@dataclass(frozen=True, slots=True)
class Child:
    """The process of a sandbox. `wait` gives its exit code, or its signal as a negative number; it blocks.

    `helpers` are the sandbox's own processes, above the worker.
    """

    pid: int
    wait: Callable[[], int]
    helpers: int = 0


class Wall(Protocol):
    """One kind of sandbox."""

    name: str

    def missing(self) -> str | None:
        """Why it cannot work here, as far as that is seen without trying."""

    def start(self, plan: Plan) -> Child:
        """Start the worker behind it, with this process's standard streams. This process is shut in as well."""


class Sandlock:
    """Landlock and seccomp, with a supervisor in the keeper."""

    name = "sandlock"

    def missing(self) -> str | None:
        if not sys.platform.startswith("linux"):
            return "it needs Linux"
        return None if find_spec("sandlock") else "it is not installed"

    def start(self, plan: Plan) -> Child:
        import sandlock

        drop_privileges()
        view = plan.view.folders
        _prepare_root(Path(plan.root), plan)
        # The supervisor opens files for the sandbox. Shut in like this, it cannot be talked into others.
        shut_in = sandlock.Sandbox(
            fs_readable=[*view.values(), plan.root], fs_writable=[*plan.writable.values(), "/proc"]
        )
        sandbox = sandlock.Sandbox(
            chroot=plan.root,
            fs_mount_ro=view,
            fs_mount=plan.writable,
            fs_readable=["/"],
            fs_writable=list(plan.writable),
            cwd=DATA,
            clean_env=True,
            env=plan.view.environment,
            max_processes=1,
            no_coredump=True,
            # Older kernels cannot keep signals and abstract sockets in; the worker's own filter refuses both.
            allow_degraded=[
                sandlock.Protection.SIGNAL_SCOPE,
                sandlock.Protection.ABSTRACT_UNIX_SOCKET_SCOPE,
            ],
        )
        sandlock.confine(shut_in)
        process = sandbox.popen(plan.command)
        os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)

        def wait() -> int:
            ended = process.wait()
            if ended.reason == sandlock.ExitReason.KILLED:
                return -signal.SIGKILL
            return -int(ended.signal) if ended.signal > 0 else int(ended.exit_code)

        return Child(process.pid, wait)


class Bubblewrap:
    """Namespaces: an own root of mounts, no network, no other process to be seen."""

    name = "bubblewrap"

    def missing(self) -> str | None:
        return None if shutil.which("bwrap") else "it is not installed"

    def start(self, plan: Plan) -> Child:
        process = subprocess.Popen(  # noqa: S603  (every word of it is ours)
            ["bwrap", *_options(plan), "--", *plan.command],  # noqa: S607
            preexec_fn=lambda: os.nice(NICENESS) and None,  # noqa: PLW1509  (this process has one thread)
        )

        def wait() -> int:
            code = process.wait()
            return SIGNALS_FROM - code if code > SIGNALS_FROM else code

        return Child(process.pid, wait, helpers=2)


WALLS: tuple[Wall, ...] = (Sandlock(), Bubblewrap())


def wall_named(name: str) -> Wall:
    """The sandbox of this name."""
    return next(wall for wall in WALLS if wall.name == name)


def _prepare_root(root: Path, plan: Plan) -> None:
    """Make the places of the folders, and lay the loader where programs look for it: it is asked for by path."""
    for inside in (*plan.view.folders, *plan.writable):
        (root / inside.lstrip("/")).mkdir(parents=True, exist_ok=True)
    path, file = plan.view.loader
    loader = root / path.lstrip("/")
    if not loader.exists():
        loader.parent.mkdir(parents=True, exist_ok=True)
        fresh = loader.with_name(f"{loader.name}.{os.getpid()}")
        shutil.copy(file, fresh)
        fresh.replace(loader)


def _options(plan: Plan) -> list[str]:
    variables = [word for pair in plan.view.environment.items() for word in ("--setenv", *pair)]
    views = [word for pair in plan.view.folders.items() for word in ("--ro-bind", pair[1], pair[0])]
    own = [
        word for pair in plan.writable.items() if pair[0] != DEVICES for word in ("--bind", pair[1], pair[0])
    ]
    devices = [
        word
        for name in ("null", "zero", "urandom")
        for word in ("--dev-bind", f"/dev/{name}", f"/dev/{name}")
    ]
    path, file = plan.view.loader
    shut: list[Any] = ["--unshare-all", "--unshare-user", "--cap-drop", "ALL", "--die-with-parent"]
    shut += ["--new-session", "--clearenv", "--hostname", "sandbox"]
    return [
        *shut,
        *variables,
        *views,
        "--ro-bind",
        file,
        path,
        *own,
        *devices,
        "--remount-ro",
        "/",
        "--chdir",
        DATA,
    ]
