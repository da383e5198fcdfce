"""/v1/embeddings: the local embedding model, or on to the upstream."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp

from services.server.body import model_of, read_object
from services.server.errors import ApiError
from services.server.local_answers import WholeAnswer
from services.server.rules import embeddings as rules
from services.server.state import ServerState

if TYPE_CHECKING:
    from services.engines.embeddings import EmbeddingEngine

PATH = "/embeddings"


async def create(request: Request) -> ASGIApp:
    """One vector for each input, as floats or as base64 of little-endian float32."""
    state = ServerState.of(request)
    raw, body = await read_object(request, state.settings.max_body_bytes)
    model = model_of(body)
    state.charge(request, body)
    local = state.local_model(model)
    if local is None:
        return state.relay(request, model, PATH, raw)
    if local.kind != "embeddings":
        raise ApiError(404, f"The model `{model}` does not make embeddings.", param="model")
    texts = await asyncio.to_thread(rules.texts, body)
    return WholeAnswer(asyncio.to_thread(_embed, state.engines.embeddings, texts, body))


def _embed(engine: EmbeddingEngine, texts: list[str], body: dict[str, Any]) -> dict[str, Any]:
    vectors = engine.embed(texts, body.get("dimensions"))
    tokens = sum(engine.count_tokens(texts))
    encoding_format = body.get("encoding_format")
    return {
        "object": "list",
        "data": [
            {"object": "embedding", "index": index, "embedding": _encoded(vector, encoding_format)}
            for index, vector in enumerate(vectors)
        ],
        "model": engine.model_id,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _encoded(vector: Any, encoding_format: str | None) -> Any:
    if encoding_format == "base64":
        return base64.b64encode(vector.astype("<f4").tobytes()).decode()
    return vector.tolist()


routes = [Route(PATH, create, methods=["POST"])]
