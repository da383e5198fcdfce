"""/v1/chat/completions: the local model, or on to the upstream."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp

from services.server.body import model_of, read_object
from services.server.errors import ApiError
from services.server.local_answers import EventStream, WholeAnswer
from services.server.named_files import with_files
from services.server.rules.chat import checked
from services.server.state import ServerState
from services.server.vision import check_data_urls, cleaned_request, with_facts

if TYPE_CHECKING:
    from services.engines.llama import ChatEngine

PATH = "/chat/completions"


async def create(request: Request) -> ASGIApp:
    """Answer a conversation, whole or as a stream of chunks."""
    state = ServerState.of(request)
    raw, body = await read_object(request, state.settings.max_body_bytes)
    model = model_of(body)
    state.charge(request, body)
    local = state.local_model(model)
    tuned = await state.tuned_models.engine(request.state.owner, model) if local is None else None
    if local is None and tuned is None:
        return state.relay(
            request, model, PATH, await _sent_on(request, raw, body), stream=body.get("stream") is True
        )
    if local is not None and local.kind != "chat":
        raise _not_a_chat_model()
    # In a thread: the first check imports the SDK, which takes a second or two.
    request_body = await asyncio.to_thread(checked, body)
    owner, messages = request.state.owner, request_body["messages"]
    check_data_urls(messages)
    messages = await with_files(state, owner, messages, is_local=True)
    request_body |= {"messages": await with_facts(messages, state.eyes)}
    engine = tuned or state.engines.chat
    return _answer(engine, request_body | {"model": engine.model_id})


async def _sent_on(request: Request, raw: bytes, body: dict[str, Any]) -> bytes:
    """The request as the upstream gets it: with the files it names, and pictures without where they were taken."""
    named = body.get("messages")
    messages = await with_files(ServerState.of(request), request.state.owner, named, is_local=False)
    if messages is not named:
        raw = json.dumps(body | {"messages": messages}).encode()
        return await asyncio.to_thread(cleaned_request, raw, body | {"messages": messages})
    return await asyncio.to_thread(cleaned_request, raw, body)


def _answer(engine: ChatEngine, body: dict[str, Any]) -> ASGIApp:
    from services.engines import chat

    if body.get("stream"):
        return EventStream(chat.stream(engine, body))
    return WholeAnswer(chat.complete(engine, body))


def _not_a_chat_model() -> ApiError:
    return ApiError(
        404,
        "This is not a chat model and thus not supported in the v1/chat/completions endpoint. "
        "Did you mean to use v1/embeddings?",
        param="model",
    )


routes = [Route(PATH, create, methods=["POST"])]
