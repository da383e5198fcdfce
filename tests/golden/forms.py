"""Forms for those the recorder dropped: files of the recorded name and size, with the text the session speaks of."""

from __future__ import annotations

import base64
import re
from typing import Any

from tests.golden.facts import Facts
from tests.golden.recording import Exchange, Shape

Form = tuple[dict[str, str], dict[str, Any]]

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
TEXT = b"A made-up file, of the size of the recorded one. "
REFUSED = re.compile(r"^'(.*?)' is not one of")


def form_of(exchange: Exchange, facts: Facts) -> Form:
    """Fields and file of a form, from what the service answered to it."""
    answer = exchange.answer.body if isinstance(exchange.answer.body, dict) else {}
    if exchange.parts[-1] == "parts":
        return {}, {"data": ("part", part_of(exchange, facts))}
    if not exchange.answer.is_good:
        return _refused(answer), {"file": ("file.txt", TEXT)}
    return _fields(answer), {"file": (answer["filename"], file_of(answer, facts))}


def file_of(file: Shape, facts: Facts) -> bytes:
    """Bytes for a file: a picture, or the text that is found in it, filled up or cut to its size."""
    size, text = file.get("bytes") or len(TEXT), facts.file_texts.get(file.get("id", ""), "").encode()
    if file.get("purpose") == "vision" or file.get("filename", "").endswith(".png"):
        return PNG + bytes(max(0, size - len(PNG)))
    return _sized(text or TEXT, size, b"\n" if text else TEXT)


def part_of(exchange: Exchange, facts: Facts) -> bytes:
    """One part of an upload, as large as if all its parts were equal, the last with what is left."""
    upload_id = exchange.parts[1]
    size = facts.last_shown(upload_id).get("bytes") or len(TEXT)
    parts = [
        shown[0][1]["id"]
        for shown in facts.shown.values()
        if shown[0][1].get("object") == "upload.part" and shown[0][1].get("upload_id") == upload_id
    ]
    share = size // max(1, len(parts))
    is_last = bool(parts) and exchange.answer.body.get("id") == parts[-1]
    return _sized(TEXT, size - share * (len(parts) - 1) if is_last else share, TEXT)


def _fields(file: Shape) -> dict[str, str]:
    fields = {"purpose": file["purpose"]}
    if file.get("expires_at"):
        seconds = file["expires_at"] - file["created_at"]
        fields |= {"expires_after[anchor]": "created_at", "expires_after[seconds]": str(seconds)}
    return fields


def _refused(answer: Shape) -> dict[str, str]:
    """The purpose that the service did not know; else the form had none."""
    found = REFUSED.match((answer.get("error") or {}).get("message", ""))
    return {"purpose": found[1]} if found else {}


def _sized(data: bytes, size: int, filling: bytes) -> bytes:
    return (data + filling * (size // len(filling) + 1))[:size]
