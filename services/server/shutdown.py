"""Ending in good order: open answers are ended when the process is told to stop, instead of being waited for."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

ENDING = {
    "error": {
        "message": "The server is being stopped. Ask again when it is back.",
        "type": "server_error",
        "param": None,
        "code": "server_stopping",
    }
}
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class OpenAnswers:
    """The requests being answered. ASGI servers wait for them before they stop, however long they take."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ending = False

    async def serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; told to end, close the answer with a word instead of a broken connection."""
        task = asyncio.current_task()
        assert task is not None
        answer = _Answer(send)
        self._tasks.add(task)
        try:
            await app(scope, receive, answer)
        except asyncio.CancelledError:
            if not self._ending:
                raise
            await answer.end()
        finally:
            self._tasks.discard(task)

    def end_all(self) -> None:
        """End every open answer now; call it inside their event loop."""
        self._ending = True
        for task in list(self._tasks):
            task.cancel()


class _Answer:
    """A response on its way: how far it is, and how to close it early."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._started = self._complete = self._is_stream = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._started = True
            headers = dict(message.get("headers", ()))
            self._is_stream = headers.get(b"content-type", b"").startswith(b"text/event-stream")
        elif message["type"] == "http.response.body":
            self._complete = not message.get("more_body", False)
        await self._send(message)

    async def end(self) -> None:
        if self._complete:
            return
        body = json.dumps(ENDING).encode()
        if not self._started:
            headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
            await self._send({"type": "http.response.start", "status": 503, "headers": headers})
        elif self._is_stream:
            body = b"data: " + body + b"\n\n"
        else:
            body = b""
        await self._send({"type": "http.response.body", "body": body, "more_body": False})


def before_stopping(loop: asyncio.AbstractEventLoop, act: Callable[[], None]) -> None:
    """Have `act` called in `loop` when the process is told to stop, ahead of whoever already listens for that."""
    if threading.current_thread() is not threading.main_thread():
        return  # only the main thread may set signal handlers; elsewhere nobody sends us any
    for number in STOP_SIGNALS:
        signal.signal(number, _chained(signal.getsignal(number), loop, act))


def _chained(previous: Any, loop: asyncio.AbstractEventLoop, act: Callable[[], None]) -> Any:
    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(act)
        if callable(previous):
            previous(number, frame)

    return handle
