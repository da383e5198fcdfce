"""Work that ends when the client leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress

from starlette.types import Receive


async def while_connected(receive: Receive, work: Coroutine[None, None, None]) -> None:
    """Run `work`, and cancel it at once when the client closes its connection."""
    task = asyncio.ensure_future(work)
    left = asyncio.ensure_future(_client_left(receive))
    try:
        await asyncio.wait((task, left), return_when=asyncio.FIRST_COMPLETED)
    finally:
        left.cancel()
        if not task.done():
            task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _client_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
