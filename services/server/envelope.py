"""What every answer carries: request id, duration, version, and OpenAI's error shape."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.errors import AppError
from services.server.errors import ApiError, from_app_error, internal_error, where_it_broke

log = logging.getLogger("tandem.server")


class Envelope:
    """The outermost layer: adds the headers and turns whatever was raised into an answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        answer = _Answer(scope, send)
        scope.setdefault("state", {})["request_id"] = answer.request_id
        try:
            await self.app(scope, receive, answer.send)
        except Exception as error:
            if answer.started:
                # The status is out already; an answer that breaks off is the only honest signal left.
                return _log_unexpected(error, answer.request_id)
            await _to_api_error(error, scope, answer.request_id).response()(scope, receive, answer.send)


class _Answer:
    def __init__(self, scope: Scope, send: Send) -> None:
        self.request_id = f"req_{uuid.uuid4().hex}"
        self.started = False
        self._scope = scope
        self._send = send
        self._began = time.perf_counter()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            _add_missing(MutableHeaders(scope=message), self._headers())
        await self._send(message)

    def _headers(self) -> Iterable[tuple[str, str]]:
        yield "x-request-id", self.request_id
        yield "openai-processing-ms", f"{(time.perf_counter() - self._began) * 1000:.0f}"
        yield "openai-version", "2020-10-01"
        yield from self._scope["state"].get("limit_headers", dict)().items()


def _add_missing(headers: MutableHeaders, wanted: Iterable[tuple[str, str]]) -> None:
    """An upstream's own request id and limits stay as they came."""
    for name, value in wanted:
        headers.setdefault(name, value)


def _to_api_error(error: Exception, scope: Scope, request_id: str) -> ApiError:
    match error:
        case ApiError():
            return error
        case AppError():
            return from_app_error(error)
        case HTTPException(status_code=404):
            return ApiError(404, f"Invalid URL ({scope['method']} {scope['path']})")
        case HTTPException(status_code=405):
            return _wrong_method(error, scope)
        case HTTPException():
            return ApiError(error.status_code, str(error.detail))
    _log_unexpected(error, request_id)
    return internal_error(request_id)


def _wrong_method(error: HTTPException, scope: Scope) -> ApiError:
    message = f"Not allowed to {scope['method']} on {scope['path']}."
    return ApiError(405, message, code="method_not_supported", headers=dict(error.headers or {}))


def _log_unexpected(error: Exception, request_id: str) -> None:
    log.error("%s: unexpected %s\n%s", request_id, type(error).__name__, where_it_broke(error))
