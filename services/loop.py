"""One event loop in a thread of its own, where every conversation with a model server runs.

Streamlit's scripts are short-lived and can be ended between any two lines; work that must survive
a click, a reload or a closed tab lives here, and cancelling it closes its socket at any moment.
"""

from __future__ import annotations

import asyncio
import threading
import urllib.request
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")


class BackgroundLoop:
    """An asyncio loop in a daemon thread, with one connection pool per server address."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._pools: dict[str, httpx2.AsyncBaseTransport] = {}
        self._thread = threading.Thread(target=self._loop.run_forever, name="tandem-turns", daemon=True)
        self._thread.start()

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin `work` and return at once; cancelling the future cancels it inside the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def run(self, work: Coroutine[Any, Any, T], timeout_s: float = 30.0) -> T:
        """Run `work` to its end and return its result; raises what it raises."""
        return self.start(work).result(timeout_s)

    def call(self, function: Any, *args: Any) -> None:
        """Call a function inside the loop, soon."""
        self._loop.call_soon_threadsafe(function, *args)

    def pool(self, base_url: str) -> httpx2.AsyncBaseTransport:
        """The connection pool for a server; call it from within the loop."""
        if base_url not in self._pools:
            self._pools[base_url] = _open_pool(base_url)
        return self._pools[base_url]

    def forget_pools(self) -> None:
        """Have the next requests open new connections, as after a restart; what is on its way goes on."""
        self.call(self._pools.clear)


def _open_pool(base_url: str) -> httpx2.AsyncBaseTransport:
    import httpx2

    return httpx2.AsyncHTTPTransport(proxy=_proxy_for(base_url))


def _proxy_for(base_url: str) -> str | None:
    """The proxy the environment names for this address; an SDK client with a transport of its own ignores it."""
    parts = urlsplit(base_url)
    if parts.hostname in ("127.0.0.1", "localhost", "::1") or urllib.request.proxy_bypass(
        parts.hostname or ""
    ):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")
