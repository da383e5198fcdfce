"""/v1/threads/{thread_id}/runs: an assistant answers a thread."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from services.server.lazily import lazily
from services.server.rules import runs as rules
from services.server.rules.paging import paging
from services.server.runs.answers import RunStream
from services.server.runs.caller import Caller, caller_of
from services.server.state import ServerState

if TYPE_CHECKING:
    from services.server.runs.service import Started
    from services.server.store import prompts as sent
    from services.server.store import runs
else:
    runs = lazily("services.server.store.runs")
    sent = lazily("services.server.store.prompts")

POLL_AFTER_MS = {"openai-poll-after-ms": "100"}
"""How long the SDK's polling helpers wait before they ask again."""


async def create(request: Request) -> ASGIApp:
    """Run a thread; with `stream`, as events."""
    state = ServerState.of(request)
    given = await state.body(request)
    state.charge(request, given)
    body = await asyncio.to_thread(rules.creation, given)
    started = await state.runs.create(_caller(request), request.path_params["thread_id"], body)
    state.retrieval.wake()
    return _answer(started, body)


async def create_with_thread(request: Request) -> ASGIApp:
    """Make a thread and run it; with `stream`, as events."""
    state = ServerState.of(request)
    given = await state.body(request)
    state.charge(request, given)
    body = await asyncio.to_thread(rules.thread_and_run, given)
    started = await state.runs.create_with_thread(_caller(request), body)
    state.retrieval.wake()
    return _answer(started, body)


async def page(request: Request) -> ASGIApp:
    """List the runs of a thread."""
    thread_id = request.path_params["thread_id"]
    return await ServerState.of(request).read(request, runs.page, thread_id, paging(request.query_params))


async def retrieve(request: Request) -> ASGIApp:
    """One run."""
    run = await ServerState.of(request).runs.retrieve(request.state.owner, *_place(request))
    return JSONResponse(run, headers=POLL_AFTER_MS)


async def update(request: Request) -> ASGIApp:
    """Replace a run's metadata."""
    state = ServerState.of(request)
    body = await state.body(request, may_be_empty=True)
    metadata = await asyncio.to_thread(rules.change, body)
    return await state.write(request, runs.update, *_place(request), metadata)


async def cancel(request: Request) -> ASGIApp:
    """Cancel a run: its model stops at once."""
    return JSONResponse(await ServerState.of(request).runs.cancel(request.state.owner, *_place(request)))


async def submit_tool_outputs(request: Request) -> ASGIApp:
    """Answer every function call a run waits for; with `stream`, what follows as events."""
    state = ServerState.of(request)
    body = await asyncio.to_thread(rules.outputs, await state.body(request))
    started = await state.runs.submit(_caller(request), *_place(request), body)
    return _answer(started, body)


async def events(request: Request) -> ASGIApp:
    """The events of a run, from the one after `Last-Event-ID` on. Not in OpenAI's API."""
    after = request.headers.get("last-event-id") or request.query_params.get("after")
    state = ServerState.of(request)
    return RunStream(await state.runs.rejoin(request.state.owner, *_place(request), after))


async def prompts(request: Request) -> ASGIApp:
    """What the model of a run was sent, round by round. Not in OpenAI's API."""
    return await ServerState.of(request).read(request, sent.page, *_place(request))


def _answer(started: Started, body: dict[str, object]) -> ASGIApp:
    if body.get("stream"):
        return RunStream(started.follow())
    return JSONResponse(started.run, headers=POLL_AFTER_MS)


def _caller(request: Request) -> Caller:
    return caller_of(request, with_content=rules.wants_content(request.query_params))


def _place(request: Request) -> tuple[str, str]:
    return request.path_params["thread_id"], request.path_params["run_id"]


routes = [
    Route("/threads/runs", create_with_thread, methods=["POST"]),
    Route("/threads/{thread_id}/runs", create, methods=["POST"]),
    Route("/threads/{thread_id}/runs", page, methods=["GET"]),
    Route("/threads/{thread_id}/runs/{run_id}", retrieve, methods=["GET"]),
    Route("/threads/{thread_id}/runs/{run_id}", update, methods=["POST"]),
    Route("/threads/{thread_id}/runs/{run_id}/cancel", cancel, methods=["POST"]),
    Route("/threads/{thread_id}/runs/{run_id}/submit_tool_outputs", submit_tool_outputs, methods=["POST"]),
    Route("/threads/{thread_id}/runs/{run_id}/events", events, methods=["GET"]),
    Route("/threads/{thread_id}/runs/{run_id}/prompts", prompts, methods=["GET"]),
]
