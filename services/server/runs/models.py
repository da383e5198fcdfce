"""The chat model behind a run: local, or the upstream, both as one stream of `chat.completion.chunk`s."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from services.errors import AppError, RateLimited, StreamCut
from services.server.errors import ApiError, model_not_found
from services.server.upstream import Upstream, broken_off, connection_problem

if TYPE_CHECKING:
    import aiohttp

    from services.engines.registry import Engines

Shape = dict[str, Any]
UNKNOWN_CONTEXT_TOKENS = 128_000
PATH = "/chat/completions"


class ChatModel(Protocol):
    """One model that answers chat requests."""

    @property
    def name(self) -> str:
        """The model's id."""

    @property
    def is_local(self) -> bool:
        """Whether it runs on this machine, where reading takes long."""

    @property
    def context_tokens(self) -> int:
        """How many tokens it reads and writes at most."""

    def fitted(self, request: Shape) -> Shape:
        """The request as this model takes it. Raises ApiError for what it cannot do."""

    def stream(self, request: Shape) -> AsyncGenerator[Shape, None]:
        """The answer in chunks, the last of them with usage. Closing it stops the model at once."""


@dataclass(frozen=True, slots=True)
class LocalModel:
    """The local chat model."""

    engines: Engines

    @property
    def name(self) -> str:
        return self.engines.chat.model_id

    @property
    def is_local(self) -> bool:
        return True

    @property
    def context_tokens(self) -> int:
        return self.engines.chat.context_tokens

    def fitted(self, request: Shape) -> Shape:
        """It takes every parameter there is."""
        return request

    def stream(self, request: Shape) -> AsyncGenerator[Shape, None]:
        """The answer in chunks."""
        from services.engines import chat

        return chat.stream(self.engines.chat, {**request, "model": self.name})


@dataclass(frozen=True, slots=True)
class UpstreamModel:
    """A model of the upstream, called with the installation's key or the one that came with the request."""

    upstream: Upstream
    name: str
    key: str | None
    context_tokens: int
    traits: Any

    @property
    def is_local(self) -> bool:
        return False

    def fitted(self, request: Shape) -> Shape:
        """Without what the model refuses; a request it cannot serve at all is told so before it is sent."""
        fitted = dict(request)
        if fitted.get("tools") and self.traits.tools == "no":
            raise ApiError(
                400,
                f"{self.name} takes no tools over Chat Completions, which this server speaks to its upstream. "
                "Choose another model for this assistant.",
                code="unsupported_model",
                param="model",
            )
        if fitted.get("tools") and self.traits.tools == "needs_effort_none":
            fitted["reasoning_effort"] = "none"
        if not _samples(self.traits, fitted.get("reasoning_effort")):
            fitted.pop("temperature", None)
            fitted.pop("top_p", None)
        if not self.traits.uses_max_completion_tokens and "max_completion_tokens" in fitted:
            fitted["max_tokens"] = fitted.pop("max_completion_tokens")
        return fitted

    async def stream(self, request: Shape) -> AsyncGenerator[Shape, None]:
        """The answer in chunks. Raises AppError and ApiError."""
        body = json.dumps({**request, "model": self.name, "stream": True}).encode()
        headers = self.upstream.headers_for({}, stream=True)
        if self.key is not None:
            headers["authorization"] = f"Bearer {self.key}"
        response = await self._post(body, headers)
        try:
            if response.status != 200:
                raise await _refusal(response)
            async with aclosing(_chunks(response, self.upstream.shown_url)) as chunks:
                async for chunk in chunks:
                    yield chunk
        finally:
            response.close()

    async def _post(self, body: bytes, headers: dict[str, str]) -> aiohttp.ClientResponse:
        import aiohttp

        try:
            return await self.upstream.session().post(
                self.upstream.base_url + PATH,
                data=body,
                headers=headers,
                allow_redirects=False,
                proxy=self.upstream.proxy,
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise connection_problem(error, self.upstream.shown_url) from None


class FindsModels(Protocol):
    """Where runs get their models from."""

    async def find(self, name: str, key: str | None = None) -> ChatModel:
        """The model by its name. Raises ApiError."""

    def has(self, name: str, key: str | None = None) -> bool:
        """Whether somebody might answer for this name."""


@dataclass(frozen=True, slots=True)
class ChatModels:
    """Finds the model that a run asks for."""

    engines: Engines
    upstream: Upstream | None
    default_upstream: Upstream

    async def find(self, name: str, key: str | None = None) -> ChatModel:
        """The model by its name; `key` opens the upstream where the installation has none. ApiError 404."""
        upstream = self.upstream or (self.default_upstream if key else None)
        local = self.engines.resolve(name, has_upstream=upstream is not None)
        if local is not None and local.kind == "chat":
            return LocalModel(self.engines)
        if upstream is None or local is not None:
            raise model_not_found(name)
        traits = await asyncio.to_thread(_traits, name)
        return UpstreamModel(upstream, name, key, traits.context_tokens or UNKNOWN_CONTEXT_TOKENS, traits)

    def has(self, name: str, key: str | None = None) -> bool:
        """Whether somebody might answer for this name."""
        if self.upstream is not None or key:
            return True
        local = self.engines.resolve(name, has_upstream=False)
        return local is not None and local.kind == "chat"


def _traits(name: str) -> Any:
    from services.catalog import describe

    return describe(name, "upstream")


def _samples(traits: Any, effort: str | None) -> bool:
    return traits.sampling is True or (traits.sampling == "only_with_none" and effort == "none")


async def _refusal(response: aiohttp.ClientResponse) -> AppError | ApiError:
    """What the upstream said when it refused, as one of our errors."""
    try:
        error = (await response.json(content_type=None))["error"]
        message, code = str(error.get("message")), error.get("code")
    except (ValueError, KeyError, TypeError, AttributeError):
        message, code = f"The upstream answered {response.status}.", None
    if response.status == 429:
        return RateLimited(message, code=code)
    return ApiError(response.status, message, code=code)


async def _chunks(response: aiohttp.ClientResponse, shown_url: str) -> AsyncGenerator[Shape, None]:
    """Each chunk of the answer. One that has named its end is whole, even if the connection breaks before the last line."""
    import aiohttp

    is_done = False
    try:
        async for data in _data_lines(response):
            if data == b"[DONE]":
                return
            chunk = _parsed(data)
            is_done = is_done or any(c.get("finish_reason") for c in chunk.get("choices") or ())
            yield chunk
    except ValueError as error:
        raise broken_off(error, shown_url) from None
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        if not is_done:
            raise broken_off(error, shown_url) from None
    if not is_done:
        raise broken_off(ConnectionError(), shown_url)


def _parsed(data: bytes) -> Shape:
    """One chunk. Raises StreamCut for an error told in its place, ValueError for what is none."""
    chunk = json.loads(data)
    if not isinstance(chunk, dict):
        raise ValueError("a chunk is an object")
    if error := chunk.get("error"):
        message = error.get("message") if isinstance(error, dict) else error
        raise StreamCut(str(message or "The upstream broke off its answer."))
    return chunk


async def _data_lines(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The payload of each `data:` line. Lines may be of any length, which the library's own reader refuses."""
    rest = b""
    while piece := await response.content.readany():
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].strip()
    if rest.startswith(b"data:"):
        yield rest[5:].strip()
