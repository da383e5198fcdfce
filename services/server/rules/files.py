"""What a request may say about files and uploads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.server.errors import ApiError
from services.server.rules import limits, schema

PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
MOST_FILE_BYTES = 512 * 2**20
MOST_UPLOAD_BYTES = 8 * 2**30
MOST_PART_BYTES = 64 * 2**20
SHORTEST_LIFE_S, LONGEST_LIFE_S = 3600, 2_592_000

Body = dict[str, Any]


def upload_type() -> Any:
    """The SDK's type of a request that begins an upload."""
    from openai.types.upload_create_params import UploadCreateParams

    return UploadCreateParams


def completion_type() -> Any:
    """The SDK's type of a request that ends one."""
    from openai.types.upload_complete_params import UploadCompleteParams

    return UploadCompleteParams


def purpose(form: Mapping[str, Any]) -> str:
    """What a file is for. ApiError 400 in the service's words."""
    given = form.get("purpose")
    if given is None:
        raise ApiError(400, "'purpose' is a required property", param="purpose")
    if given not in PURPOSES:
        raise ApiError(400, f"{str(given)!r} is not one of {list(PURPOSES)} - 'purpose'", param="purpose")
    return str(given)


def lifetime_s(form: Mapping[str, Any]) -> int | None:
    """How long a file lives, from `expires_after[seconds]`; None without end."""
    seconds, anchor = form.get("expires_after[seconds]"), form.get("expires_after[anchor]")
    if seconds is None and anchor is None:
        return None
    if anchor != "created_at":
        raise ApiError(
            400, "Invalid 'expires_after[anchor]': only 'created_at' is supported.", param="expires_after"
        )
    if not str(seconds).isdecimal() or len(str(seconds)) > 12:
        raise ApiError(400, "Invalid 'expires_after[seconds]': expected an integer.", param="expires_after")
    limits.number({"expires_after": int(str(seconds))}, "expires_after", SHORTEST_LIFE_S, LONGEST_LIFE_S)
    return int(str(seconds))


def upload(body: Body) -> Body:
    """A checked request to begin an upload."""
    body = schema.without_nulls(body)
    schema.check(upload_type, body)
    limits.number(body, "bytes", 1, MOST_UPLOAD_BYTES)
    limits.number(body.get("expires_after") or {}, "seconds", SHORTEST_LIFE_S, LONGEST_LIFE_S)
    return body


def completion(body: Body) -> Body:
    """A checked request to end an upload."""
    body = schema.without_nulls(body)
    schema.check(completion_type, body)
    limits.items(body["part_ids"], "part_ids", 10_000, 1)
    return body
