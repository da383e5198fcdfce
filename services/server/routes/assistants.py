"""/v1/assistants: who answers, and with what."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.server.lazily import lazily
from services.server.rules import assistants as rules
from services.server.rules.paging import paging
from services.server.runs.caller import caller_of
from services.server.state import ServerState

if TYPE_CHECKING:
    from services.server.store import assistants
else:
    assistants = lazily("services.server.store.assistants")


async def create(request: Request) -> Response:
    """Make an assistant."""
    state = ServerState.of(request)
    body = await asyncio.to_thread(rules.creation, await state.body(request))
    state.runs.check_model(body["model"], caller_of(request))
    return await state.write(request, assistants.create, body)


async def page(request: Request) -> Response:
    """List assistants."""
    return await ServerState.of(request).read(request, assistants.page, paging(request.query_params))


async def retrieve(request: Request) -> Response:
    """One assistant."""
    wanted = request.path_params["assistant_id"]
    return await ServerState.of(request).read(request, assistants.retrieve, wanted)


async def update(request: Request) -> Response:
    """Change an assistant."""
    state = ServerState.of(request)
    body = await asyncio.to_thread(rules.change, await state.body(request, may_be_empty=True))
    state.runs.check_model(body.get("model"), caller_of(request))
    return await state.write(request, assistants.update, request.path_params["assistant_id"], body)


async def delete(request: Request) -> Response:
    """Delete an assistant. Its threads and runs stay."""
    wanted = request.path_params["assistant_id"]
    return await ServerState.of(request).write(request, assistants.delete, wanted)


routes = [
    Route("/assistants", create, methods=["POST"]),
    Route("/assistants", page, methods=["GET"]),
    Route("/assistants/{assistant_id}", retrieve, methods=["GET"]),
    Route("/assistants/{assistant_id}", update, methods=["POST"]),
    Route("/assistants/{assistant_id}", delete, methods=["DELETE"]),
]
