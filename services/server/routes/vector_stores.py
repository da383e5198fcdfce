"""/v1/vector_stores: files that are searched together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.server.lazily import lazily
from services.server.rules import vector_stores as rules
from services.server.rules.paging import paging
from services.server.state import ServerState

if TYPE_CHECKING:
    from services.server.store import vector_stores
else:
    vector_stores = lazily("services.server.store.vector_stores")


async def create(request: Request) -> Response:
    """Make a vector store; its files are read in the background."""
    state = ServerState.of(request)
    body = await asyncio.to_thread(rules.creation, await state.body(request, may_be_empty=True))
    answer = await state.write(request, vector_stores.create, body)
    state.retrieval.wake()
    return answer


async def page(request: Request) -> Response:
    """List vector stores."""
    return await ServerState.of(request).read(request, vector_stores.page, paging(request.query_params))


async def retrieve(request: Request) -> Response:
    """One vector store."""
    wanted = request.path_params["vector_store_id"]
    return await ServerState.of(request).read(request, vector_stores.retrieve, wanted)


async def update(request: Request) -> Response:
    """Change a vector store's name, expiry or metadata."""
    state = ServerState.of(request)
    body = await asyncio.to_thread(rules.change, await state.body(request, may_be_empty=True))
    return await state.write(request, vector_stores.update, request.path_params["vector_store_id"], body)


async def delete(request: Request) -> Response:
    """Delete a vector store. Its files stay."""
    state, wanted = ServerState.of(request), request.path_params["vector_store_id"]
    answer = await state.write(request, vector_stores.delete, wanted)
    await state.retrieval.erase()
    return answer


async def search(request: Request) -> Response:
    """Find passages in a vector store."""
    state = ServerState.of(request)
    body = await asyncio.to_thread(rules.search, await state.body(request))
    wanted = request.path_params["vector_store_id"]
    return JSONResponse(await state.retrieval.search_page(request.state.owner, wanted, body))


routes = [
    Route("/vector_stores", create, methods=["POST"]),
    Route("/vector_stores", page, methods=["GET"]),
    Route("/vector_stores/{vector_store_id}", retrieve, methods=["GET"]),
    Route("/vector_stores/{vector_store_id}", update, methods=["POST"]),
    Route("/vector_stores/{vector_store_id}", delete, methods=["DELETE"]),
    Route("/vector_stores/{vector_store_id}/search", search, methods=["POST"]),
]
