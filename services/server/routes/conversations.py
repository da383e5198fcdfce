"""/v1/conversations: items that responses add to and are asked with."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from services.server.body import read_object
from services.server.lazily import lazily
from services.server.relay import Relay
from services.server.rules import conversations as rules
from services.server.rules.paging import paging
from services.server.rules.responses import include
from services.server.state import ServerState

if TYPE_CHECKING:
    from services.server.responses import items as item_shapes
    from services.server.store import conversation_state as store
    from services.storage import response_tables as tables
else:
    item_shapes = lazily("services.server.responses.items")
    store = lazily("services.server.store.conversation_state")
    tables = lazily("services.storage.response_tables")

ONE = "/conversations/{conversation_id}"
ITEMS = ONE + "/items"


async def create(request: Request) -> ASGIApp:
    """Make a conversation, with first items if there are any."""
    state = ServerState.of(request)
    body = await asyncio.to_thread(rules.creation, await state.body(request, may_be_empty=True))
    items = item_shapes.as_items(body["items"])
    return await state.write(request, store.create, body.get("metadata") or {}, items)


async def retrieve(request: Request) -> ASGIApp:
    """One conversation."""
    if relay := await _elsewhere(request):
        return relay
    return await ServerState.of(request).read(request, store.retrieve, _id(request))


async def update(request: Request) -> ASGIApp:
    """Replace a conversation's metadata."""
    state = ServerState.of(request)
    raw, body = await read_object(request, state.settings.max_body_bytes)
    if relay := await _elsewhere(request, raw):
        return relay
    metadata = await asyncio.to_thread(rules.change, body)
    return await state.write(request, store.update, _id(request), metadata)


async def delete(request: Request) -> ASGIApp:
    """Delete a conversation with its items; responses keep theirs."""
    if relay := await _elsewhere(request):
        return relay
    return await ServerState.of(request).write(request, store.delete, _id(request))


async def add_items(request: Request) -> ASGIApp:
    """Add up to 20 items at the end of a conversation."""
    state = ServerState.of(request)
    raw, body = await read_object(request, state.settings.max_body_bytes)
    if relay := await _elsewhere(request, raw):
        return relay
    items = item_shapes.as_items(await asyncio.to_thread(rules.items, body))
    added = await state.database.write(store.add, request.state.owner, _id(request), items)
    return JSONResponse(await _shown(request, *added))


async def page_of_items(request: Request) -> ASGIApp:
    """List the items of a conversation."""
    if relay := await _elsewhere(request):
        return relay
    state, asked = ServerState.of(request), paging(request.query_params)
    page = await state.database.read(store.items, request.state.owner, _id(request), asked)
    return JSONResponse(await _shown(request, *page))


async def retrieve_item(request: Request) -> ASGIApp:
    """One item of a conversation."""
    if relay := await _elsewhere(request):
        return relay
    state, owner = ServerState.of(request), request.state.owner
    item = await state.database.read(store.item, owner, _id(request), request.path_params["item_id"])
    return JSONResponse((await state.responses.shown(owner, [item], include(request.query_params)))[0])


async def delete_item(request: Request) -> ASGIApp:
    """Delete an item of a conversation."""
    if relay := await _elsewhere(request):
        return relay
    item_id = request.path_params["item_id"]
    return await ServerState.of(request).write(request, store.delete_item, _id(request), item_id)


async def _elsewhere(request: Request, raw: bytes | None = None) -> Relay | None:
    forwarding = ServerState.of(request).forwarding
    return await forwarding.of_id(request, tables.ConversationStateRow, _id(request), raw)


async def _shown(request: Request, page: dict[str, Any], items: list[Any]) -> dict[str, Any]:
    state, asked = ServerState.of(request), include(request.query_params)
    return {**page, "data": await state.responses.shown(request.state.owner, items, asked)}


def _id(request: Request) -> str:
    return str(request.path_params["conversation_id"])


routes = [
    Route("/conversations", create, methods=["POST"]),
    Route(ONE, retrieve, methods=["GET"]),
    Route(ONE, update, methods=["POST"]),
    Route(ONE, delete, methods=["DELETE"]),
    Route(ITEMS, add_items, methods=["POST"]),
    Route(ITEMS, page_of_items, methods=["GET"]),
    Route(ITEMS + "/{item_id}", retrieve_item, methods=["GET"]),
    Route(ITEMS + "/{item_id}", delete_item, methods=["DELETE"]),
]
