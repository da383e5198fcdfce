"""/v1/batches: requests in a file, answered within a day and behind everybody who waits."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.server.lazily import lazily
from services.server.rules import batches as rules
from services.server.rules.paging import paging
from services.server.runs.caller import caller_of
from services.server.state import ServerState

if TYPE_CHECKING:
    from services.server.batches import records
else:
    records = lazily("services.server.batches.records")

ONE = "/batches/{batch_id}"


async def create(request: Request) -> Response:
    """Have the requests of an uploaded file answered."""
    state = ServerState.of(request)
    body = await asyncio.to_thread(rules.creation, await state.body(request))
    brought_key = caller_of(request).key is not None
    answer = await state.write(request, records.create, body, brought_key=brought_key)
    state.batches.wake()
    return answer


async def page(request: Request) -> Response:
    """List batches."""
    return await ServerState.of(request).read(request, records.page, paging(request.query_params))


async def retrieve(request: Request) -> Response:
    """One batch."""
    return await ServerState.of(request).read(request, records.retrieve, request.path_params["batch_id"])


async def cancel(request: Request) -> Response:
    """Stop a batch; what was answered is kept."""
    state = ServerState.of(request)
    answer = await state.write(request, records.cancel, request.path_params["batch_id"])
    state.batches.wake()
    return answer


routes = [
    Route("/batches", create, methods=["POST"]),
    Route("/batches", page, methods=["GET"]),
    Route(ONE, retrieve, methods=["GET"]),
    Route(ONE + "/cancel", cancel, methods=["POST"]),
]
