"""What a request may say about a container."""

from __future__ import annotations

from typing import Any

from services.server.errors import ApiError
from services.server.rules import limits, schema

MOST_FILES = 20

Body = dict[str, Any]


def creation_type() -> Any:
    """The SDK's type of a request that makes a container."""
    from openai.types.container_create_params import ContainerCreateParams

    return ContainerCreateParams


def creation(body: Body) -> Body:
    """A checked request for a new container."""
    body = schema.without_nulls(body)
    schema.check(creation_type, body)
    check(body, "")
    limits.text(body["name"], "name", 256)
    return body


def check(container: Body, where: str) -> None:
    """A container has no network and no skills here; its memory is the sandbox's own."""
    limits.items(container.get("file_ids"), f"{where}file_ids", MOST_FILES)
    policy = container.get("network_policy") or {"type": "disabled"}
    if policy["type"] != "disabled":
        message = "Programs here have no network. Leave out 'network_policy'."
        raise ApiError(400, message, code="unsupported_parameter", param=f"{where}network_policy")
    if container.get("skills"):
        message = "This server has no skills. Leave out 'skills'."
        raise ApiError(400, message, code="unsupported_parameter", param=f"{where}skills")
