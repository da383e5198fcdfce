"""A reading process whose readers do what a parser taken over by a file might do; the file says what."""

from __future__ import annotations

import ctypes
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from services.documents.parts import Part
from services.documents.worker import main

ANSWERS = 3  # the descriptor that answers go to
KEPT: list[bytes] = []


def read(path: Path) -> Iterator[Part]:
    match path.read_text().removeprefix("<html>"):
        case "crash":
            ctypes.string_at(0)
        case "loop":
            while True:
                pass
        case "hang":
            yield Part("one\n", page=1, pages=2)
            threading.Event().wait()
        case "much memory":
            yield Part(str(len(bytearray(2**40))))
        case "keep memory":
            KEPT.append(b"x" * (300 * 2**20))
            yield Part("kept")
        case "chatter":
            os.write(1, b'{"part": ["from a library", null, null, null]}\n')
            yield Part("from the reader")
        case "no json" | "[]" | '{"part": [1, 2, 3, 4]}' as message:
            os.write(ANSWERS, message.encode() + b"\n")
        case deed if deed.startswith("say "):
            os.write(ANSWERS, deed.removeprefix("say ").encode() + b"\n")
            os._exit(0)
        case "no end":
            while True:
                os.write(ANSWERS, b"x" * 2**20)
        case "environment":
            yield Part(json.dumps(dict(os.environ)))
        case "writing":
            (path.parent / "written").write_text("x" * 100)
        case "process":
            yield Part(str(os.getpid()))
        case text:
            yield Part(text)


if __name__ == "__main__":
    main({"html": read})
