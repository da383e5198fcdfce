"""The OpenAI-compatible server behind this one."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from services.errors import ConnectionProblem, StreamCut, TimedOut, Unreachable
from services.server.errors import ApiError
from services.settings import Settings

if TYPE_CHECKING:
    import aiohttp

CONNECT_TIMEOUT_S = 10
SILENCE_TIMEOUT_S = 600
KEEP_ALIVE_S = 4.0
"""Below the 5 s after which uvicorn (vLLM and others) closes, so that no request goes into a closing connection."""

OPENAI_HOST = "api.openai.com"
"""With a region in front of it, too."""

_DEFAULT_BASE_URL = "https://api.openai.com/v1"
_REQUEST_HEADERS = ("accept", "content-type", "user-agent", "idempotency-key", "x-client-request-id")
_REQUEST_PREFIXES = ("openai-", "x-stainless-")


class Upstream:
    """One connection pool for every request that goes on to the upstream."""

    def __init__(self, settings: Settings) -> None:
        self.base_url = settings.openai_base_url.rstrip("/")
        self._key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else None
        self.shown_url = _without_user(self.base_url)
        self.proxy = _proxy_of_system(self.base_url)
        self._says_responses = settings.upstream_responses
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

    @property
    def keeps_responses(self) -> bool:
        """Whether it remembers responses and conversations itself: OpenAI does, of others the settings say it."""
        if self._says_responses is not None:
            return self._says_responses
        host = urlsplit(self.base_url).hostname or ""
        return host == OPENAI_HOST or host.endswith(f".{OPENAI_HOST}")

    async def get_json(self, path: str, timeout_s: float) -> Any:
        """The JSON of a GET; raises ApiError or ConnectionProblem."""
        import aiohttp

        try:
            timeout = aiohttp.ClientTimeout(total=timeout_s)
            async with self.session().get(
                self.base_url + path,
                headers=self.headers_for({}, stream=True),
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
            raise connection_problem(error, self.shown_url) from None

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

    def headers_for(self, headers: Mapping[str, str], *, stream: bool) -> dict[str, str]:
        """The headers a request goes on with: the client's own that matter, and the upstream's key."""
        if self._via in headers.get("via", ""):
            raise _points_at_ourselves()
        kept = {n: v for n, v in headers.items() if n in _REQUEST_HEADERS or n.startswith(_REQUEST_PREFIXES)}
        kept.setdefault("content-type", "application/json")
        # An error event can be added to a broken stream only if the stream is plain text.
        kept["accept-encoding"] = "identity" if stream else headers.get("accept-encoding", "identity")
        kept["via"] = self._via
        if self._key:
            kept["authorization"] = f"Bearer {self._key}"
        return kept


def _without_user(base_url: str) -> str:
    """An address as it may be shown: a user and password in it are left out."""
    url = urlsplit(base_url)
    return url._replace(netloc=url.netloc.rpartition("@")[2]).geturl()


def _proxy_of_system(base_url: str) -> str | None:
    """The proxy the system names for this address, as the SDK would use."""
    url = urlsplit(base_url)
    return None if proxy_bypass(url.hostname or "") else getproxies().get(url.scheme)


def connection_problem(error: Exception, shown_url: str) -> ConnectionProblem:
    """What went wrong on the way to the upstream, as one of our errors."""
    if isinstance(error, TimeoutError):
        return TimedOut(
            f"The upstream {shown_url} did not answer in time. Try again, or check that it is running.",
            code="upstream_timeout",
        )
    return Unreachable(
        f"The upstream {shown_url} cannot be reached. Check OPENAI_BASE_URL and the network.",
        code="upstream_unreachable",
    )


def broken_off(error: Exception, shown_url: str) -> ConnectionProblem:
    """What went wrong in the middle of an answer, as one of our errors."""
    if isinstance(error, TimeoutError):
        return connection_problem(error, shown_url)
    return StreamCut(f"The upstream {shown_url} broke off its answer. Try again.", code="upstream_cut")


def _points_at_ourselves() -> ApiError:
    return ApiError(
        502,
        "OPENAI_BASE_URL points at this server itself. Set it to another server, or unset it.",
        kind="server_error",
        code="upstream_is_this_server",
    )
