"""The pictures in the messages of a chat request, as its model takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.server.vision import with_bytes, with_facts

if TYPE_CHECKING:
    from services.server.eyes import Eyes
    from services.storage.blobs import Blobs

Shape = dict[str, Any]


async def with_pictures(
    messages: list[Shape], blobs: Blobs, eyes: Eyes | None, *, is_local: bool
) -> list[Shape]:
    """Messages with the pictures themselves, or for the local model, which cannot see, with the facts of each."""
    if not is_local:
        return await with_bytes(messages, blobs.get)
    return messages if eyes is None else await with_facts(messages, eyes, blobs.get)
