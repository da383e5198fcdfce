"""What a request may say about a batch."""

from __future__ import annotations

from typing import Any

from services.batches.lines import ENDPOINTS
from services.server.errors import ApiError
from services.server.rules import limits, schema
from services.server.rules.files import LONGEST_LIFE_S, SHORTEST_LIFE_S

PURPOSE = "batch"

Body = dict[str, Any]


def creation_type() -> Any:
    """The SDK's type of a request that makes a batch."""
    from openai.types.batch_create_params import BatchCreateParams

    return BatchCreateParams


def creation(body: Body) -> Body:
    """A checked request for a new batch. ApiError 400."""
    body = schema.without_nulls(body)
    schema.check(creation_type, body)
    limits.metadata(body.get("metadata"))
    limits.number(body.get("output_expires_after") or {}, "seconds", SHORTEST_LIFE_S, LONGEST_LIFE_S)
    if body["endpoint"] not in ENDPOINTS:
        raise ApiError(
            400,
            f"Invalid 'endpoint': batches of '{body['endpoint']}' are not run here. Supported are: "
            f"{', '.join(ENDPOINTS)}.",
            code="invalid_value",
            param="endpoint",
        )
    return body
