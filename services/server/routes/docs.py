"""/v1/docs and /v1/openapi.json: the API described, and tried out, without a network."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from services.server.errors import ApiError

ASSETS = Path(__file__).parent.parent / "docs_assets"
_MEDIA_TYPES = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "start.js": "text/javascript",
}
_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"


async def page(request: Request) -> Response:
    """The interactive documentation. It needs no key; the calls made from it do."""
    html = (ASSETS / "index.html").read_text(encoding="utf-8").replace("{root}", request.scope["root_path"])
    return HTMLResponse(html, headers={"content-security-policy": _POLICY})


async def asset(request: Request) -> Response:
    """A script or style sheet of that page."""
    name = request.path_params["name"]
    if name not in _MEDIA_TYPES:
        raise ApiError(404, f"Invalid URL (GET /docs/{name})")
    return FileResponse(ASSETS / name, media_type=_MEDIA_TYPES[name])


async def openapi(request: Request) -> Response:
    """The OpenAPI description of every route."""
    return JSONResponse(await asyncio.to_thread(_description))


@cache
def _description() -> dict[str, object]:
    from services.server.openapi import description

    return description()


routes = [
    Route("/docs", page, methods=["GET"]),
    Route("/docs/{name}", asset, methods=["GET"]),
    Route("/openapi.json", openapi, methods=["GET"]),
]
