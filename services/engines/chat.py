"""Chat completions by the local model, in OpenAI's shapes, whole or streamed."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from services.engines.chat_request import choices_wanted, llama_body, plain_messages
from services.engines.chat_shapes import Envelope, add_usage, logprobs_of, usage_of
from services.engines.llama import ChatEngine
from services.engines.llama_http import answer, events
from services.engines.tool_calls import Choice, choose, deltas, wanted

FIRST_DELTA = {"role": "assistant", "content": "", "refusal": None}
NO_USAGE = usage_of(None)

Request = dict[str, Any]


async def complete(engine: ChatEngine, request: Request) -> Request:
    """The answer to an OpenAI chat request as one `chat.completion`.

    Raises ContextTooLong and InvalidInput for the request, ModelUnavailable for the engine.
    """
    n = choices_wanted(request)
    choice = await _choice_of_tools(engine, request)
    envelope = Envelope(engine.model_id)
    if choice and choice.calls:
        message = _message(None, choice.calls)
        shape = {"index": 0, "message": message, "logprobs": None, "finish_reason": "tool_calls"}
        return envelope.completion([shape], choice.usage)
    usage, choices = choice.usage if choice else NO_USAGE, []
    for index in range(n):
        raw = await answer(engine, _body(request, index))
        usage = add_usage(usage, usage_of(raw["usage"], count_prompt=index == 0))
        choices.append(_choice(raw["choices"][0], index))
    return envelope.completion(choices, usage)


async def stream(engine: ChatEngine, request: Request) -> AsyncGenerator[Request, None]:
    """The answer as `chat.completion.chunk`s. Closing the iterator stops the model at once."""
    n = choices_wanted(request)
    wants_usage = bool((request.get("stream_options") or {}).get("include_usage"))
    envelope = Envelope(engine.model_id, with_usage=wants_usage)
    choice = await _choice_of_tools(engine, request)
    usage = choice.usage if choice else NO_USAGE
    if choice and choice.calls:
        for delta, finish in deltas(choice.calls):
            yield envelope.chunk(0, delta, finish)
    else:
        for index in range(n):
            async with aclosing(_chunks(engine, _body(request, index), envelope, index)) as pieces:
                async for piece in pieces:
                    if piece["choices"]:
                        yield piece
                    else:
                        usage = add_usage(usage, piece["usage"])
    if wants_usage:
        yield envelope.usage_chunk(usage)


async def _choice_of_tools(engine: ChatEngine, request: Request) -> Choice | None:
    return await choose(engine, request) if wanted(request) else None


async def _chunks(
    engine: ChatEngine, body: Request, envelope: Envelope, index: int
) -> AsyncGenerator[Request, None]:
    async with aclosing(events(engine, body)) as raw_events:
        async for raw in raw_events:
            if not raw["choices"]:
                yield envelope.usage_chunk(usage_of(raw["usage"], count_prompt=index == 0))
                continue
            piece = raw["choices"][0]
            delta = FIRST_DELTA if "role" in piece["delta"] else piece["delta"]
            yield envelope.chunk(index, delta, piece["finish_reason"], logprobs_of(piece.get("logprobs")))


def _body(request: Request, index: int) -> Request:
    body = llama_body(request, plain_messages(request["messages"]))
    if "seed" in body and index:
        body["seed"] += index  # several choices of one seed differ, and repeat
    return body


def _choice(raw: Request, index: int) -> Request:
    return {
        "index": index,
        "message": _message(raw["message"]["content"]),
        "logprobs": logprobs_of(raw.get("logprobs")),
        "finish_reason": raw["finish_reason"],
    }


def _message(content: str | None, calls: list[Request] | None = None) -> Request:
    message: Request = {"role": "assistant", "content": content, "refusal": None, "annotations": []}
    return message | {"tool_calls": calls} if calls else message
