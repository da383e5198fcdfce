"""The pipe to the outside: one line of JSON for each thing said."""

from __future__ import annotations

import base64
import json
import os
import threading
from typing import IO, Any

MOST_PICTURE_BYTES = 4 * 2**20

_pipe = -1
commands: IO[bytes]


def open_pipes(most_files: int) -> None:
    """Take both pipes out of the way of programs, and close every other file that was open before.

    A program finds an empty standard input, and its output and its errors in one stream.
    """
    os.closerange(
        3, most_files
    )  # sandlock leaves the loader and Python's own program open, the latter to be written to
    global _pipe, commands  # one process, one channel
    commands, _pipe = os.fdopen(os.dup(0), "rb"), os.dup(2)
    empty, end = os.pipe()
    os.dup2(empty, 0)
    os.dup2(1, 2)
    os.close(empty)
    os.close(end)


def say(**message: Any) -> None:
    """Send a message."""
    unsent = memoryview(json.dumps(message).encode() + b"\n")
    while unsent:
        unsent = unsent[os.write(_pipe, unsent) :]


def show(picture: bytes) -> bool:
    """Send a PNG, and wait until it was taken: what is printed next comes after it. False when it is too large."""
    if len(picture) > MOST_PICTURE_BYTES:
        return False
    say(picture=base64.b64encode(picture).decode())
    if threading.current_thread() is threading.main_thread():
        commands.readline()
    return True
