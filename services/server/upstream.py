"""The OpenAI-compatible server behind this one, and the pass-through to it."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from starlette.types import Receive, Scope, Send

from services.errors import ConnectionProblem, StreamCut, TimedOut, Unreachable
from services.server.disconnect import while_connected
from services.server.errors import ApiError, from_app_error
from services.settings import Settings

if TYPE_CHECKING:
    import aiohttp

CONNECT_TIMEOUT_S = 10
SILENCE_TIMEOUT_S = 600
KEEP_ALIVE_S = 4.0
"""Below the 5 s after which uvicorn (vLLM and others) closes, so that no request goes into a closing connection."""

_DEFAULT_BASE_URL = "https://api.openai.com/v1"
_REQUEST_HEADERS = ("accept", "content-type", "user-agent", "idempotency-key", "x-client-request-id")
_REQUEST_PREFIXES = ("openai-", "x-stainless-")
_RESPONSE_HEADERS = (
    b"content-type",
    b"content-encoding",
    b"x-request-id",
    b"retry-after",
    b"retry-after-ms",
    b"x-should-retry",
)
_RESPONSE_PREFIXES = (b"x-ratelimit-", b"openai-")


class Upstream:
    """One connection pool for every request that goes on to the upstream."""

    def __init__(self, settings: Settings) -> None:
        self.base_url = settings.openai_base_url.rstrip("/")
        self._key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else None
        self.proxy = _proxy_of_system(self.base_url)
        self._via = f"1.1 tandem-{uuid.uuid4().hex[:12]}"
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @staticmethod
    def configured(settings: Settings) -> Upstream | None:
        """The upstream these settings name, if any: by a key, or by an address of its own."""
        named = (
            settings.openai_api_key is not None or settings.openai_base_url.rstrip("/") != _DEFAULT_BASE_URL
        )
        return Upstream(settings) if named else None

    def relay(self, headers: Mapping[str, str], path: str, body: bytes, *, stream: bool) -> Relay:
        """An answer that sends this body to the upstream and passes on what comes back."""
        if self._via in headers.get("via", ""):
            raise ApiError(
                502,
                "OPENAI_BASE_URL points at this server itself. Set it to another server, or unset it.",
                kind="server_error",
                code="upstream_is_this_server",
            )
        return Relay(self, path, self._request_headers(headers, stream), body)

    async def get_json(self, path: str, timeout_s: float) -> Any:
        """The JSON of a GET; raises ApiError or ConnectionProblem."""
        import aiohttp

        try:
            timeout = aiohttp.ClientTimeout(total=timeout_s)
            async with self.session().get(
                self.base_url + path,
                headers=self._request_headers({}, stream=True),
                timeout=timeout,
                proxy=self.proxy,
            ) as response:
                raw = await response.read()
                if response.status != 200:
                    raise ApiError(
                        response.status, "The upstream refused this request.", code="upstream_failed"
                    )
                return json.loads(raw)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise connection_problem(error, self.base_url) from None

    def session(self) -> aiohttp.ClientSession:
        """The pool of the running event loop."""
        import aiohttp

        loop = asyncio.get_running_loop()
        if self._session is None or self._session.closed or self._loop is not loop:
            self._loop = loop
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_S),
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=CONNECT_TIMEOUT_S, sock_read=SILENCE_TIMEOUT_S
                ),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("accept-encoding", "user-agent", "content-type"),
            )
        return self._session

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None and self._loop is asyncio.get_running_loop():
            await self._session.close()

    def _request_headers(self, headers: Mapping[str, str], stream: bool) -> dict[str, str]:
        kept = {
            name: value
            for name, value in headers.items()
            if name in _REQUEST_HEADERS or name.startswith(_REQUEST_PREFIXES)
        }
        # An error event can be added to a broken stream only if the stream is plain text.
        kept.setdefault("content-type", "application/json")
        kept["accept-encoding"] = "identity" if stream else headers.get("accept-encoding", "identity")
        kept["via"] = self._via
        if self._key:
            kept["authorization"] = f"Bearer {self._key}"
        return kept


class Relay:
    """An ASGI answer: the upstream's status, headers and bytes, as they come."""

    def __init__(self, upstream: Upstream, path: str, headers: Mapping[str, str], body: bytes) -> None:
        self._upstream = upstream
        self._path = path
        self._headers = headers
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await while_connected(receive, self._relay(send))

    async def _relay(self, send: Send) -> None:
        import aiohttp

        url = self._upstream.base_url + self._path
        try:
            response = await self._upstream.session().post(
                url,
                data=self._body,
                headers=self._headers,
                allow_redirects=False,
                proxy=self._upstream.proxy,
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise connection_problem(error, self._upstream.base_url) from None
        try:
            if response.content_type == "text/event-stream":
                await self._pass_stream(response, send)
            else:
                await self._pass_whole(response, send)
        finally:
            # Closing, not releasing: whatever was not read must stop being produced.
            response.close() if not response.content.at_eof() else response.release()

    async def _pass_whole(self, response: aiohttp.ClientResponse, send: Send) -> None:
        import aiohttp

        try:
            body = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _cut(error, self._upstream.base_url) from None
        headers = [*_answer_headers(response.raw_headers), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _pass_stream(self, response: aiohttp.ClientResponse, send: Send) -> None:
        import aiohttp

        headers = _answer_headers(response.raw_headers)
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        read, events = response.content.readany, WholeEvents()
        try:
            while piece := await read():
                if whole := events.feed(piece):
                    await send({"type": "http.response.body", "body": whole, "more_body": True})
            last = events.rest
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            problem = from_app_error(_cut(error, self._upstream.base_url))
            last = f"data: {json.dumps(problem.body())}\n\n".encode()
        await send({"type": "http.response.body", "body": last})


class WholeEvents:
    """Cuts a stream of bytes at the ends of events, so that a broken event never reaches a client."""

    def __init__(self) -> None:
        self.rest = b""

    def feed(self, piece: bytes) -> bytes:
        if not self.rest and piece.endswith((b"\n\n", b"\r\n\r\n")):
            return piece
        held = self.rest + piece
        line_feeds, returns = held.rfind(b"\n\n"), held.rfind(b"\r\n\r\n")
        end = max(line_feeds + 2 if line_feeds >= 0 else 0, returns + 4 if returns >= 0 else 0)
        self.rest = held[end:]
        return held[:end]


def _proxy_of_system(base_url: str) -> str | None:
    """The proxy the system names for this address, as the SDK would use."""
    url = urlsplit(base_url)
    return None if proxy_bypass(url.hostname or "") else getproxies().get(url.scheme)


def connection_problem(error: Exception, base_url: str) -> ConnectionProblem:
    """What went wrong on the way to the upstream, as one of our errors."""
    if isinstance(error, TimeoutError):
        return TimedOut(
            f"The upstream {base_url} did not answer in time. Try again, or check that it is running.",
            code="upstream_timeout",
        )
    return Unreachable(
        f"The upstream {base_url} cannot be reached. Check OPENAI_BASE_URL and the network.",
        code="upstream_unreachable",
    )


def _cut(error: Exception, base_url: str) -> ConnectionProblem:
    if isinstance(error, TimeoutError):
        return connection_problem(error, base_url)
    return StreamCut(f"The upstream {base_url} broke off its answer. Try again.", code="upstream_cut")


def _answer_headers(raw: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    lowered = ((name.lower(), value) for name, value in raw)
    return [(n, v) for n, v in lowered if n in _RESPONSE_HEADERS or n.startswith(_RESPONSE_PREFIXES)]
