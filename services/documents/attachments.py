"""Files a person attaches to a message: read, checked, cleaned, and put into a request."""

from __future__ import annotations

from typing import Any

from services.turns import Attachment, Message


def read_attachment(filename: str, data: bytes) -> Attachment:
    """A file as the model may get it. Raises InvalidInput with what to do."""
    raise NotImplementedError


def as_content_parts(message: Message, *, sees_images: bool) -> str | list[dict[str, Any]]:
    """The `content` of a chat message: a plain string, or parts when pictures go along."""
    if not message.attachments:
        return message.content
    raise NotImplementedError
