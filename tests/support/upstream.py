"""A scripted OpenAI-like server on 127.0.0.1, for tests of whatever talks to one.

    with ScriptedUpstream() as upstream:
        upstream.play(Script(text=("Hel", "lo")), rate_limited(retry_after_s=2))
        client = OpenAI(base_url=upstream.base_url, api_key="sk-test", max_retries=0)

Each request to chat completions or embeddings takes the next script; when none is left, the default one.
With `only_streams` whole answers are always the default one: asides such as naming take no script.
`by_request` may choose the script of a request by its body, ahead of all others. What files and fine-tuning jobs are
asked for is in `answers`, by method and path; 404 where it is not. `sounds` has a script for `speech` or `transcriptions`.
What came in is in `upstream.requests`. Nothing sleeps unless a script says so.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from aiohttp import web

USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
RATE_LIMIT_HEADERS = {
    "x-ratelimit-limit-requests": "500",
    "x-ratelimit-remaining-requests": "499",
    "x-ratelimit-reset-requests": "120ms",
    "x-ratelimit-limit-tokens": "30000",
    "x-ratelimit-remaining-tokens": "29900",
    "x-ratelimit-reset-tokens": "6m0s",
}


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function call the scripted model asks for; arguments are streamed in two halves."""

    name: str
    arguments: str
    id: str = "call_1"


@dataclass(frozen=True, slots=True)
class Script:
    """How one request is answered.

    `hold_after` stops after that many chunks (the role is the first) until `release()` or until the client
    leaves, and sets `holding`; `cut_after` breaks the connection there; `hang` never answers. `delay_s` and
    `between_s` are the only waits in real time. `body` replaces the whole JSON answer. A stream with `tool_calls`
    has no `text`, but the words `before` and `after` them; `deltas` replaces all of these, and `raw` are lines sent
    as they are, in place of everything.
    """

    text: tuple[str, ...] = ("Hello", " world")
    tool_calls: tuple[ToolCall, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    deltas: tuple[Mapping[str, Any], ...] | None = None
    raw: tuple[str, ...] | None = None
    usage: Mapping[str, Any] | None = field(default_factory=lambda: dict(USAGE))
    model: str | None = None
    finish_reason: str | None = None
    status: int = 200
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    between_s: float = 0.0
    hold_after: int | None = None
    cut_after: int | None = None
    cut_inside_event: bool = False
    hang: bool = False


def error(status: int, message: str, code: str | None = None, **headers: str) -> Script:
    """An answer with OpenAI's error shape; header names with `_` for `-`."""
    kind = "server_error" if status >= 500 else "invalid_request_error"
    body = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return Script(status=status, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})


def wrong_key() -> Script:
    """401 as OpenAI answers a bad key."""
    return error(401, "Incorrect API key provided: sk-t****key.", "invalid_api_key")


def rate_limited(retry_after_s: float = 1) -> Script:
    """429 with retry-after."""
    return error(
        429, "Rate limit reached for requests", "rate_limit_exceeded", retry_after=f"{retry_after_s:g}"
    )


def broken() -> Script:
    """500 as OpenAI answers when it fails."""
    return error(500, "The server had an error while processing your request.")


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    raw: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body as an object."""
        parsed: dict[str, Any] = json.loads(self.raw)
        return parsed


class ScriptedUpstream:
    """The server, in a thread of its own; a context manager. `base_url` ends in /v1."""

    def __init__(self, default: Script | None = None, models: tuple[str, ...] = ("gpt-6-luna",)) -> None:
        self.default = default or Script()
        self.models: list[dict[str, Any]] = [
            {"id": m, "object": "model", "created": 1, "owned_by": "openai"} for m in models
        ]
        self.requests: list[Received] = []
        self.client_left = threading.Event()
        self.holding = threading.Event()
        self.only_streams = False
        self.by_request: Callable[[dict[str, Any]], Script | None] = lambda _: None
        self.answers: dict[tuple[str, str], Any] = {}
        self.sounds: dict[str, Script] = {}
        self._scripts: deque[Script] = deque()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.port = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def play(self, *scripts: Script) -> None:
        """Answer the next requests like this, in order. Scripts that hold will hold again."""
        self._loop.call_soon_threadsafe(self._released.clear)
        self._scripts.extend(scripts)

    def release(self) -> None:
        """Let every held answer go on."""
        self._loop.call_soon_threadsafe(self._released.set)

    def forget(self) -> None:
        """Be as new: no requests, no scripts; whatever is held goes on."""
        self.release()
        self._scripts.clear()
        self.requests.clear()
        self.client_left.clear()
        self.holding.clear()
        self.by_request = lambda _: None
        self.answers.clear()
        self.sounds.clear()

    def __enter__(self) -> ScriptedUpstream:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        self._released = asyncio.Event()
        app = web.Application(client_max_size=2**28)
        app.router.add_get("/v1/models", self._list_models)
        app.router.add_get("/v1/models/{id}", self._get_model)
        for name in ("assistants", "threads", "vector_stores"):
            app.router.add_get(f"/v1/{name}", self._list_nothing)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/embeddings", self._embeddings)
        app.router.add_post("/v1/audio/{kind}", self._sound)
        app.router.add_post("/v1/images/{kind}", self._pictures)
        for path in ("/v1/files", "/v1/fine_tuning/{rest:.*}"):
            app.router.add_route("*", path, self._answer)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        self._released.set()
        await self._runner.cleanup()

    async def _next(self, request: web.Request) -> Script:
        raw = await request.read()
        self.requests.append(Received(request.method, request.path_qs, dict(request.headers), raw))
        script = self._take(raw)
        try:
            if script.hang:
                self.holding.set()
                await asyncio.Event().wait()
            await asyncio.sleep(script.delay_s)
        except asyncio.CancelledError:
            self.client_left.set()
            raise
        return script

    def _take(self, raw: bytes) -> Script:
        if raw and (chosen := self.by_request(json.loads(raw))) is not None:
            return chosen
        wanted = not self.only_streams or b'"stream":true' in raw.replace(b" ", b"")
        return self._scripts.popleft() if self._scripts and wanted else self.default

    async def _list_models(self, request: web.Request) -> web.StreamResponse:
        script = await self._next(request) if self._scripts else self.default
        if script.status != 200:
            return _json(script, script.body)
        return web.json_response({"object": "list", "data": self.models})

    async def _list_nothing(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"object": "list", "data": [], "has_more": False})

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        self.requests.append(Received(request.method, request.path_qs, dict(request.headers), raw))
        told = self.answers.get((request.method, request.path.removeprefix("/v1")))
        if told is not None:
            return web.json_response(told)
        missing = error(404, f"Invalid URL ({request.method} {request.path})")
        return _json(missing, missing.body)

    async def _get_model(self, request: web.Request) -> web.StreamResponse:
        wanted = request.match_info["id"]
        found = [m for m in self.models if m["id"] == wanted]
        if found:
            return web.json_response(found[0])
        missing = error(404, f"The model '{wanted}' does not exist", "model_not_found")
        return _json(missing, missing.body)

    async def _embeddings(self, request: web.Request) -> web.StreamResponse:
        script = await self._next(request)
        model = json.loads(self.requests[-1].raw).get("model")
        data = [{"object": "embedding", "index": 0, "embedding": [0.6, 0.8]}]
        usage = {"prompt_tokens": 2, "total_tokens": 2}
        return _json(script, script.body or {"object": "list", "data": data, "model": model, "usage": usage})

    async def _sound(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        self.requests.append(Received(request.method, request.path_qs, dict(request.headers), raw))
        script = self.sounds.get(request.match_info["kind"], self.default)
        try:
            if script.hang:
                self.holding.set()
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.client_left.set()
            raise
        return _json(script, script.body or {"text": "From upstream."})

    async def _pictures(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        self.requests.append(Received(request.method, request.path_qs, dict(request.headers), raw))
        script = self._scripts.popleft() if self._scripts else self.default
        if script.raw is not None:
            return await self._stream(request, script, "", {})
        return _json(script, script.body or {"created": 1, "data": []})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        script = await self._next(request)
        body = json.loads(await request.read())
        model = script.model or body.get("model", "scripted")
        if script.body is not None or script.status != 200:
            return _json(script, script.body)
        if not body.get("stream"):
            return await self._whole(request, script, model)
        return await self._stream(request, script, model, body)

    async def _whole(self, request: web.Request, script: Script, model: str) -> web.StreamResponse:
        answer = _completion(script, model)
        if script.cut_after is None:
            return _json(script, answer)
        response = web.StreamResponse(headers={**script.headers, "content-type": "application/json"})
        await response.prepare(request)
        await response.write(json.dumps(answer).encode()[:20])
        await _cut(request)
        return response

    async def _stream(
        self, request: web.Request, script: Script, model: str, body: dict[str, Any]
    ) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={**script.headers, "content-type": "text/event-stream; charset=utf-8"}
        )
        await response.prepare(request)
        include_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        try:
            chunks = _chunks(script, model, include_usage)
            for number, line in enumerate(script.raw or map(json.dumps, chunks)):
                if number == script.cut_after:
                    if script.cut_inside_event:
                        await response.write(b'data: {"id":"chatcmpl-')
                    await _cut(request)
                    return response
                if number == script.hold_after:
                    self.holding.set()
                    await self._released.wait()
                await response.write(f"data: {line}\n\n".encode())
                await asyncio.sleep(script.between_s)
            await response.write(b"data: [DONE]\n\n")
        except ConnectionError:
            self.client_left.set()
        except asyncio.CancelledError:
            self.client_left.set()
            raise
        return response


async def _cut(request: web.Request) -> None:
    # A moment for the bytes to be read: clients drop what is still unread when the end comes with it.
    await asyncio.sleep(0.05)
    if request.transport is not None:
        request.transport.close()


def _json(script: Script, body: Mapping[str, Any] | None) -> web.Response:
    return web.json_response(body, status=script.status, headers=script.headers)


def _call(call: ToolCall, arguments: str) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _finish_reason(script: Script) -> str:
    return script.finish_reason or ("tool_calls" if script.tool_calls else "stop")


def _completion(script: Script, model: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": "".join(script.text) or None, "refusal": None}
    if script.tool_calls:
        message |= {"content": None, "tool_calls": [_call(c, c.arguments) for c in script.tool_calls]}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish_reason(script)}
    answer = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [choice],
    }
    return answer | ({"usage": dict(script.usage)} if script.usage else {})


def _chunks(script: Script, model: str, include_usage: bool) -> list[dict[str, Any]]:
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "" if not script.tool_calls else None}]
    if script.deltas is not None:
        deltas += map(dict, script.deltas)
    elif script.tool_calls:
        deltas += [{"content": piece} for piece in script.before]
        for index, call in enumerate(script.tool_calls):
            half = len(call.arguments) // 2
            deltas.append({"tool_calls": [{"index": index, **_call(call, call.arguments[:half])}]})
            deltas.append(
                {"tool_calls": [{"index": index, "function": {"arguments": call.arguments[half:]}}]}
            )
        deltas += [{"content": piece} for piece in script.after]
    else:
        deltas += [{"content": piece} for piece in script.text]
    chunks = [_chunk(model, [_choice(delta)]) for delta in deltas]
    chunks.append(_chunk(model, [_choice({}, _finish_reason(script))]))
    if include_usage and script.usage:
        chunks.append(_chunk(model, []) | {"usage": dict(script.usage)})
    return chunks


def _choice(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish_reason}


def _chunk(model: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": model,
        "choices": choices,
    }
