"""Reading a JSON request body, within its limit."""

from __future__ import annotations

import math
import re
from typing import Any

from pydantic_core import from_json
from starlette.requests import ClientDisconnect, Request

from services.server.errors import ApiError
from services.server.rules.schema_errors import invalid_type, missing

MAY_OVERFLOW = re.compile(rb"\d{300}|[eE]\+?\d{3}")


async def read_object(
    request: Request, max_bytes: int, *, may_be_empty: bool = False
) -> tuple[bytes, dict[str, Any]]:
    """The raw body and the JSON object in it; ApiError 400 or 413 when it is neither."""
    _check_content_type(request.headers.get("content-type", ""))
    raw = await read_bounded(request, max_bytes)
    if may_be_empty and not raw.strip():
        return raw, {}
    try:
        parsed = from_json(raw, allow_inf_nan=False)
    except ValueError:
        raise _unreadable() from None
    if MAY_OVERFLOW.search(raw) and _has_infinity(parsed):
        raise _unreadable()
    if not isinstance(parsed, dict):
        raise ApiError(400, 'The JSON body of your request must be an object, like {"model": …}.')
    return raw, parsed


def model_of(body: dict[str, Any]) -> str:
    """The model a request asks for."""
    model = body.get("model")
    if model is None or model == "":
        raise missing("model")
    if not isinstance(model, str):
        raise invalid_type("model", "a string", model)
    return model


async def read_bounded(request: Request, max_bytes: int) -> bytes:
    """The whole body of a request. ApiError 413 when it is larger, 400 when it breaks off."""
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > max_bytes:
        raise _too_large(max_bytes)
    received = bytearray()
    try:
        async for piece in request.stream():
            received += piece
            if len(received) > max_bytes:
                raise _too_large(max_bytes)
    except ClientDisconnect:
        raise ApiError(400, "The connection closed before the whole body had arrived.") from None
    return bytes(received)


def _check_content_type(content_type: str) -> None:
    media_type, _, parameters = content_type.lower().partition(";")
    if media_type.strip() not in ("", "application/json"):
        raise ApiError(
            400,
            f"Unsupported content type: '{media_type.strip()}'. This API method only accepts "
            "'application/json' requests.",
            code="unsupported_content_type",
        )
    charset = parameters.partition("charset=")[2].strip().strip('"')
    if charset not in ("", "utf-8", "utf8", "us-ascii"):
        raise ApiError(
            400, f"Unsupported charset: '{charset}'. Send JSON as UTF-8.", code="unsupported_charset"
        )


def _has_infinity(value: Any) -> bool:
    """Whether a number was too large for a float: it could not be answered in JSON."""
    if isinstance(value, dict | list):
        return any(map(_has_infinity, value.values() if isinstance(value, dict) else value))
    return isinstance(value, float) and math.isinf(value)


def _unreadable() -> ApiError:
    return ApiError(
        400,
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your "
        "HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
    )


def _too_large(max_bytes: int) -> ApiError:
    message = (
        f"The request body is larger than the {max_bytes} bytes this server takes (TANDEM_MAX_BODY_BYTES)."
    )
    return ApiError(413, message, code="request_too_large")
