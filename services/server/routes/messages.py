"""/v1/threads/{thread_id}/messages: what was said in a thread."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.server.lazily import lazily
from services.server.rules import threads as rules
from services.server.rules.paging import paging
from services.server.state import ServerState

if TYPE_CHECKING:
    from services.server.store import messages
else:
    messages = lazily("services.server.store.messages")


async def create(request: Request) -> Response:
    """Add a message to a thread that no run is working on."""
    state = ServerState.of(request)
    body = await asyncio.to_thread(rules.message, await state.body(request))
    answer = await state.write(request, messages.create, request.path_params["thread_id"], body)
    state.retrieval.wake()
    return answer


async def page(request: Request) -> Response:
    """List the messages of a thread, or those one run wrote."""
    thread_id, query = request.path_params["thread_id"], request.query_params
    return await ServerState.of(request).read(
        request, messages.page, thread_id, paging(query), query.get("run_id") or None
    )


async def retrieve(request: Request) -> Response:
    """One message."""
    return await ServerState.of(request).read(request, messages.retrieve, *_place(request))


async def update(request: Request) -> Response:
    """Replace a message's metadata."""
    state = ServerState.of(request)
    body = await state.body(request, may_be_empty=True)
    metadata = await asyncio.to_thread(rules.message_change, body)
    return await state.write(request, messages.update, *_place(request), metadata)


async def delete(request: Request) -> Response:
    """Delete a message."""
    return await ServerState.of(request).write(request, messages.delete, *_place(request))


def _place(request: Request) -> tuple[str, str]:
    return request.path_params["thread_id"], request.path_params["message_id"]


routes = [
    Route("/threads/{thread_id}/messages", create, methods=["POST"]),
    Route("/threads/{thread_id}/messages", page, methods=["GET"]),
    Route("/threads/{thread_id}/messages/{message_id}", retrieve, methods=["GET"]),
    Route("/threads/{thread_id}/messages/{message_id}", update, methods=["POST"]),
    Route("/threads/{thread_id}/messages/{message_id}", delete, methods=["DELETE"]),
]
