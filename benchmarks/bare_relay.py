"""The least a pass-through can be, to compare with: `python -m benchmarks.bare_relay PORT UPSTREAM_URL`."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web


async def _session(app: web.Application) -> AsyncIterator[None]:
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=None)
    ) as app["session"]:
        yield


async def chat(request: web.Request) -> web.StreamResponse:
    """Pass the body on and the answer back."""
    body = await request.read()
    async with request.app["session"].post(sys.argv[2] + "/chat/completions", data=body) as answer:
        response = web.StreamResponse(headers={"content-type": answer.headers["content-type"]})
        await response.prepare(request)
        async for piece in answer.content.iter_any():
            await response.write(piece)
        return response


def main() -> None:
    """Serve until terminated."""
    app = web.Application()
    app.cleanup_ctx.append(_session)
    app.router.add_post("/v1/chat/completions", chat)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)


if __name__ == "__main__":
    main()
