"""The API as one ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NoReturn

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request

from services.server.auth import Access
from services.server.envelope import Envelope
from services.server.limiter import Limited, Limiter
from services.server.routes import chat, docs, embeddings, models
from services.server.state import ServerState
from services.server.upstream import Upstream
from services.settings import Settings

if TYPE_CHECKING:
    from services.engines.registry import Engines

ROUTES = (*models.routes, *chat.routes, *embeddings.routes, *docs.routes)


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
        ],
        exception_handlers={HTTPException: _leave_to_envelope},
        lifespan=_running,
    )
    api.router.redirect_slashes = False
    api.state.server = state
    return api


@asynccontextmanager
async def _running(api: Starlette) -> AsyncIterator[None]:
    """Start the engines in the background, and end what was opened."""
    state: ServerState = api.state.server
    await state.engines.start()
    try:
        yield
    finally:
        await state.engines.stop()
        if state.upstream is not None:
            await state.upstream.close()


async def _leave_to_envelope(request: Request, error: Exception) -> NoReturn:
    raise error
