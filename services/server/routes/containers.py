"""/v1/containers: where programs of responses run, and the files they write."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from services.server.lazily import lazily
from services.server.relay import Relay
from services.server.rules import containers as rules
from services.server.state import ServerState

if TYPE_CHECKING:
    from services.server.store import containers as store
    from services.storage import response_tables as tables
else:
    store = lazily("services.server.store.containers")
    tables = lazily("services.storage.response_tables")

ONE = "/containers/{container_id}"
FILE = ONE + "/files/{file_id}"


async def create(request: Request) -> ASGIApp:
    """Make a container, with files if there are any."""
    state = ServerState.of(request)
    body = await asyncio.to_thread(rules.creation, await state.body(request))
    return await state.write(request, store.create, body["name"], body.get("file_ids") or [])


async def retrieve(request: Request) -> ASGIApp:
    """One container."""
    if relay := await _elsewhere(request):
        return relay
    return await ServerState.of(request).read(request, store.retrieve, request.path_params["container_id"])


async def delete(request: Request) -> ASGIApp:
    """Delete a container: its variables, and its folder."""
    if relay := await _elsewhere(request):
        return relay
    state, wanted = ServerState.of(request), request.path_params["container_id"]
    answer = await state.write(request, store.delete, wanted)
    await state.responses.forget_container(request.state.owner, wanted)
    return answer


async def page_of_files(request: Request) -> ASGIApp:
    """List the files of a container: those given to it, those written, and figures."""
    if relay := await _elsewhere(request):
        return relay
    state, wanted = ServerState.of(request), request.path_params["container_id"]
    files = await state.database.read(store.files, request.state.owner, wanted)
    ends = {"first_id": files[0]["id"] if files else None, "last_id": files[-1]["id"] if files else None}
    return JSONResponse({"object": "list", "data": files, "has_more": False, **ends})


async def retrieve_file(request: Request) -> ASGIApp:
    """What is known of a file in a container."""
    if relay := await _elsewhere(request):
        return relay
    return await ServerState.of(request).read(request, store.file, *request.path_params.values())


async def content(request: Request) -> ASGIApp:
    """The bytes of a file in a container."""
    if relay := await _elsewhere(request):
        return relay
    state, owner = ServerState.of(request), request.state.owner
    file = await state.database.read(store.file, owner, *request.path_params.values())
    return await state.files.content(owner, file["id"])


async def _elsewhere(request: Request) -> Relay | None:
    forwarding = ServerState.of(request).forwarding
    return await forwarding.of_id(request, tables.ContainerRow, request.path_params["container_id"])


routes = [
    Route("/containers", create, methods=["POST"]),
    Route(ONE, retrieve, methods=["GET"]),
    Route(ONE, delete, methods=["DELETE"]),
    Route(ONE + "/files", page_of_files, methods=["GET"]),
    Route(FILE, retrieve_file, methods=["GET"]),
    Route(FILE + "/content", content, methods=["GET"]),
]
