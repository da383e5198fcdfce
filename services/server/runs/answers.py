"""A run's events as the answer to a request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

from starlette.types import Receive, Scope, Send

from services.server.disconnect import while_connected
from services.server.local_answers import HEADERS
from services.server.runs.events import DONE


class RunStream:
    """Events until the run ends or waits, then `done`. The run goes on when the client leaves."""

    def __init__(self, events: AsyncIterator[bytes]) -> None:
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await while_connected(receive, self._send_all(send))

    async def _send_all(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        async with aclosing(self._events) as events:  # type: ignore[type-var]
            async for piece in events:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": DONE})
