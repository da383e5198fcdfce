"""/healthz: is this process able to serve?"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from services.server.store.database import ServerDatabase

if TYPE_CHECKING:
    from services.engines.registry import Engines


def health_route(engines: Engines, database: ServerDatabase) -> Route:
    """GET /healthz: 200 while the process can serve, 503 while the database cannot be used. It needs no key."""

    async def healthz(request: Request) -> JSONResponse:
        storage = await asyncio.to_thread(database.status)
        is_well = storage["status"] != "failed"
        body = {"status": "ok" if is_well else "failed", "database": storage, "engines": engines.health()}
        return JSONResponse(body, 200 if is_well else 503)

    return Route("/healthz", healthz)
