"""What a lane puts on a server beside its messages, and how all of it goes again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from services.turns import Attachment, RequestSent

if TYPE_CHECKING:
    import openai

Purpose = Literal["assistants", "vision", "user_data"]


async def upload(client: openai.AsyncOpenAI, file: Attachment, purpose: Purpose) -> tuple[RequestSent, str]:
    """Put a file on the server: the request as it went, and the file's id there."""
    raw = await client.files.with_raw_response.create(file=(file.filename, file.data), purpose=purpose)
    size_bytes = int(raw.http_request.headers.get("content-length", 0))
    return RequestSent("POST", "/files", size_bytes, 0, 0), raw.parse().id


async def forget(ids: Mapping[str, Any], client: openai.AsyncOpenAI) -> None:
    """Delete what the server keeps for a lane, each piece as far as it is there and can be."""
    by_name: dict[str, Callable[[str], Awaitable[object]]] = {
        "thread_id": client.beta.threads.delete,
        "assistant_id": client.beta.assistants.delete,
        "conversation_id": client.conversations.delete,
        "vector_store_id": client.vector_stores.delete,
        "file_ids": client.files.delete,
    }
    for name, delete in by_name.items():
        kept = ids.get(name) or ()
        for one in [kept] if isinstance(kept, str) else kept:
            with suppress(Exception):  # it is gone already, or its server does not answer
                await delete(one)
