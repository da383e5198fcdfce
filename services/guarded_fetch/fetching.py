"""The guarded fetch: every hop of a request is checked, bounded and followed by us."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING

from services.errors import InvalidInput, Refused, StreamCut, TimedOut, UpstreamFailed
from services.guarded_fetch.addresses import Address, is_public
from services.guarded_fetch.bodies import Gunzip, read_bounded
from services.guarded_fetch.hops import REDIRECTS, Hop, after_redirect, leads_astray
from services.guarded_fetch.messages import Fetched, FetchRequest, check_message
from services.guarded_fetch.policy import Policy
from services.guarded_fetch.targets import Target
from services.settings import get_settings

if TYPE_CHECKING:
    import ssl

    import httpcore2

    from services.guarded_fetch.dialing import Resolve

MAX_REDIRECTS = 5
CONNECT_TIMEOUT_S = 5.0

Fetch = Callable[[FetchRequest], Awaitable[Fetched]]


class GuardedFetch:
    """Fetches from public hosts, and from those private ones that are named here.

    The other arguments are seams for tests: how a name is resolved, which address is public, how a socket is
    opened, and which certificates are trusted.
    """

    def __init__(
        self,
        private_hosts: Iterable[str] = (),
        *,
        resolve: Resolve | None = None,
        is_public: Callable[[Address], bool] = is_public,
        backend: httpcore2.AsyncNetworkBackend | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._policy = Policy(private_hosts, is_public)
        self._resolve = resolve
        self._backend = backend
        self._ssl_context = ssl_context

    async def fetch(self, request: FetchRequest) -> Fetched:
        """The answer to a request, whatever its status; its body is cut at the request's bound.

        Raises InvalidInput for what is not called at all, Refused for a redirect that is not followed, Unreachable,
        TimedOut, StreamCut and UpstreamFailed for what failed on the way.
        """
        target = self._policy.check(request.url)
        check_message(request)
        if request.carries_key and not self._policy.may_get_a_key(target):
            raise InvalidInput(f"A key is sent over https only. Use the https address of {target.host}.")
        hop = Hop(target, target, request.method, request.headers, request.body)
        try:
            async with asyncio.timeout(request.timeout_s):
                return await self._follow(hop, request.max_bytes)
        except TimeoutError as error:
            raise TimedOut(
                f"{target.host} took longer than {request.timeout_s:g} s. Try again, or ask for less."
            ) from error

    async def _follow(self, hop: Hop, max_bytes: int) -> Fetched:
        for _ in range(MAX_REDIRECTS + 1):
            async with self._exchange(hop) as response:
                location = _location(response) if response.status in REDIRECTS else None
                if location is None:
                    return await _read(response, hop.target, max_bytes)
            hop = after_redirect(hop, response.status, location, self._policy)
        raise Refused(f"{hop.asked.host} redirects more than {MAX_REDIRECTS} times, which is not followed.")

    @asynccontextmanager
    async def _exchange(self, hop: Hop) -> AsyncIterator[httpcore2.Response]:
        """Send one request over a connection of its own, closed with it."""
        import httpcore2

        from services.guarded_fetch.failures import as_app_error

        request, is_answered = _as_request(hop), False
        async with self._connection(hop, request.url.origin) as connection:
            try:
                response = await connection.handle_async_request(request)
                is_answered = True
                yield response
            except InvalidInput as error:
                raise error if hop.target is hop.asked else leads_astray(hop, error) from error
            except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException) as error:
                raise as_app_error(error, hop.target.host, in_body=is_answered) from error

    def _connection(self, hop: Hop, origin: httpcore2.Origin) -> httpcore2.AsyncHTTPConnection:
        import httpcore2

        from services.guarded_fetch.dialing import GuardedBackend, resolve

        backend = GuardedBackend(
            self._resolve or resolve,
            lambda address: self._policy.permits(address, hop.target, hop.asked),
            self._backend or httpcore2.AnyIOBackend(),
        )
        context = (self._ssl_context or _default_ssl_context()) if hop.target.scheme == "https" else None
        return httpcore2.AsyncHTTPConnection(origin, ssl_context=context, network_backend=backend)


async def fetch(request: FetchRequest) -> Fetched:
    """`GuardedFetch.fetch` with the private hosts that this installation admits."""
    return await GuardedFetch(get_settings().allow_private_hosts).fetch(request)


def check_url(url: str) -> Target:
    """Where a URL leads, as this installation would fetch it. Raises InvalidInput; asks no name server."""
    return Policy(get_settings().allow_private_hosts).check(url)


@cache
def _default_ssl_context() -> ssl.SSLContext:
    import httpcore2

    return httpcore2.default_ssl_context()


def _as_request(hop: Hop) -> httpcore2.Request:
    import httpcore2

    target = hop.target
    ours = {"Host": target.authority, "Accept-Encoding": "gzip", "Connection": "close"}
    if hop.body or hop.method in ("POST", "PUT", "PATCH"):
        ours["Content-Length"] = str(len(hop.body))
    if not any(name.lower() == "user-agent" for name in hop.headers):
        ours["User-Agent"] = "Tandem"
    return httpcore2.Request(
        hop.method,
        httpcore2.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path),
        headers=[(n.encode("ascii"), v.encode("latin-1")) for n, v in (ours | dict(hop.headers)).items()],
        content=hop.body,
        extensions={"timeout": {"connect": CONNECT_TIMEOUT_S}},
    )


async def _read(response: httpcore2.Response, target: Target, max_bytes: int) -> Fetched:
    headers = _headers(response)
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise UpstreamFailed(
            f"{target.host} packed its answer in a way that was not asked for ({encoding[:20]})."
        )
    gunzip = None if encoding == "identity" else Gunzip()
    try:
        async with aclosing(response.aiter_stream()) as pieces:
            body, is_cut = await read_bounded(pieces, max_bytes, gunzip)
    except zlib.error as error:
        raise UpstreamFailed(f"{target.host} says its answer is gzip, and it is not.") from error
    except EOFError as error:
        raise StreamCut(f"{target.host} stopped in the middle of its answer. Try again.") from error
    return Fetched(response.status, headers, body, target.url, is_cut)


def _headers(response: httpcore2.Response) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in response.headers:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _location(response: httpcore2.Response) -> str | None:
    """Where a redirect leads: UTF-8 where it is that, as browsers read it."""
    for name, value in response.headers:
        if name.lower() == b"location":
            try:
                return value.decode()
            except UnicodeDecodeError:
                return value.decode("latin-1")
    return None
