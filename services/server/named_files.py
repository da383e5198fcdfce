"""Files in the messages of a chat request: our own by their ids, and any that are sent along, as parts a model takes."""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import TYPE_CHECKING, Any

from services.documents.images import is_image
from services.server.errors import ApiError
from services.server.lazily import lazily
from services.server.vision import data_url

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from services.server.state import ServerState
    from services.server.store import files
else:
    files = lazily("services.server.store.files")

MOST_BYTES = 20 * 2**20
FILE_ID = "file-"

Shape = dict[str, Any]


async def with_files(state: ServerState, owner: str, messages: Any, *, is_local: bool) -> Any:
    """The messages with the bytes of our own files in them; for the local model the text of documents.

    An id that is not ours is left to an upstream, and ApiError 404 for the local model.
    """
    if not isinstance(messages, list) or not any(_names_file(part) for m in messages for part in _parts(m)):
        return messages
    made = []
    for message in messages:
        parts = [await _part(state, owner, part, is_local) for part in _parts(message)]
        made.append({**message, "content": parts} if parts else message)
    return made


async def _part(state: ServerState, owner: str, part: Any, is_local: bool) -> Any:
    if not _names_file(part):
        return part
    file_id = _file_id(part)
    found = await state.database.read(_found, owner, file_id) if file_id else None
    if file_id and found is None:
        if is_local:
            raise ApiError(404, f"No such File object: {file_id}", param="messages")
        return part
    data = await asyncio.to_thread(_read, state, found) if found else _sent(part)
    if data is not None and is_image(data):
        detail = {"detail": part["image_url"]["detail"]} if "detail" in part.get("image_url", {}) else {}
        return {"type": "image_url", "image_url": {"url": data_url(data), **detail}}
    if part["type"] == "image_url":
        raise ApiError(
            400, f"The file {file_id} is no picture.", code="invalid_image_format", param="messages"
        )
    if is_local:
        return {"type": "text", "text": await state.stateful.inputs.text(owner, part["file"])}
    return part if found is None or data is None else _inlined(found["name"], data)


def _read(state: ServerState, found: Shape) -> bytes:
    if found["size_bytes"] > MOST_BYTES:
        raise ApiError(413, f"{found['name']} is larger than 20 MB.", code="file_too_large", param="messages")
    return state.stateful.inputs.read(found["blob_key"])


def _inlined(name: str, data: bytes) -> Shape:
    kind = "application/pdf" if data.startswith(b"%PDF") else "application/octet-stream"
    inline = f"data:{kind};base64,{base64.b64encode(data).decode()}"
    return {"type": "file", "file": {"filename": name, "file_data": inline}}


def _sent(part: Shape) -> bytes | None:
    try:
        return base64.b64decode(part["file"]["file_data"].rpartition("base64,")[2], validate=True)
    except (KeyError, TypeError, AttributeError, ValueError, binascii.Error):
        return None  # whoever reads it says what is wrong


def _file_id(part: Shape) -> str:
    """The id of the file a part names; empty for one that brings its file."""
    if part["type"] == "image_url":
        return str(part["image_url"]["url"])
    return str(part["file"].get("file_id") or "")


def _names_file(part: Any) -> bool:
    if not isinstance(part, dict):
        return False
    if part.get("type") == "file":
        return isinstance(part.get("file"), dict)
    picture = part.get("image_url")
    url = picture.get("url") if isinstance(picture, dict) else None
    return part.get("type") == "image_url" and isinstance(url, str) and url.startswith(FILE_ID)


def _parts(message: Any) -> list[Any]:
    content = message.get("content") if isinstance(message, dict) else None
    return content if isinstance(content, list) else []


def _found(session: Session, owner: str, file_id: str) -> Shape | None:
    keys = files.blob_keys(session, owner, [file_id])
    if file_id not in keys:
        return None
    row = files.find_live(session, owner, file_id)
    return {"blob_key": row.blob_key, "name": row.filename, "size_bytes": row.size_bytes}
