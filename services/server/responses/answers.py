"""A response as the answer to a request, whole or as its events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from services.server.disconnect import while_connected
from services.server.local_answers import HEADERS
from services.server.responses.live import Live

Leave = Callable[[Live], None]


class WholeResponse:
    """The response once it has ended. When the client leaves, `leave` is told."""

    def __init__(self, live: Live, leave: Leave) -> None:
        self._live, self._leave = live, leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await while_connected(receive, self._answer(scope, receive, send))
        finally:
            self._leave(self._live)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._live.log.follow()) as events:  # type: ignore[type-var]
            async for _ in events:
                pass
        if self._live.refusal is not None:
            raise self._live.refusal
        await JSONResponse(self._live.wire())(scope, receive, send)


class ResponseStream:
    """The events of a response that has just begun.

    A failure before the first word is raised, so that it gets its own status. When the client leaves, `leave` is told.
    """

    def __init__(self, live: Live, leave: Leave) -> None:
        self._live, self._leave = live, leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await while_connected(receive, self._send_all(send))
        finally:
            self._leave(self._live)

    async def _send_all(self, send: Send) -> None:
        await send_events(self._from_first_word(), send)

    async def _from_first_word(self) -> AsyncIterator[bytes]:
        """The events, as soon as it is sure that there is an answer."""
        live, held, has_begun = self._live, b"", False
        async with aclosing(live.log.follow()) as events:  # type: ignore[type-var]
            async for piece in events:
                held += piece
                has_begun = has_begun or live.is_background or bool(live.output.items)
                if has_begun:
                    yield held
                    held = b""
        if held and live.refusal is not None and not live.output.items:
            raise live.refusal
        if held:
            yield held


class Followed:
    """The events of a response that was begun before. It goes on when the client leaves."""

    def __init__(self, events: AsyncIterator[bytes]) -> None:
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await while_connected(receive, send_events(self._events, send))


async def send_events(events: AsyncIterator[bytes], send: Send) -> None:
    """Send events; the head goes out with the first of them."""
    async with aclosing(events) as pieces:  # type: ignore[type-var]
        first = await anext(pieces, b"")
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": first, "more_body": True})
        async for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
