"""Answers of local models, given up when the client leaves."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import aclosing
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from services.errors import AppError
from services.server.disconnect import while_connected
from services.server.errors import ApiError, from_app_error, internal_error

log = logging.getLogger("tandem.server")
HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")]


class WholeAnswer:
    """A JSON answer that is worked out while the client waits."""

    def __init__(self, work: Coroutine[Any, Any, dict[str, Any]]) -> None:
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await while_connected(receive, self._answer(scope, receive, send))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await JSONResponse(await self._work)(scope, receive, send)


class EventStream:
    """An answer of `data:` lines that ends in `[DONE]`, or in an error event.

    An error before the first chunk is raised, so that it gets its own status. When the client leaves, `chunks`
    is closed at once.
    """

    def __init__(self, chunks: AsyncIterator[dict[str, Any]]) -> None:
        self._chunks = chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await while_connected(receive, self._send_all(send))

    async def _send_all(self, send: Send) -> None:
        async with aclosing(self._chunks) as chunks:  # type: ignore[type-var]
            first = await anext(chunks, None)
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            try:
                if first is not None:
                    await send(_event(first))
                async for chunk in chunks:
                    await send(_event(chunk))
                await send(_data(b"[DONE]"))
            except Exception as error:
                await send(_event(_as_api_error(error).body()))
        await send({"type": "http.response.body", "body": b""})


def _event(value: dict[str, Any]) -> dict[str, Any]:
    return _data(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _data(data: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": b"data: " + data + b"\n\n", "more_body": True}


def _as_api_error(error: Exception) -> ApiError:
    match error:
        case ApiError():
            return error
        case AppError():
            return from_app_error(error)
    log.error("unexpected %s in a stream", type(error).__name__)
    return internal_error("")
