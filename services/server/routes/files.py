"""/v1/files: what people upload, and what tools make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.server.lazily import lazily
from services.server.rules.paging import paging
from services.server.state import ServerState

if TYPE_CHECKING:
    from services.server.store import files
else:
    files = lazily("services.server.store.files")

LONGEST_PAGE = 10_000


async def create(request: Request) -> Response:
    """Upload a file of up to 512 MB."""
    return JSONResponse(await ServerState.of(request).files.create(request))


async def page(request: Request) -> Response:
    """List files."""
    query = request.query_params
    asked = paging(query, longest=LONGEST_PAGE, default=LONGEST_PAGE)
    return await ServerState.of(request).read(request, files.page, asked, query.get("purpose") or None)


async def retrieve(request: Request) -> Response:
    """What is known of a file."""
    return await ServerState.of(request).read(request, files.retrieve, request.path_params["file_id"])


async def delete(request: Request) -> Response:
    """Delete a file: its bytes, its text, and its places in vector stores."""
    state = ServerState.of(request)
    answer = await state.write(request, files.delete, request.path_params["file_id"])
    await state.retrieval.erase()
    return answer


async def content(request: Request) -> Response:
    """The bytes of a file."""
    return await ServerState.of(request).files.content(request.state.owner, request.path_params["file_id"])


routes = [
    Route("/files", create, methods=["POST"]),
    Route("/files", page, methods=["GET"]),
    Route("/files/{file_id}", retrieve, methods=["GET"]),
    Route("/files/{file_id}", delete, methods=["DELETE"]),
    Route("/files/{file_id}/content", content, methods=["GET"]),
]
