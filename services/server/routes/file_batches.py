"""/v1/vector_stores/{vector_store_id}/file_batches: files added to a store together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.server.lazily import lazily
from services.server.routes.vector_store_files import POLL_AFTER_MS, STATES
from services.server.rules import vector_stores as rules
from services.server.rules.paging import choice, paging
from services.server.state import ServerState

if TYPE_CHECKING:
    from services.server.store import batches
else:
    batches = lazily("services.server.store.batches")


async def create(request: Request) -> Response:
    """Add files to a store; they are read in the background."""
    state = ServerState.of(request)
    body = await asyncio.to_thread(rules.batch, await state.body(request))
    answer = await state.write(request, batches.create, request.path_params["vector_store_id"], body)
    state.retrieval.wake()
    return answer


async def retrieve(request: Request) -> Response:
    """One batch."""
    answer = await ServerState.of(request).read(request, batches.retrieve, *_place(request))
    answer.headers.update(POLL_AFTER_MS)
    return answer


async def cancel(request: Request) -> Response:
    """Leave the files of a batch that are not done."""
    return await ServerState.of(request).write(request, batches.cancel, *_place(request))


async def page(request: Request) -> Response:
    """List the files of a batch."""
    query = request.query_params
    return await ServerState.of(request).read(
        request, batches.page, *_place(request), paging(query), status=choice(query, "filter", STATES)
    )


def _place(request: Request) -> tuple[str, str]:
    return request.path_params["vector_store_id"], request.path_params["batch_id"]


routes = [
    Route("/vector_stores/{vector_store_id}/file_batches", create, methods=["POST"]),
    Route("/vector_stores/{vector_store_id}/file_batches/{batch_id}", retrieve, methods=["GET"]),
    Route("/vector_stores/{vector_store_id}/file_batches/{batch_id}/cancel", cancel, methods=["POST"]),
    Route("/vector_stores/{vector_store_id}/file_batches/{batch_id}/files", page, methods=["GET"]),
]
