"""/v1/threads: conversations the server remembers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.server.lazily import lazily
from services.server.rules import threads as rules
from services.server.rules.paging import paging
from services.server.state import ServerState

if TYPE_CHECKING:
    from services.server.store import forks, thread_list, threads
else:
    forks = lazily("services.server.store.forks")
    thread_list = lazily("services.server.store.thread_list")
    threads = lazily("services.server.store.threads")


async def create(request: Request) -> Response:
    """Make a thread, with first messages if there are any."""
    state = ServerState.of(request)
    body = await asyncio.to_thread(rules.creation, await state.body(request, may_be_empty=True))
    answer = await state.write(request, threads.create, body)
    state.retrieval.wake()
    return answer


async def retrieve(request: Request) -> Response:
    """One thread."""
    wanted = request.path_params["thread_id"]
    return await ServerState.of(request).read(request, threads.retrieve, wanted)


async def update(request: Request) -> Response:
    """Change a thread's metadata and what its tools may use."""
    state = ServerState.of(request)
    body = await asyncio.to_thread(rules.change, await state.body(request, may_be_empty=True))
    answer = await state.write(request, threads.update, request.path_params["thread_id"], body)
    state.retrieval.wake()
    return answer


async def delete(request: Request) -> Response:
    """Delete a thread with its messages and runs; a run that is active is cancelled."""
    state, wanted = ServerState.of(request), request.path_params["thread_id"]
    await state.runs.leave_thread(request.state.owner, wanted)
    return await state.write(request, threads.delete, wanted)


async def page(request: Request) -> Response:
    """List threads, those last talked in first; with `query`, those that hold its words. Not in OpenAI's API."""
    asked = paging(request.query_params)
    words = rules.search_words(request.query_params)
    return await ServerState.of(request).read(request, thread_list.page, asked.limit, asked.after, words)


async def fork(request: Request) -> Response:
    """Make a thread that begins as a copy of this one, up to a message. Not in OpenAI's API."""
    state = ServerState.of(request)
    body = await asyncio.to_thread(rules.fork, await state.body(request))
    return await state.write(request, forks.create, request.path_params["thread_id"], body)


routes = [
    Route("/threads", page, methods=["GET"]),
    Route("/threads", create, methods=["POST"]),
    Route("/threads/{thread_id}", retrieve, methods=["GET"]),
    Route("/threads/{thread_id}", update, methods=["POST"]),
    Route("/threads/{thread_id}", delete, methods=["DELETE"]),
    Route("/threads/{thread_id}/forks", fork, methods=["POST"]),
]
