"""Talking to the model's own server: one answer, or its events, refusals made into our errors."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

from services.engines.llama import ChatEngine
from services.errors import ContextTooLong, InvalidInput, ModelUnavailable

if TYPE_CHECKING:
    from aiohttp import ClientResponse

PATH = "/v1/chat/completions"

Shape = dict[str, Any]


async def answer(engine: ChatEngine, body: Shape) -> Shape:
    """The model's whole answer to `body`."""
    async with engine.post(PATH, body) as response:
        await _raise_for_refusal(response)
        whole: Shape = await response.json()
        return whole


async def events(engine: ChatEngine, body: Shape) -> AsyncGenerator[Shape, None]:
    """The model's answer piece by piece, usage last."""
    body = body | {"stream": True, "stream_options": {"include_usage": True}}
    async with engine.post(PATH, body) as response:
        await _raise_for_refusal(response)
        async for event in _parsed(response):
            yield event


async def _parsed(response: ClientResponse) -> AsyncGenerator[Shape, None]:
    async for line in response.content:
        if not line.startswith(b"data: "):
            continue
        if line.startswith(b"data: [DONE]"):
            return
        event = json.loads(line[6:])
        if "error" in event:
            raise ModelUnavailable(f"The local chat model failed: {event['error'].get('message')}")
        yield event
    raise ModelUnavailable(
        "The local chat model stopped in the middle of this answer and is restarting. Ask again in a few seconds.",
        code="model_crashed",
    )


async def _raise_for_refusal(response: ClientResponse) -> None:
    if response.status == 200:
        return
    error = (await response.json(content_type=None)).get("error", {})
    if error.get("type") == "exceed_context_size_error":
        limit, asked = error.get("n_ctx"), error.get("n_prompt_tokens")
        raise ContextTooLong(
            f"This model's maximum context length is {limit} tokens. However, your messages resulted in "
            f"{asked} tokens. Please reduce the length of the messages.",
            code="context_length_exceeded",
        )
    if response.status == 400:
        raise InvalidInput(f"The local chat model cannot take this request: {error.get('message')}")
    raise ModelUnavailable(f"The local chat model failed: {error.get('message', response.status)}")
