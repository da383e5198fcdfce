"""/v1/threads/{thread_id}/runs/{run_id}/steps: what a run did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.server.lazily import lazily
from services.server.rules.paging import paging
from services.server.rules.runs import wants_content
from services.server.state import ServerState

if TYPE_CHECKING:
    from services.server.store import steps
else:
    steps = lazily("services.server.store.steps")


async def page(request: Request) -> Response:
    """List the steps of a run."""
    query = request.query_params
    return await ServerState.of(request).read(
        request, steps.page, *_run(request), paging(query), with_content=wants_content(query)
    )


async def retrieve(request: Request) -> Response:
    """One step."""
    wanted, query = request.path_params["step_id"], request.query_params
    return await ServerState.of(request).read(
        request, steps.retrieve, *_run(request), wanted, with_content=wants_content(query)
    )


def _run(request: Request) -> tuple[str, str]:
    return request.path_params["thread_id"], request.path_params["run_id"]


routes = [
    Route("/threads/{thread_id}/runs/{run_id}/steps", page, methods=["GET"]),
    Route("/threads/{thread_id}/runs/{run_id}/steps/{step_id}", retrieve, methods=["GET"]),
]
