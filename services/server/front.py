"""What stands in front of Streamlit: /v1, and the memory of where requests come in."""

from __future__ import annotations

from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from services import address
from services.server.shutdown import OpenAnswers


class ApiFirst:
    """Middleware that serves /v1 before any of Streamlit's own layers.

    Their session, compression and path checks cost a streamed answer 1 to 2 ms before its first token and about
    10 ms with 32 streams, and give /v1 nothing: it has its own checks, and serves no files by path.
    """

    def __init__(self, app: ASGIApp, api: ASGIApp, answers: OpenAnswers) -> None:
        self.app = app
        self._answers = answers
        self._mount = Mount("/v1", app=api)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match, child_scope = self._mount.matches(scope)
        if scope["type"] == "http" and match is Match.FULL:
            await self._answers.serve(self._mount.handle, {**scope, **child_scope}, receive, send)
        else:
            await self.app(scope, receive, send)


class RememberAddress:
    """Middleware that tells `services.address` where this process listens, once."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._known = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        server = scope.get("server") if scope["type"] in ("http", "websocket") else None
        if not self._known and server and server[1]:
            address.remember(server[0], server[1])
            self._known = True
        await self.app(scope, receive, send)
