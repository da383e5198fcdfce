"""The picture of a GPT: read within bounds, made small and square, kept as text beside its other settings."""

from __future__ import annotations

import base64
import binascii

from services.errors import InvalidInput
from services.media.images.pictures import read_picture, written

SIDE_PX = 256
QUALITY = 82
MOST_UPLOAD_BYTES = 10_000_000
MOST_CHARS = 150_000


def picture_from(name: str, data: bytes) -> str:
    """A picture as a GPT keeps it, without whatever else its file said. Raises InvalidInput with what to do."""
    from PIL import ImageOps

    if len(data) > MOST_UPLOAD_BYTES:
        raise InvalidInput(
            f"{name} has {len(data) / 1e6:,.0f} MB; a GPT's picture has at most {MOST_UPLOAD_BYTES // 10**6}. "
            "Take a smaller one: it is shown small."
        )
    square = ImageOps.fit(read_picture(name, data, longest_side_px=2 * SIDE_PX), (SIDE_PX, SIDE_PX))
    square.info.clear()
    return base64.b64encode(written(square, "webp", QUALITY)).decode()


def picture_in_file(told: str) -> str:
    """The picture of a shared GPT, looked at as an uploaded one is. Raises InvalidInput."""
    if not told:
        return ""
    if len(told) > MOST_CHARS:
        raise InvalidInput(
            "The picture in the file is too large for a GPT. Have it shared again without one."
        )
    try:
        data = base64.b64decode(told, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput("The picture in the file is damaged. Have it shared again.") from error
    return picture_from("The picture in the file", data)


def picture_bytes(kept: str) -> bytes | None:
    """The bytes to show; None where there is no picture."""
    return base64.b64decode(kept) if kept else None
