"""Opening a connection: the only place where a name becomes an address, and an address a socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import httpcore2

from services.errors import InvalidInput, Unreachable
from services.guarded_fetch.addresses import Address, is_public, parse_address
from services.guarded_fetch.targets import refusal

MAX_ATTEMPTS = 4

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, as this machine's resolver orders them. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Resolves a host once, asks whether each of its addresses may be called, and connects to one of those very addresses.

    httpcore opens every socket through its network backend, and knows the host by name all the same: the Host
    header, the name in the TLS greeting and the certificate check stay the name's, while nobody looks it up again.
    """

    def __init__(
        self, resolve: Resolve, permits: Callable[[Address], bool], inner: httpcore2.AsyncNetworkBackend
    ) -> None:
        self._resolve = resolve
        self._permits = permits
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """A connection to an address that was checked. Raises InvalidInput when any of the host's was refused."""
        failure: Exception = Unreachable(f"{host} cannot be reached: there is no such host.")
        for address in (await self._checked(host, port))[:MAX_ATTEMPTS]:
            try:
                stream = await self._inner.connect_tcp(str(address), port, timeout)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
                continue
            if is_public(address) and _is_own(stream, address):
                await stream.aclose()
                raise InvalidInput(f"{host} is this machine itself, which is not called.")
            return stream
        raise failure

    async def _checked(self, host: str, port: int) -> list[Address]:
        addresses = [parse_address(text) for text in await self._addresses(host, port)]
        if not all(address is not None and self._permits(address) for address in addresses):
            raise InvalidInput(refusal(host))
        return [address for address in addresses if address is not None]

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        if parse_address(host) is not None:
            return [host]
        try:
            return await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise Unreachable(f"{host} cannot be reached: there is no such host.") from error


def _is_own(stream: httpcore2.AsyncNetworkStream, address: Address) -> bool:
    """Whether the near end of a connection has the address that was called: then both ends are here."""
    here = stream.get_extra_info("client_addr")
    return here is not None and parse_address(here[0]) == address
