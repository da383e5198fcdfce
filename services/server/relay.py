"""Passing a request on to the upstream, and its answer back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from starlette.types import Receive, Scope, Send

from services.server.disconnect import while_connected
from services.server.errors import ApiError, from_app_error
from services.server.upstream import Upstream, broken_off, connection_problem

if TYPE_CHECKING:
    import aiohttp

_RESPONSE_HEADERS = (
    b"content-type",
    b"content-encoding",
    b"x-request-id",
    b"retry-after",
    b"retry-after-ms",
    b"x-should-retry",
)
_RESPONSE_PREFIXES = (b"x-ratelimit-", b"openai-")


class Relay:
    """An ASGI answer: the upstream's status, headers and bytes, as they come."""

    def __init__(
        self,
        upstream: Upstream,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
        method: str = "POST",
    ) -> None:
        self._upstream = upstream
        self._path = path
        self._headers = headers
        self._body = body
        self._method = method

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await while_connected(receive, self._relay(send))

    async def _relay(self, send: Send) -> None:
        import aiohttp

        url = self._upstream.base_url + self._path
        try:
            response = await self._upstream.session().request(
                self._method,
                url,
                data=self._body,
                headers=self._headers,
                allow_redirects=False,
                proxy=self._upstream.proxy,
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise connection_problem(error, self._upstream.shown_url) from None
        try:
            if response.content_type == "text/event-stream":
                await self._pass_stream(response, send)
            else:
                await self._pass_whole(response, send)
        finally:
            # A connection with something unread is closed, so that the upstream stops producing it.
            if response.content.at_eof():
                response.release()
            else:
                response.close()

    async def _pass_whole(self, response: aiohttp.ClientResponse, send: Send) -> None:
        import aiohttp

        try:
            body = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise broken_off(error, self._upstream.shown_url) from None
        headers = [*_answer_headers(response.raw_headers), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _pass_stream(self, response: aiohttp.ClientResponse, send: Send) -> None:
        import aiohttp

        headers = _answer_headers(response.raw_headers)
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        read, events, told = response.content.readany, WholeEvents(), b""
        try:
            while piece := await read():
                if whole := events.feed(piece):
                    told = whole
                    await send({"type": "http.response.body", "body": whole, "more_body": True})
            last = events.rest
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            last = self._said_of(from_app_error(broken_off(error, self._upstream.shown_url)), told)
        await send({"type": "http.response.body", "body": last})

    def _said_of(self, problem: ApiError, told: bytes) -> bytes:
        """The event that tells of a break; `told` are the last events that went out."""
        return f"data: {json.dumps(problem.body())}\n\n".encode()


class WholeEvents:
    """Cuts a stream of bytes at the ends of events, so that a broken event never reaches a client."""

    def __init__(self) -> None:
        self.rest = b""

    def feed(self, piece: bytes) -> bytes:
        """The events that are complete with this piece; `rest` keeps what is not."""
        if not self.rest and piece.endswith((b"\n\n", b"\r\n\r\n")):
            return piece
        held = self.rest + piece
        line_feeds, returns = held.rfind(b"\n\n"), held.rfind(b"\r\n\r\n")
        end = max(line_feeds + 2 if line_feeds >= 0 else 0, returns + 4 if returns >= 0 else 0)
        self.rest = held[end:]
        return held[:end]


def _answer_headers(raw: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    lowered = ((name.lower(), value) for name, value in raw)
    return [(n, v) for n, v in lowered if n in _RESPONSE_HEADERS or n.startswith(_RESPONSE_PREFIXES)]
