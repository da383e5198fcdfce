"""/healthz: is this process able to serve?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from services.errors import AppError

if TYPE_CHECKING:
    from services.engines.registry import Engines

DatabaseCheck = Callable[[], None]


def health_route(engines: Engines, check_database: DatabaseCheck | None = None) -> Route:
    """GET /healthz: 200 while the process can serve, 503 while the database cannot be used. It needs no key."""

    async def healthz(request: Request) -> JSONResponse:
        database = await asyncio.to_thread(_database, check_database)
        is_well = database.get("status") != "failed"
        body = {"status": "ok" if is_well else "failed", "database": database, "engines": engines.health()}
        return JSONResponse(body, 200 if is_well else 503)

    return Route("/healthz", healthz)


def _database(check: DatabaseCheck | None) -> dict[str, Any]:
    if check is None:
        return {"status": "not checked"}
    try:
        check()
    except AppError as error:
        return {"status": "failed", "error": error.user_message}
    return {"status": "ok"}
