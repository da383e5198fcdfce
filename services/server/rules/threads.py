"""What a request may say about a thread and its messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Required

from typing_extensions import TypedDict

from services.server.errors import ApiError
from services.server.rules import assistants, limits, schema
from services.server.rules.schema_errors import missing

LONGEST_TEXT = 256_000
MOST_ATTACHMENTS = 100
LONGEST_QUERY = 400
MOST_WORDS = 12

Body = dict[str, Any]


def creation_type() -> Any:
    """The SDK's type of a request that creates a thread."""
    from openai.types.beta.thread_create_params import ThreadCreateParams

    return ThreadCreateParams


def change_type() -> Any:
    """The SDK's type of a request that changes one."""
    from openai.types.beta.thread_update_params import ThreadUpdateParams

    return ThreadUpdateParams


def message_type() -> Any:
    """The SDK's type of a request that adds a message."""
    from openai.types.beta.threads.message_create_params import MessageCreateParams

    return MessageCreateParams


def message_change_type() -> Any:
    """The SDK's type of a request that changes a message."""
    from openai.types.beta.threads.message_update_params import MessageUpdateParams

    return schema.body_type(MessageUpdateParams, "thread_id")


def fork_type() -> Any:
    """The type of a request that copies a thread, which the SDK does not know."""
    return Fork


class Fork(TypedDict, total=False):
    """Up to which message to copy, and what to add to the metadata."""

    message_id: Required[str]
    metadata: dict[str, str] | None


def creation(body: Body) -> Body:
    """A checked request for a new thread."""
    body = schema.without_nulls(body)
    schema.check(creation_type, body)
    check_thread(body)
    return body


def check_thread(body: Body, where: str = "") -> None:
    """The limits of a thread: its metadata, its resources, and each of its first messages."""
    limits.metadata(body.get("metadata"))
    assistants.check_tool_resources(body.get("tool_resources"))
    for index, message in enumerate(body.get("messages") or ()):
        check_message(message, f"{where}messages[{index}].")


def change(body: Body) -> Body:
    """A checked request to change a thread; a null empties what it names."""
    schema.check(change_type, schema.without_nulls(body))
    limits.metadata(body.get("metadata"))
    assistants.check_tool_resources(body.get("tool_resources"))
    return body


def message(body: Body) -> Body:
    """A checked request for a new message."""
    body = schema.without_nulls(body)
    schema.check(message_type, body)
    check_message(body)
    return body


def message_change(body: Body) -> Body:
    """The new metadata of a message."""
    schema.check(message_change_type, schema.without_nulls(body))
    limits.metadata(body.get("metadata"))
    return body.get("metadata") or {}


def fork(body: Body) -> Body:
    """A checked request to copy a thread up to a message."""
    schema.check(fork_type, schema.without_nulls(body))
    limits.metadata(body.get("metadata"))
    return body


def search_words(query: Mapping[str, str]) -> str:
    """The words threads are looked for by."""
    words = " ".join((query.get("query") or "").split())
    if len(words) > LONGEST_QUERY or len(words.split()) > MOST_WORDS:
        raise ApiError(
            400,
            f"A search has at most {MOST_WORDS} words and {LONGEST_QUERY} characters.",
            code="invalid_value",
            param="query",
        )
    return words


def check_message(body: Body, where: str = "") -> None:
    """A message says something, and not too much."""
    limits.metadata(body.get("metadata"))
    limits.items(body.get("attachments"), f"{where}attachments", MOST_ATTACHMENTS)
    for index, attachment in enumerate(body.get("attachments") or ()):
        if not attachment.get("file_id"):
            raise missing(f"{where}attachments[{index}].file_id")
    content = body["content"]
    if isinstance(content, str):
        _check_text(content, f"{where}content")
        return
    limits.items(content, f"{where}content", 1000, 1)
    for index, part in enumerate(content):
        _check_part(part, f"{where}content[{index}]")


def _check_part(part: Body, where: str) -> None:
    if part["type"] == "text":
        _check_text(part["text"], f"{where}.text")
    elif part["type"] == "image_url":
        limits.picture_url(part["image_url"]["url"], f"{where}.image_url.url")


def _check_text(text: str, where: str) -> None:
    if not text.strip():
        raise ApiError(400, "Message content must be non-empty.", param=where)
    limits.text(text, where, LONGEST_TEXT)
