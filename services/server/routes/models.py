"""/v1/models: what can be asked for."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def list_models(request: Request) -> JSONResponse:
    """Every model that answers here."""
    return JSONResponse({"object": "list", "data": []})


routes = [Route("/models", list_models)]
