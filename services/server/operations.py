"""Each route as OpenAI names it, with the SDK's types of what goes in and comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.server.routes import chat, docs, embeddings, models
from services.server.rules import chat as chat_rules
from services.server.rules import embeddings as embedding_rules


@dataclass(frozen=True, slots=True)
class Operation:
    """One route: its name in the SDK, a sentence, and functions that import its types."""

    name: str
    summary: str
    request: Callable[[], Any] | None = None
    response: Callable[[], Any] | None = None
    streams: Callable[[], Any] | None = None
    example: Any = None
    is_open: bool = False


def _completion() -> Any:
    from openai.types.chat import ChatCompletion

    return ChatCompletion


def _chunk() -> Any:
    from openai.types.chat import ChatCompletionChunk

    return ChatCompletionChunk


def _embeddings() -> Any:
    from openai.types import CreateEmbeddingResponse

    return CreateEmbeddingResponse


def _model() -> Any:
    from openai.types import Model

    return Model


def _models() -> Any:
    from openai.pagination import SyncPage
    from openai.types import Model

    return SyncPage[Model]


_HELLO = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}]}

OPERATIONS: dict[Callable[..., Any], Operation] = {
    models.list_models: Operation("models.list", "Every model that answers here.", response=_models),
    models.retrieve: Operation("models.retrieve", "One model.", response=_model),
    chat.create: Operation(
        "chat.completions.create",
        "Answer a conversation, whole or as a stream.",
        chat_rules.request_type,
        _completion,
        _chunk,
        _HELLO,
    ),
    embeddings.create: Operation(
        "embeddings.create",
        "Turn texts into vectors.",
        embedding_rules.request_type,
        _embeddings,
        example={"model": "text-embedding-3-small", "input": "Hello"},
    ),
    docs.page: Operation("docs.page", "This documentation.", is_open=True),
    docs.asset: Operation("docs.asset", "Scripts and styles of this documentation.", is_open=True),
    docs.openapi: Operation("docs.openapi", "This description as OpenAPI.", is_open=True),
}
