"""Stepping aside: work in the background waits a little while the chat model, which people wait for, is busy."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

PAUSE_S = 0.25
LONGEST_S = 2.0


async def step_aside(is_busy: Callable[[], bool]) -> None:
    """Wait until nobody is busy, but not for long."""
    until = time.monotonic() + LONGEST_S
    while is_busy() and time.monotonic() < until:
        await asyncio.sleep(PAUSE_S)
