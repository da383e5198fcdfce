"""Remembers the address requests come in on."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from services import address


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
