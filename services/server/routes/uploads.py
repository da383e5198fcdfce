"""/v1/uploads: files that arrive in parts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.server.lazily import lazily
from services.server.rules import files as rules
from services.server.state import ServerState

if TYPE_CHECKING:
    from services.server.store import uploads
else:
    uploads = lazily("services.server.store.uploads")


async def create(request: Request) -> Response:
    """Begin an upload of up to 8 GB; it waits an hour for its parts."""
    state = ServerState.of(request)
    body = await asyncio.to_thread(rules.upload, await state.body(request))
    return await state.write(request, uploads.create, body)


async def add_part(request: Request) -> Response:
    """Add a part of up to 64 MB; parts may come at the same time and in any order."""
    state, wanted = ServerState.of(request), request.path_params["upload_id"]
    return JSONResponse(await state.files.add_part(request, wanted))


async def complete(request: Request) -> Response:
    """Join the parts, in the order given, into a file."""
    state, wanted = ServerState.of(request), request.path_params["upload_id"]
    body = await asyncio.to_thread(rules.completion, await state.body(request))
    return JSONResponse(await state.files.complete(request.state.owner, wanted, body))


async def cancel(request: Request) -> Response:
    """Give an upload up."""
    state, wanted = ServerState.of(request), request.path_params["upload_id"]
    answer = await state.write(request, uploads.cancel, wanted)
    await state.retrieval.erase()
    return answer


routes = [
    Route("/uploads", create, methods=["POST"]),
    Route("/uploads/{upload_id}/parts", add_part, methods=["POST"]),
    Route("/uploads/{upload_id}/complete", complete, methods=["POST"]),
    Route("/uploads/{upload_id}/cancel", cancel, methods=["POST"]),
]
