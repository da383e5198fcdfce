"""A fast scripted upstream in a process of its own: `python -m benchmarks.scripted_upstream PORT`.

Streams 200 chunks: to the model `paced` about 1,000 a second, faster than any chat model writes; to any other as
fast as they are taken.
"""

from __future__ import annotations

import asyncio
import json
import sys

from aiohttp import web

CHUNKS = 200
BURST = 5


def _chunk(text: str) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    chunk = {
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "bench",
        "choices": [choice],
    }
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


CHUNK = _chunk(" word")


async def chat(request: web.Request) -> web.StreamResponse:
    """Stream the chunks."""
    is_paced = json.loads(await request.read())["model"] == "paced"
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    for number in range(CHUNKS):
        await response.write(CHUNK)
        if is_paced and number % BURST == BURST - 1:
            await asyncio.sleep(BURST / 1000)
    await response.write(b"data: [DONE]\n\n")
    return response


def main() -> None:
    """Serve until terminated."""
    app = web.Application()
    app.router.add_post("/v1/chat/completions", chat)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)


if __name__ == "__main__":
    main()
