"""Pictures in the messages of a chat request: their bytes for a model that sees, without metadata; for another the facts."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from services.documents.image_metadata import without_metadata
from services.errors import AppError, InvalidInput, NotFound
from services.server.errors import ApiError

if TYPE_CHECKING:
    from services.server.eyes import Eyes

MOST_PICTURES = 4
"""Of a request, the last ones; earlier ones are named only."""
MOST_BYTES = 20 * 2**20
LONGEST_FACTS = 3000
LONGEST_EARLIER_FACTS = 800
"""Of every picture but the last: at 45 tokens a second a local model reads long texts for minutes."""
FACTS = (
    "[A picture is attached. You cannot see it. Programs read these facts from it, which are all that is known: {facts} "
    "Answer from them, and tell the person that you did not see the picture itself.]"
)
UNREAD = "[A picture was attached, but it could not be read: {why} Tell the person so.]"
EARLIER = "[An earlier picture was attached here.]"
BLOB_URL = "blob:"
"""Begins the address of a picture that lies in our own files; whoever sends the request puts the bytes in."""

Shape = dict[str, Any]
ReadBlob = Callable[[str], bytes]


async def with_facts(messages: list[Shape], eyes: Eyes, read_blob: ReadBlob | None = None) -> list[Shape]:
    """The messages with text in place of their pictures. A picture that cannot be read is said to the model, not to the caller."""
    left = sum(1 for message in messages for part in _parts(message) if _is_picture(part))

    async def told(part: Shape) -> Shape:
        nonlocal left
        left -= 1
        text = EARLIER
        if left < MOST_PICTURES:
            longest = LONGEST_EARLIER_FACTS if left else LONGEST_FACTS
            text = await _facts(eyes, part["image_url"]["url"], longest, read_blob)
        return {"type": "text", "text": text}

    return await _replaced(messages, told)


async def with_bytes(messages: list[Shape], read_blob: ReadBlob | None = None) -> list[Shape]:
    """The messages with the bytes of our own pictures in them, and without the metadata of any that is sent along."""

    async def clean(part: Shape) -> Shape:
        url = part["image_url"]["url"]
        if url.startswith(BLOB_URL) and read_blob is not None:
            sent = data_url(await asyncio.to_thread(read_blob, url.removeprefix(BLOB_URL)))
        elif url.startswith("data:"):
            sent = await asyncio.to_thread(cleaned, url)
        else:
            return part
        return {**part, "image_url": {**part["image_url"], "url": sent}}

    return await _replaced(messages, clean)


def data_url(data: bytes) -> str:
    """A picture as an address that holds it, without its metadata."""
    clean = without_metadata(data)
    return f"data:{_media_type(clean)};base64,{base64.b64encode(clean).decode()}"


def cleaned(url: str) -> str:
    """A data URL without the metadata of its picture; as it is where it holds none."""
    head, _, text = url.partition(",")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return url  # whoever is asked says what is wrong with it
    clean = without_metadata(data)
    return url if clean == data else f"{head},{base64.b64encode(clean).decode()}"


def cleaned_request(raw: bytes, body: Shape) -> bytes:
    """A request that goes on, with the pictures in it freed of their metadata; the same bytes where there is none."""
    if b"data:image" not in raw:
        return raw
    clean = _cleaned_within(body)
    return raw if clean == body else json.dumps(clean).encode()


def _cleaned_within(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _cleaned_within(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_cleaned_within(inner) for inner in value]
    return cleaned(value) if isinstance(value, str) and value.startswith("data:image") else value


def check_data_urls(messages: list[Shape]) -> None:
    """ApiError 400 for a data URL that is none."""
    for message in messages:
        for part in _parts(message):
            if _is_picture(part) and part["image_url"]["url"].startswith("data:"):
                _decoded(part["image_url"]["url"])


async def _replaced(messages: list[Shape], new: Callable[[Shape], Awaitable[Shape]]) -> list[Shape]:
    """The messages with another part in place of each picture."""
    if not any(_is_picture(part) for message in messages for part in _parts(message)):
        return messages
    return [
        {**message, "content": [await new(p) if _is_picture(p) else p for p in parts]}
        if (parts := _parts(message))
        else message
        for message in messages
    ]


def _parts(message: Shape) -> list[Shape]:
    content = message.get("content")
    return content if isinstance(content, list) else []


def _is_picture(part: Any) -> bool:
    if not isinstance(part, dict) or part.get("type") != "image_url":
        return False
    picture = part.get("image_url")
    return isinstance(picture, dict) and isinstance(picture.get("url"), str)


async def _facts(eyes: Eyes, url: str, longest: int, read_blob: ReadBlob | None) -> str:
    try:
        look = await eyes.look(await _bytes(url, read_blob))
    except ApiError as error:
        return UNREAD.format(why=error.message)
    except AppError as error:
        return UNREAD.format(why=error.user_message)
    facts = look.summary
    return FACTS.format(facts=facts if len(facts) <= longest else f"{facts[:longest]} …")


async def _bytes(url: str, read_blob: ReadBlob | None) -> bytes:
    if url.startswith("data:"):
        return _decoded(url)
    if url.startswith(BLOB_URL):
        if read_blob is None:
            raise NotFound("There is no such picture.")
        return await asyncio.to_thread(read_blob, url.removeprefix(BLOB_URL))
    from services.guarded_fetch import FetchRequest, fetch

    answer = await fetch(FetchRequest(url, max_bytes=MOST_BYTES))
    if answer.status != 200 or answer.is_cut:
        raise InvalidInput("The address of the picture gives none, or one of more than 20 MB.")
    return answer.body


def _decoded(url: str) -> bytes:
    head, comma, text = url.partition(",")
    try:
        if comma and head.endswith(";base64") and len(text) <= MOST_BYTES * 4 // 3 + 4:
            return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        pass
    raise ApiError(
        400,
        "Invalid image_url: a data URL looks like data:image/png;base64,… and holds at most 20 MB.",
        code="invalid_image_url",
        param="messages",
    )


def _media_type(data: bytes) -> str:
    if data.startswith(b"\x89PNG"):
        return "image/png"
    if data[:4] == b"RIFF":
        return "image/webp"
    return "image/gif" if data.startswith(b"GIF8") else "image/jpeg"
