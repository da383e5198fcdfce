"""What the routes of one API share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request

from services.settings import Settings

if TYPE_CHECKING:
    from services.engines.registry import Engines


@dataclass(frozen=True, slots=True)
class ServerState:
    """The settings and the services behind one API."""

    settings: Settings
    engines: Engines

    @staticmethod
    def of(request: Request) -> ServerState:
        """The state of the API that serves this request."""
        state: ServerState = request.app.state.server
        return state
