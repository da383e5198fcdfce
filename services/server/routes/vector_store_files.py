"""/v1/vector_stores/{vector_store_id}/files: the files of a store, and their text."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.server.lazily import lazily
from services.server.rules import vector_stores as rules
from services.server.rules.paging import choice, paging
from services.server.state import ServerState

if TYPE_CHECKING:
    from services.server.store import store_files
else:
    store_files = lazily("services.server.store.store_files")

STATES = ("in_progress", "completed", "failed", "cancelled")
POLL_AFTER_MS = {"openai-poll-after-ms": "100"}


async def create(request: Request) -> Response:
    """Add a file to a store; it is read in the background."""
    state = ServerState.of(request)
    body = await asyncio.to_thread(rules.file, await state.body(request))
    answer = await state.write(request, store_files.create, request.path_params["vector_store_id"], body)
    state.retrieval.wake()
    return answer


async def page(request: Request) -> Response:
    """List the files of a store."""
    store_id, query = request.path_params["vector_store_id"], request.query_params
    return await ServerState.of(request).read(
        request, store_files.page, store_id, paging(query), status=choice(query, "filter", STATES)
    )


async def retrieve(request: Request) -> Response:
    """One file of a store."""
    answer = await ServerState.of(request).read(request, store_files.retrieve, *_place(request))
    answer.headers.update(POLL_AFTER_MS)
    return answer


async def update(request: Request) -> Response:
    """Replace a file's attributes."""
    state = ServerState.of(request)
    attributes = await asyncio.to_thread(rules.file_change, await state.body(request))
    return await state.write(request, store_files.update, *_place(request), attributes)


async def delete(request: Request) -> Response:
    """Take a file out of a store. The file itself stays."""
    state = ServerState.of(request)
    answer = await state.write(request, store_files.delete, *_place(request))
    await state.retrieval.erase()
    return answer


async def content(request: Request) -> Response:
    """The text that was read from a file."""
    state = ServerState.of(request)
    return JSONResponse(await state.retrieval.content_page(request.state.owner, *_place(request)))


def _place(request: Request) -> tuple[str, str]:
    return request.path_params["vector_store_id"], request.path_params["file_id"]


routes = [
    Route("/vector_stores/{vector_store_id}/files", create, methods=["POST"]),
    Route("/vector_stores/{vector_store_id}/files", page, methods=["GET"]),
    Route("/vector_stores/{vector_store_id}/files/{file_id}", retrieve, methods=["GET"]),
    Route("/vector_stores/{vector_store_id}/files/{file_id}", update, methods=["POST"]),
    Route("/vector_stores/{vector_store_id}/files/{file_id}", delete, methods=["DELETE"]),
    Route("/vector_stores/{vector_store_id}/files/{file_id}/content", content, methods=["GET"]),
]
