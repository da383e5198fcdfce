"""/healthz: is this process able to serve?"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse


async def healthz(request: Request) -> JSONResponse:
    """200 while the process can serve."""
    return JSONResponse({"status": "ok"})
