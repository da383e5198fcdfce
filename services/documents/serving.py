"""The loop of a child process that works on what somebody sent: requests as JSON lines on stdin, messages on stdout.

It has no keys in its environment, writes no file over its bound, and ends when stdin does or a limit is passed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.documents.limits import end_above, limit_cpu, limit_memory, used_memory_bytes
from services.documents.refusals import Refusal

if TYPE_CHECKING:
    from io import TextIOWrapper

Message = dict[str, Any]
Handler = Callable[[Path, Message], Iterator[Message]]


class Send:
    """Writes messages, whichever thread they come from."""

    def __init__(self, answers: TextIOWrapper) -> None:
        self._answers = answers
        self._lock = threading.Lock()

    def __call__(self, message: Message) -> None:
        with self._lock:
            self._answers.write(json.dumps(message, ensure_ascii=False) + "\n")
            self._answers.flush()


Answer = Callable[[Path, Message, Send], Iterator[Message]]


def serve(
    answer: Answer,
    broken: str,
    *,
    file_bytes: int = 0,
    address_bytes: int | None = None,
    ends_half_full: bool = False,
) -> None:
    """Answer requests until stdin ends; `broken` is said of what fails in an unforeseen way.

    Arguments of the process: memory in bytes, processor time in seconds for a request. It may write files of `file_bytes`.
    With `address_bytes` it may reserve as many addresses, and what it fills of them is watched. `ends_half_full` ends it
    between two requests when half of its memory is still taken.
    """
    memory_bytes, cpu_s = map(int, sys.argv[1:3])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    # Half a surrogate pair, as an escape in JSON may be, is taken out by whoever gets the answer.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="surrogatepass")
    os.dup2(2, 1)  # whatever a library prints must not mix with our answers
    limit_memory(address_bytes or memory_bytes, file_bytes)
    if address_bytes:
        threading.Thread(target=end_above, args=(memory_bytes,), daemon=True).start()
    send, most_bytes = Send(answers), memory_bytes / 2 if ends_half_full else float("inf")
    while used_memory_bytes() < most_bytes and (line := sys.stdin.readline()):
        limit_cpu(cpu_s)
        send({"started": True})
        _answer(answer, json.loads(line), broken, send)


def by_kind(handlers: Mapping[str, Handler]) -> Answer:
    """Answers by the handler for the request's kind."""

    def answer(path: Path, request: Message, send: Send) -> Iterator[Message]:
        return handlers[request["kind"]](path, request)

    return answer


def _answer(answer: Answer, request: Message, broken: str, send: Send) -> None:
    try:
        for message in answer(Path(request["path"]), request, send):
            send(message)
        send({"end": True})
    except Refusal as error:
        send({"says": error.says, "code": error.code})
    except MemoryError:
        os._exit(1)
    except Exception:  # libraries meet damaged files with exceptions of every kind
        send({"says": broken})
