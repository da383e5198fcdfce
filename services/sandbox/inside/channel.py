"""The pipe to the outside: one line of JSON for each thing said."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

MOST_PICTURE_BYTES = 4 * 2**20

_pipe = -1


def open_pipes() -> int:
    """Take both pipes out of the way of programs, and give the one that commands come from.

    A program finds an empty standard input, and its output and its errors in one stream.
    """
    global _pipe  # one process, one pipe
    commands, _pipe = os.dup(0), os.dup(2)
    empty, end = os.pipe()
    os.dup2(empty, 0)
    os.dup2(1, 2)
    os.close(empty)
    os.close(end)
    return commands


def say(**message: Any) -> None:
    """Send a message."""
    unsent = memoryview(json.dumps(message).encode() + b"\n")
    while unsent:
        unsent = unsent[os.write(_pipe, unsent) :]


def show(picture: bytes) -> bool:
    """Send a PNG; False when it is too large to be taken."""
    if len(picture) > MOST_PICTURE_BYTES:
        return False
    say(picture=base64.b64encode(picture).decode())
    return True
