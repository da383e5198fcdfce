"""Starting and ending the chat model's process."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from services.errors import ModelUnavailable

HERE = Path(__file__).parent
LOAD_TIMEOUT_S = 180.0
STOP_TIMEOUT_S = 5.0
SMT_ACTIVE = Path("/sys/devices/system/cpu/smt/active")
CHILD_SCRIPT = HERE / "llama_process.py"


@dataclass(frozen=True, slots=True)
class ChildSettings:
    """What the process is told. `context_tokens` is for each of the `slots` that answer side by side."""

    model_path: str
    model_id: str
    context_tokens: int
    slots: int = 2
    cache_ram_mib: int = 512
    sleep_idle_s: int = -1
    adapter_path: str | None = None
    threads: int = field(default_factory=lambda: default_threads())  # noqa: PLW0108  (defined below)
    chat_template: str = field(default_factory=(HERE / "chat_template.jinja").read_text)


@dataclass(frozen=True, slots=True)
class Child:
    """A running chat model process, ready to answer at `base_url`."""

    process: asyncio.subprocess.Process
    base_url: str
    api_key: str = field(repr=False)

    async def stop(self) -> None:
        """End it: politely by closing its stdin, else by force."""
        await _end(self.process)


def default_threads() -> int:
    """One thread for each physical core we may use, at least two."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2
    doubled = SMT_ACTIVE.is_file() and SMT_ACTIVE.read_text().strip() == "1"
    return max(2, usable // 2 if doubled else usable)


async def spawn(settings: ChildSettings, script: Path = CHILD_SCRIPT) -> Child:
    """Start the process and wait until its model is loaded; ModelUnavailable when it cannot be."""
    api_key = secrets.token_urlsafe(24)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        str(script),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        answer = await _handshake(process, {**asdict(settings), "api_key": api_key})
    except BaseException:
        await _end(process)
        raise
    return Child(process, answer["base_url"], api_key)


async def _handshake(process: asyncio.subprocess.Process, settings: dict[str, Any]) -> dict[str, str]:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps(settings).encode() + b"\n")
    try:
        await process.stdin.drain()
        async with asyncio.timeout(LOAD_TIMEOUT_S):
            line = await process.stdout.readline()
    except TimeoutError:
        raise ModelUnavailable("The local chat model did not load within three minutes.") from None
    except ConnectionError:
        line = b""
    answer: dict[str, str] = json.loads(line) if line else {"error": await _why_it_ended(process)}
    if "base_url" not in answer:
        raise ModelUnavailable(f"The local chat model could not be loaded: {answer['error']}")
    return answer


async def _why_it_ended(process: asyncio.subprocess.Process) -> str:
    code = await process.wait()
    if code == -4:
        return "this processor lacks an instruction that its runtime needs (AVX2)."
    if code == -9:
        return "its process was killed, most likely because memory ran out."
    return f"its process ended with code {code}."


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        # Not wait_for: in Python 3.11 it swallows a cancellation that meets a finished wait.
        async with asyncio.timeout(STOP_TIMEOUT_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
