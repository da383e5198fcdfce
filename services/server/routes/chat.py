"""/v1/chat/completions: the local model, or on to the upstream."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp

from services.server.body import model_of, read_object
from services.server.errors import ApiError
from services.server.local_answers import EventStream, WholeAnswer
from services.server.rules.chat import checked
from services.server.state import ServerState

PATH = "/chat/completions"


async def create(request: Request) -> ASGIApp:
    """Answer a conversation, whole or as a stream of chunks."""
    state = ServerState.of(request)
    raw, body = await read_object(request, state.settings.max_body_bytes)
    model = model_of(body)
    state.charge(request, body)
    local = state.local_model(model)
    if local is None:
        return state.relay(request, model, PATH, raw, stream=body.get("stream") is True)
    if local.kind != "chat":
        raise _not_a_chat_model()
    # In a thread: the first check imports the SDK, which takes a second or two.
    request_body = await asyncio.to_thread(checked, body)
    return _answer(state, request_body | {"model": local.id})


def _answer(state: ServerState, body: dict[str, Any]) -> ASGIApp:
    from services.engines import chat

    if body.get("stream"):
        return EventStream(chat.stream(state.engines.chat, body))
    return WholeAnswer(chat.complete(state.engines.chat, body))


def _not_a_chat_model() -> ApiError:
    return ApiError(
        404,
        "This is not a chat model and thus not supported in the v1/chat/completions endpoint. "
        "Did you mean to use v1/embeddings?",
        param="model",
    )


routes = [Route(PATH, create, methods=["POST"])]
