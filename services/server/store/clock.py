"""The time as the wire has it."""

from __future__ import annotations

import time


def now() -> int:
    """Unix seconds."""
    return int(time.time())
