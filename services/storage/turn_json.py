"""Turns as JSON and back. The bytes of attached files are swapped for something else on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from services.turns import Attachment, Message, Turn
from services.wire import Exchange

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Swap = Callable[[bytes], bytes]


@cache
def turn_adapter() -> TypeAdapter[Turn]:
    """Validates and serialises turns; building it costs 0.15 s."""
    from pydantic import TypeAdapter

    return TypeAdapter(Turn)


@cache
def message_adapter() -> TypeAdapter[Message]:
    """Validates and serialises messages."""
    from pydantic import TypeAdapter

    return TypeAdapter(Message)


@cache
def exchange_adapter() -> TypeAdapter[Exchange]:
    """Validates and serialises exchanges."""
    from pydantic import TypeAdapter

    return TypeAdapter(Exchange)


def swap_files(message: Message, swap: Swap) -> Message:
    """The message with the bytes of each attachment swapped."""
    if not message.attachments:
        return message
    swapped = tuple(Attachment(a.filename, a.media_type, swap(a.data)) for a in message.attachments)
    return replace(message, attachments=swapped)


def to_json(adapter: TypeAdapter[Any], value: object, exclude: set[str] | None = None) -> bytes:
    """JSON of a value. Halves of surrogate pairs, which broken streams bring, are joined or replaced."""
    from pydantic_core import PydanticSerializationError

    try:
        return adapter.dump_json(value, exclude=exclude)
    except (PydanticSerializationError, UnicodeEncodeError):
        plain = adapter.dump_python(value, exclude=exclude)
        text = json.dumps(plain, ensure_ascii=False, default=_plain)
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _plain(value: object) -> str:
    return value.decode("ascii") if isinstance(value, bytes) else str(value)
