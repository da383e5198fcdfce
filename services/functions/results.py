"""What a call gave, as text for the model: bounded, without the key, and saying what is missing."""

from __future__ import annotations

import base64
import json
from http import HTTPStatus
from urllib.parse import quote

from services.guarded_fetch import Fetched
from services.tools.base import ToolOutput

MAX_RESULT_BYTES = 16_384
MAX_REFUSAL_BYTES = 2_048
SHORTEST_SECRET_CHARS = 6

_TEXTUAL = ("json", "xml", "yaml", "csv", "javascript", "x-www-form-urlencoded", "graphql")


def shorten(
    text: str, whole_bytes: int | None = None, *, is_cut: bool = False, limit: int = MAX_RESULT_BYTES
) -> str:
    """The text, or as much of it as the model gets and a sentence that says how much that is.

    `is_cut` when the text itself is only a beginning, of something `whole_bytes` long if that is known.
    """
    data = text.encode(errors="replace")
    if len(data) <= limit and not is_cut:
        return data.decode()
    shown = data[:limit].decode(errors="ignore")
    whole = whole_bytes if is_cut else len(data)
    size = "and there is more" if whole is None else f"of {whole:,} bytes"
    return f"{shown}\n… cut here: the first {len(shown.encode()):,} bytes are shown, {size}."


def describe(fetched: Fetched, host: str, secret: str | None = None) -> ToolOutput:
    """A web server's answer as the output of a call; one with a status of 400 or above is a failure."""
    if fetched.status >= 400:
        said = without_secret(fetched.text, secret) if _is_text(fetched) else ""
        words = f"Error: {host} answered {_status(fetched.status)}.\n{said}".strip()
        return ToolOutput(shorten(words, limit=MAX_REFUSAL_BYTES), False)
    if not fetched.body:
        return ToolOutput(f"{host} answered {_status(fetched.status)}, without any content.", True)
    if not _is_text(fetched):
        size = fetched.size_bytes or len(fetched.body)
        kind = fetched.media_type[:60] or "data of an unknown kind"
        return ToolOutput(f"{host} answered with {kind}, {size:,} bytes, which is not text.", True)
    text = without_secret(fetched.text, secret)
    return ToolOutput(shorten(_compact(fetched, text), fetched.size_bytes, is_cut=fetched.is_cut), True)


def without_secret(text: str, secret: str | None) -> str:
    """The text with the key taken out, in every form in which a server could give it back."""
    if secret is None:
        return text
    pieces = {
        secret,
        secret.partition(":")[2],
        base64.b64encode(secret.encode()).decode(),
        quote(secret, safe=""),
    }
    pieces.add(json.dumps(secret)[1:-1])
    for piece in sorted(pieces, key=len, reverse=True):
        if len(piece) >= SHORTEST_SECRET_CHARS:
            text = text.replace(piece, "[key]")
    return text


def _compact(fetched: Fetched, text: str) -> str:
    """JSON that is too long, without its white space; anything else as it came."""
    if len(text) <= MAX_RESULT_BYTES or fetched.is_cut or "json" not in fetched.media_type:
        return text
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return text


def _is_text(fetched: Fetched) -> bool:
    media_type = fetched.media_type
    if media_type in ("", "application/octet-stream"):
        return b"\0" not in fetched.body and _decodes(fetched.body)
    return media_type.startswith("text/") or any(word in media_type for word in _TEXTUAL)


def _decodes(body: bytes) -> bool:
    """Whether the bytes are UTF-8, but for a character that was cut in two at the end."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(body) - 3
    return True


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
