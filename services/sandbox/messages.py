"""What a worker may say, checked: it shares its process with programs that would say anything."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from services.sandbox.inside.channel import MOST_PICTURE_BYTES

PNG = b"\x89PNG\r\n\x1a\n"
LONGEST_ERROR = 8000


class Nonsense(Exception):
    """Something that no worker says."""


@dataclass(frozen=True, slots=True)
class Ready:
    """It is shut in and takes programs."""


@dataclass(frozen=True, slots=True)
class Warm:
    """It has imported what most programs need."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure, as a PNG."""

    png: bytes


@dataclass(frozen=True, slots=True)
class Done:
    """A program has ended, with its traceback when it failed."""

    number: int
    error: str | None


Said = Ready | Warm | Picture | Done


def parsed(line: bytes) -> Said:
    """A line as what it says. Raises Nonsense."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise Nonsense from None
    match message:
        case {"ready": True, **others} if not others:
            return Ready()
        case {"warm": True, **others} if not others:
            return Warm()
        case {"picture": str(picture), **others} if not others:
            return Picture(_png(picture))
        case {"done": int(number), "error": None | str() as error, **others} if not others:
            return Done(number, _text(error))
    raise Nonsense


def _png(text: str) -> bytes:
    try:
        png = base64.b64decode(text, validate=True)
    except ValueError:
        raise Nonsense from None
    if not png.startswith(PNG) or len(png) > MOST_PICTURE_BYTES:
        raise Nonsense
    return png


def _text(error: Any) -> str | None:
    """A traceback as text that every database takes."""
    return None if error is None else storable(str(error)[:LONGEST_ERROR])


def storable(text: str) -> str:
    """Text without the characters that UTF-8 or PostgreSQL cannot hold."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
