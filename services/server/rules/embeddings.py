"""What a request for embeddings may say, and the texts in it."""

from __future__ import annotations

from typing import Any

from services import tokens
from services.server.errors import ApiError
from services.server.rules import limits, schema

MOST_INPUTS = 2048
MOST_TOKENS = 300_000
DIMENSIONS = 384
_TOKEN_MODEL = "text-embedding-3-small"  # noqa: S105 (the model whose encoding clients use for token arrays)


def texts(body: dict[str, Any]) -> list[str]:
    """The inputs as texts; ApiError 400 for what is wrong or too much."""
    body = schema.without_nulls(body)
    schema.check(request_type, body)
    limits.number(body, "dimensions", 1, DIMENSIONS)
    inputs = _inputs(body["input"])
    if not inputs or "" in inputs or [] in inputs:
        raise ApiError(
            400, "Invalid 'input': input cannot be an empty string.", code="empty_string", param="input"
        )
    limits.items(inputs, "input", MOST_INPUTS)
    as_texts = [_as_text(entry) for entry in inputs]
    _check_total(as_texts)
    return as_texts


def request_type() -> Any:
    """The SDK's type of a request."""
    from openai.types.embedding_create_params import EmbeddingCreateParams

    return EmbeddingCreateParams


def _inputs(given: Any) -> list[Any]:
    is_one = isinstance(given, str) or (given and isinstance(given[0], int))
    return [given] if is_one else list(given)


def _as_text(entry: str | list[int]) -> str:
    return entry if isinstance(entry, str) else tokens.decode(entry, _TOKEN_MODEL)


def _check_total(inputs: list[str]) -> None:
    # A token is at least one byte, so that most requests need no counting.
    if sum(len(text.encode()) for text in inputs) <= MOST_TOKENS:
        return
    total = sum(tokens.count(text, _TOKEN_MODEL) for text in inputs)
    if total > MOST_TOKENS:
        message = (
            f"Invalid 'input': maximum request size is {MOST_TOKENS} tokens per request, but got {total}."
        )
        raise ApiError(400, message, code="max_tokens_per_request", param="input")
