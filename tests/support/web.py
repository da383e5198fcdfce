"""A small web of made-up hosts, all of them one server on 127.0.0.1, for tests of whatever fetches from the internet.

    async with Web({"http://api.example/pets": answer(b"[]")}) as web:
        fetched = await web.guard().fetch(FetchRequest("http://api.example/pets"))

A page is bytes sent as they are, or an async function that gets the connection's writer. Names resolve to made-up
public addresses, one for each host; `web.dialled` lists those that a socket was opened to. What came in is in
`web.requests`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import httpcore2

from services.guarded_fetch import GuardedFetch

Page = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it arrived."""

    method: str
    host: str
    path: str
    headers: Mapping[str, str]
    body: bytes


def answer(body: bytes = b"", status: int = 200, **headers: str) -> bytes:
    """A whole HTTP answer; header names with `_` for `-`."""
    fields = {"Content-Length": str(len(body))} | {k.replace("_", "-"): v for k, v in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Words\r\n{head}\r\n".encode() + body


def redirect(location: str, status: int = 302) -> bytes:
    """An answer that leads elsewhere."""
    return answer(b"elsewhere", status, Location=location)


class Web(httpcore2.AsyncNetworkBackend):
    """The server, and the network backend that leads every address to it. `pages` by URL without a query."""

    def __init__(
        self,
        pages: Mapping[str, Page],
        names: Mapping[str, Sequence[str]] | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.pages = {url.partition("//")[2]: page for url, page in pages.items()}
        self.names = dict(names or {})
        self.requests: list[Seen] = []
        self.dialled: list[str] = []
        self._ssl_context = ssl_context
        self._real = httpcore2.AnyIOBackend()

    def guard(self, *private_hosts: str, trusted: ssl.SSLContext | None = None, **seams: Any) -> GuardedFetch:
        """A guarded fetch within this web; which address is public is decided by the real check."""
        return GuardedFetch(private_hosts, resolve=self.resolve, backend=self, ssl_context=trusted, **seams)

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """The host's addresses; a public one of its own for every host that was given none."""
        return self.names.setdefault(host, [f"93.184.216.{len(self.names) + 1}"])

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *_: Any, **__: Any
    ) -> httpcore2.AsyncNetworkStream:
        self.dialled.append(host)
        return await self._real.connect_tcp("127.0.0.1", self._port, timeout)

    async def __aenter__(self) -> Web:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._ssl_context)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            seen = await _read(reader)
            self.requests.append(seen)
            page = self.pages.get(seen.host + seen.path.partition("?")[0], answer(b"no such page", 404))
            if isinstance(page, bytes):
                writer.write(page)
                await writer.drain()
            else:
                await page(writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the other side has left, or the test is over
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Seen(method, headers["host"], path, headers, body)
