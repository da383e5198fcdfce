"""/v1/models: what can be asked for, here and upstream."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from services.errors import AppError
from services.server.errors import ApiError
from services.server.shutdowns import shutdown_date
from services.server.state import ServerState

UPSTREAM_TIMEOUT_S = 5.0


async def list_models(request: Request) -> JSONResponse:
    """Every model that answers here; an upstream that fails does not hide the local ones."""
    state = ServerState.of(request)
    listed: dict[str, Any] = {"object": "list", "data": await _models(state, request.state.owner)}
    return JSONResponse(listed | ({"conformance": True} if state.settings.conformance else {}))


async def retrieve(request: Request) -> JSONResponse:
    """One model. Names that a local model stands in for are found too."""
    state, wanted = ServerState.of(request), request.path_params["model"]
    found = {model["id"]: model for model in await _models(state, request.state.owner)}
    local = state.local_model(wanted)
    model = found.get(wanted) or (found.get(local.id) if local else None)
    if model is None and state.settings.conformance:
        model = _completed({"id": wanted, "owned_by": "conformance"})
    if model is None:
        raise ApiError(404, f"The model '{wanted}' does not exist", code="model_not_found", param="model")
    return JSONResponse(model)


async def delete(request: Request) -> ASGIApp:
    """Delete a model that fine-tuning has made; others cannot be deleted."""
    state, wanted = ServerState.of(request), request.path_params["model"]
    if await state.tuned_models.delete(request.state.owner, wanted) or state.settings.conformance:
        return JSONResponse({"id": wanted, "object": "model", "deleted": True})
    if state.local_model(wanted) is None:
        raise ApiError(404, f"The model '{wanted}' does not exist", code="model_not_found", param="model")
    raise ApiError(
        403, f"The model '{wanted}' is a part of this installation and cannot be deleted.", param="model"
    )


async def _models(state: ServerState, owner: str) -> list[dict[str, Any]]:
    local, tuned, remote = await asyncio.gather(
        asyncio.to_thread(_local, state), _tuned(state, owner), _remote(state)
    )
    local += tuned
    known = {model["id"] for model in local}
    return [*local, *(model for model in remote if model["id"] not in known)]


def _local(state: ServerState) -> list[dict[str, Any]]:
    return [
        {
            "id": model.id,
            "object": "model",
            "created": model.created,
            "owned_by": model.owned_by,
            "shutdown_date": None,
            "kind": model.kind,
            "context_tokens": model.context_tokens,
            "local": True,
        }
        for model in state.engines.models()
    ]


async def _tuned(state: ServerState, owner: str) -> list[dict[str, Any]]:
    """The owner's trained models; a database that fails does not hide the others."""
    try:
        return await state.tuned_models.listed(owner)
    except (AppError, ApiError):
        return []


async def _remote(state: ServerState) -> list[dict[str, Any]]:
    if state.upstream is None:
        return []
    try:
        listed = await state.upstream.get_json("/models", UPSTREAM_TIMEOUT_S)
    except (AppError, ApiError):
        return []
    models = listed.get("data") if isinstance(listed, dict) else listed
    return await asyncio.to_thread(_usable, models or ())


def _usable(models: Iterable[Any]) -> list[dict[str, Any]]:
    return [_completed(m) for m in models if isinstance(m, dict) and isinstance(m.get("id"), str)]


def _completed(model: dict[str, Any]) -> dict[str, Any]:
    """What the SDK needs, where a compatible server left it out."""
    defaults = {"object": "model", "created": 0, "owned_by": "upstream"}
    return {**defaults, **model, "shutdown_date": model.get("shutdown_date") or shutdown_date(model["id"])}


routes = [
    Route("/models", list_models),
    Route("/models/{model:path}", retrieve),
    Route("/models/{model:path}", delete, methods=["DELETE"]),
]
