"""The API as one ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware

from services.server.auth import Access
from services.server.envelope import Envelope
from services.server.routes import models
from services.server.state import ServerState
from services.settings import Settings

if TYPE_CHECKING:
    from services.engines.registry import Engines


def create_api(settings: Settings, engines: Engines) -> Starlette:
    """The /v1 API over these engines, to be mounted or served alone."""
    api = Starlette(
        routes=[*models.routes],
        middleware=[Middleware(Envelope), Middleware(Access, settings=settings)],
    )
    api.router.redirect_slashes = False
    api.state.server = ServerState(settings, engines)
    return api
