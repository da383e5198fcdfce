"""What the routes of one API share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from services.server.errors import model_not_found
from services.server.limiter import Limiter, estimated_tokens
from services.server.relay import Relay
from services.server.upstream import Upstream
from services.settings import Settings

if TYPE_CHECKING:
    from services.engines.manifest import ModelEntry
    from services.engines.registry import Engines


@dataclass(frozen=True, slots=True)
class ServerState:
    """The settings and the services behind one API."""

    settings: Settings
    engines: Engines
    upstream: Upstream | None
    limiter: Limiter

    @staticmethod
    def of(request: Request) -> ServerState:
        """The state of the API that serves this request."""
        state: ServerState = request.app.state.server
        return state

    def local_model(self, name: str) -> ModelEntry | None:
        """The local model that answers for `name`; None sends the request on."""
        return self.engines.resolve(name, has_upstream=self.upstream is not None)

    def charge(self, request: Request, body: dict[str, Any]) -> None:
        """Count what this request may cost in tokens against its owner; 429 when that is too much."""
        self.limiter.take(request.state.owner, tokens=estimated_tokens(body))

    def relay(self, request: Request, model: str, path: str, body: bytes, *, stream: bool = False) -> Relay:
        """The upstream's answer to this request; 404 where there is no upstream."""
        if self.upstream is None:
            raise model_not_found(model)
        headers = self.upstream.headers_for(request.headers, stream=stream)
        return Relay(self.upstream, path, headers, body)
