"""/v1/responses: answers that the server keeps."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from services.server.body import model_of, read_object
from services.server.lazily import lazily
from services.server.local_answers import WholeAnswer
from services.server.rules import responses as rules
from services.server.rules.paging import number, paging
from services.server.runs.caller import caller_of
from services.server.state import ServerState

if TYPE_CHECKING:
    from services.server.responses import answers
    from services.storage import response_tables as tables
else:
    answers = lazily("services.server.responses.answers")
    tables = lazily("services.storage.response_tables")

PATH = "/responses"


async def create(request: Request) -> ASGIApp:
    """Answer an input, whole, as events, or in the background."""
    state = ServerState.of(request)
    raw, body = await read_object(request, state.settings.max_body_bytes)
    state.charge(request, body)
    if relay := await state.forwarding.of_body(request, PATH, raw, body):
        return relay
    model_of(body)
    checked = await asyncio.to_thread(rules.creation, body)
    live = await state.responses.create(caller_of(request), checked)
    if checked.get("stream"):
        return answers.ResponseStream(live, state.responses.leave)
    if live.is_background:
        return JSONResponse(live.wire())
    return answers.WholeResponse(live, state.responses.leave)


async def count(request: Request) -> ASGIApp:
    """How many tokens an input takes."""
    state = ServerState.of(request)
    raw, body = await read_object(request, state.settings.max_body_bytes)
    if relay := await state.forwarding.of_body(request, PATH + "/input_tokens", raw, body):
        return relay
    checked = await asyncio.to_thread(rules.count, body)
    return JSONResponse(await state.responses.asides.count(request.state.owner, checked))


async def compact(request: Request) -> ASGIApp:
    """An input in short, as an item to be sent in its place."""
    state = ServerState.of(request)
    raw, body = await read_object(request, state.settings.max_body_bytes)
    state.charge(request, body)
    if relay := await state.forwarding.of_body(request, PATH + "/compact", raw, body):
        return relay
    model_of(body)
    checked = await asyncio.to_thread(rules.compaction, body)
    return WholeAnswer(state.responses.asides.compact(caller_of(request), checked))


async def retrieve(request: Request) -> ASGIApp:
    """One response; with `stream`, its events from `starting_after` on."""
    state, wanted = ServerState.of(request), request.path_params["response_id"]
    if relay := await state.forwarding.of_id(request, tables.ResponseRow, wanted):
        return relay
    query = request.query_params
    include, owner = rules.include(query), request.state.owner
    if query.get("stream") == "true":
        after = number(query, "starting_after")
        return answers.Followed(await state.responses.follow(owner, wanted, after, include))
    return JSONResponse(await state.responses.retrieve(owner, wanted, include))


async def delete(request: Request) -> ASGIApp:
    """Delete a response; one that is being written ends."""
    state, wanted = ServerState.of(request), request.path_params["response_id"]
    if relay := await state.forwarding.of_id(request, tables.ResponseRow, wanted):
        return relay
    return JSONResponse(await state.responses.delete(request.state.owner, wanted))


async def cancel(request: Request) -> ASGIApp:
    """Cancel a response in the background: its model stops at once."""
    state, wanted = ServerState.of(request), request.path_params["response_id"]
    if relay := await state.forwarding.of_id(request, tables.ResponseRow, wanted, b""):
        return relay
    return JSONResponse(await state.responses.cancel(request.state.owner, wanted))


async def citations(request: Request) -> ASGIApp:
    """List what the citations of a response rest on: the quoted words, and their pages or rows."""
    state, wanted = ServerState.of(request), request.path_params["response_id"]
    if relay := await state.forwarding.of_id(request, tables.ResponseRow, wanted):
        return relay
    return JSONResponse(await state.responses.citations(request.state.owner, wanted))


async def input_items(request: Request) -> ASGIApp:
    """List what went into a response, with what it follows."""
    state, wanted = ServerState.of(request), request.path_params["response_id"]
    if relay := await state.forwarding.of_id(request, tables.ResponseRow, wanted):
        return relay
    asked, include = paging(request.query_params), rules.include(request.query_params)
    return JSONResponse(await state.responses.input_items(request.state.owner, wanted, asked, include))


routes = [
    Route(PATH, create, methods=["POST"]),
    Route("/responses/input_tokens", count, methods=["POST"]),
    Route("/responses/compact", compact, methods=["POST"]),
    Route("/responses/{response_id}", retrieve, methods=["GET"]),
    Route("/responses/{response_id}", delete, methods=["DELETE"]),
    Route("/responses/{response_id}/cancel", cancel, methods=["POST"]),
    Route("/responses/{response_id}/input_items", input_items, methods=["GET"]),
    Route("/responses/{response_id}/citations", citations, methods=["GET"]),
]
