"""The API as one ASGI application."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request

from services.errors import StorageFailed
from services.server.auth import Access
from services.server.envelope import Envelope
from services.server.inside import Inside
from services.server.limiter import Limited, Limiter
from services.server.routes import ROUTES
from services.server.state import ServerState
from services.server.upstream import Upstream
from services.settings import Settings

if TYPE_CHECKING:
    from services.engines.registry import Engines

log = logging.getLogger("tandem.server")


def create_api(settings: Settings, engines: Engines) -> Starlette:
    """The /v1 API over these engines, to be mounted or served alone; its lifespan runs the engines."""
    limiter = Limiter(settings)
    state = ServerState(settings, engines, Upstream.configured(settings), limiter)
    api = Starlette(
        routes=list(ROUTES),
        middleware=[
            Middleware(Envelope),
            Middleware(Access, settings=settings),
            Middleware(Limited, limiter=limiter),
            *_for_conformance(settings),
        ],
        exception_handlers={HTTPException: _leave_to_envelope},
        lifespan=_running,
    )
    api.router.redirect_slashes = False
    api.state.server = state
    state.inside = Inside(api)
    return api


def _for_conformance(settings: Settings) -> list[Middleware]:
    if not settings.conformance:
        return []
    from services.server.conformance import Lenient

    return [Middleware(Lenient)]


@asynccontextmanager
async def _running(api: Starlette) -> AsyncIterator[None]:
    """Start the engines in the background, and end what was opened."""
    # The vector index imports this library, and OpenAI's looks whether it is there: imported later, while somebody
    # calls, it would be found half done. https://github.com/python/cpython/issues/91351 tells of such imports.
    await asyncio.to_thread(import_module, "httpx")
    state: ServerState = api.state.server
    await _have_a_key(state.settings)
    if state.settings.conformance:
        await asyncio.to_thread(getattr, state, "stateful")  # refuses to start over real data
    await state.engines.start()
    looking_after = asyncio.create_task(_look_after(state))
    try:
        yield
    finally:
        await _end(looking_after, state)
        await asyncio.to_thread(state.let_go)
        await state.engines.stop()
        if state.upstream is not None:
            await state.upstream.close()


async def _look_after(state: ServerState) -> None:
    """Bring the services up that remember, while the first page is served already, and have them work."""
    await asyncio.to_thread(import_module, "services.server.stateful")
    state.stateful.start()


async def _end(looking_after: asyncio.Task[None], state: ServerState) -> None:
    await asyncio.gather(looking_after, return_exceptions=True)
    if not looking_after.cancelled() and looking_after.exception() is None:
        await state.stateful.stop()
    await asyncio.to_thread(state.database.close)


async def _have_a_key(settings: Settings) -> None:
    """Generate the key now, so that people find it before their first call; a failure is told at that call."""
    try:
        await asyncio.to_thread(settings.owners_by_key)
    except StorageFailed as error:
        log.warning("%s", error.user_message)


async def _leave_to_envelope(request: Request, error: Exception) -> NoReturn:
    raise error
