"""The keeper seen from outside: started, told what to do, heard."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from services.sandbox.plan import Plan

ROOT = Path(__file__).parents[2]
MODULE = "services.sandbox.keeper"
END_S = 2.0
KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "VIRTUAL_ENV")

Report = dict[str, Any]


class KeeperProcess:
    """One keeper. Belongs to one event loop. What it reports goes to `hear`; an empty report is the last."""

    def __init__(self, process: Process, hear: Callable[[Report], None]) -> None:
        self._process = process
        self._listening = asyncio.create_task(self._listen(hear))

    @classmethod
    async def start(cls, plan: Plan, hear: Callable[[Report], None]) -> KeeperProcess:
        """Start one; it inherits the plan's pipes. Raises OSError."""
        process = await asyncio.create_subprocess_exec(
            *[sys.executable, "-P", "-B", "-m", MODULE, plan.written()],
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            pass_fds=plan.pipes,
            env=_environment(),
            cwd=ROOT,
            start_new_session=True,
        )
        return cls(process, hear)

    def tell(self, command: str) -> None:
        """Give it a command; one that is dead does not hear it."""
        if self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(command.encode() + b"\n")

    async def end(self) -> None:
        """Have it end the sandbox and itself."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(END_S):
                await self._process.wait()
        if self._process.returncode is None:
            self._process.kill()  # the sandbox dies with it
            await self._process.wait()
        await self._listening

    async def _listen(self, hear: Callable[[Report], None]) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            hear(json.loads(line))
        hear({})


def _environment() -> dict[str, str]:
    """What Python needs to run our code, and no key."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(paths)}
