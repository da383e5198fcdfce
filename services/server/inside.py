"""Requests of the server to itself: the same routes answer, for an owner who is known already."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.types import Message

from services.server.envelope import Envelope

ROOT = "/v1"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as a client would have got it."""

    status: int
    request_id: str
    body: Any
    retry_after_s: float | None = None

    @property
    def code(self) -> str | None:
        """The code of an error, where there is one."""
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return error.get("code") if isinstance(error, dict) else None


class Inside:
    """Asks the routes of an API. Keys and limits per minute are for those who come from outside."""

    def __init__(self, api: Starlette) -> None:
        self._api = api
        self._answering = Envelope(api.router)

    async def post(self, owner: str, path: str, body: dict[str, Any]) -> Reply:
        """The answer to a POST of this JSON. Cancelling it is what a client does that leaves."""
        raw = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": ROOT,
            "query_string": b"",
            "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(raw))],
            "client": None,
            "server": None,
            "app": self._api,
            "state": {"owner": owner, "is_inside": True},
        }
        exchange = _Exchange(raw)
        await self._answering(scope, exchange.receive, exchange.send)
        return exchange.reply()


class _Exchange:
    """One request and what comes back."""

    def __init__(self, raw: bytes) -> None:
        self._raw: bytes | None = raw
        self._status = 500
        self._headers = Headers()
        self._body = bytearray()

    async def receive(self) -> Message:
        """The whole body; after that nothing happens until the answer is there."""
        if self._raw is None:
            await asyncio.Event().wait()
        raw, self._raw = self._raw, None
        return {"type": "http.request", "body": raw, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status, self._headers = message["status"], Headers(raw=list(message.get("headers", ())))
        else:
            self._body += message.get("body", b"")

    def reply(self) -> Reply:
        try:
            body = json.loads(self._body)
        except ValueError:
            body = self._body.decode("utf-8", "replace")
        wait = self._headers.get("retry-after", "")
        return Reply(
            self._status,
            self._headers.get("x-request-id", ""),
            body,
            float(wait) if wait.replace(".", "", 1).isdecimal() else None,
        )
