"""/v1/vector_stores/{vector_store_id}/passages: what a search finds, and where it lies. Not in OpenAI's API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.server.lazily import lazily
from services.server.rules.passages import wanted
from services.server.state import ServerState

if TYPE_CHECKING:
    from services.server.store import passage_list
else:
    passage_list = lazily("services.server.store.passage_list")


async def page(request: Request) -> Response:
    """List the passages of a vector store, with `include[]=vector` each with its vector; `every=n` takes each nth."""
    store_id = request.path_params["vector_store_id"]
    return await ServerState.of(request).read(
        request, passage_list.page, store_id, wanted(request.query_params)
    )


routes = [Route("/vector_stores/{vector_store_id}/passages", page, methods=["GET"])]
