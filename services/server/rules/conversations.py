"""What a request may say about a conversation and its items."""

from __future__ import annotations

from typing import Any

from services.server.rules import limits, responses, schema
from services.server.rules.schema_errors import missing

MOST_ITEMS = 20

Body = dict[str, Any]


def creation_type() -> Any:
    """The SDK's type of a request that makes a conversation."""
    from openai.types.conversations.conversation_create_params import ConversationCreateParams

    return ConversationCreateParams


def change_type() -> Any:
    """The SDK's type of a request that changes one."""
    from openai.types.conversations.conversation_update_params import ConversationUpdateParams

    return ConversationUpdateParams


def items_type() -> Any:
    """The SDK's type of a request that adds items."""
    from openai.types.conversations.item_create_params import ItemCreateParams

    return schema.body_type(ItemCreateParams, "include")


def creation(body: Body) -> Body:
    """A checked request for a new conversation."""
    body = schema.without_nulls(body)
    given = body.pop("items", [])
    schema.check(creation_type, body)
    limits.metadata(body.get("metadata"))
    return {**body, "items": _items(given)}


def change(body: Body) -> Body:
    """The new metadata of a conversation."""
    if "metadata" not in body:
        raise missing("metadata")
    schema.check(change_type, body)
    limits.metadata(body["metadata"])
    return body["metadata"] or {}


def items(body: Body) -> list[Body]:
    """Checked items to be added."""
    if body.get("items") is None:
        raise missing("items")
    schema.check(items_type, {**body, "items": []})
    limits.items(body["items"], "items", MOST_ITEMS, 1)
    return _items(body["items"])


def _items(given: Any) -> list[Body]:
    checked = responses.items(given, "items", MOST_ITEMS)
    for index, item in enumerate(checked):
        if item.get("type") == "item_reference":
            raise missing(f"items[{index}].content")
    return checked
