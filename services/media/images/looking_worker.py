"""The process that looks at pictures: it alone unpacks what somebody sent."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.documents.refusals import Unreadable
from services.documents.serving import by_kind, serve
from services.errors import InvalidInput
from services.media.images.looking import SQUARE_PX
from services.media.images.pictures import read_picture

DAMAGED = "is a picture that cannot be read; it may be damaged. Save it anew."
PALETTE = {
    "black": (20, 20, 22), "dark grey": (80, 82, 86), "grey": (145, 147, 150), "light grey": (205, 206, 208), "white": (248, 248, 246),
    "red": (205, 40, 45), "dark red": (120, 25, 30), "orange": (240, 140, 45), "yellow": (245, 210, 70), "cream": (245, 230, 195),
    "brown": (120, 80, 50), "light green": (150, 205, 120), "green": (70, 150, 70), "dark green": (30, 80, 45), "teal": (30, 150, 145),
    "light blue": (140, 200, 240), "blue": (50, 110, 210), "dark blue": (25, 40, 95), "purple": (120, 70, 170), "pink": (240, 150, 185),
}  # fmt: skip
MOST_COLOURS = 5
SMALLEST_SHARE = 0.04


def look(path: Path, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The facts about the picture at `path`."""
    import numpy as np

    from services.documents.readers.ocr import lines_in

    try:
        picture = read_picture("", path.read_bytes())
    except InvalidInput as error:
        raise Unreadable(error.user_message.strip()) from None
    pixels = _on_white(np.asarray(picture))
    height, width = pixels.shape[:2]
    lines = [
        (
            line.text,
            max(0.0, line.left / width),
            max(0.0, line.top / height),
            min(1.0, line.right / width),
            min(1.0, line.bottom / height),
        )
        for line in _likely(lines_in(np.ascontiguousarray(pixels[..., ::-1])))
    ]
    yield {
        "look": {
            "width": width,
            "height": height,
            "brightness": _brightness(pixels),
            "lines": lines,
            "colours": _colours(pixels),
            "square": base64.b64encode(_square(pixels).tobytes()).decode(),
        }
    }


def _likely(lines: Any) -> Any:
    """Without what is a shape rather than a word: single characters, where nothing longer was read."""
    words = [line for line in lines if sum(c.isalnum() for c in line.text) > 1]
    return lines if words else []


def _on_white(pixels: Any) -> Any:
    import numpy as np

    share = pixels[..., 3:].astype(np.float32) / 255
    return (pixels[..., :3] * share + 255 * (1 - share)).astype(np.uint8)


def _square(pixels: Any) -> Any:
    """The square in the middle, made small."""
    import cv2
    import numpy as np

    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = np.ascontiguousarray(pixels[top : top + side, left : left + side])
    how = cv2.INTER_AREA if side > SQUARE_PX else cv2.INTER_CUBIC
    return cv2.resize(square, (SQUARE_PX, SQUARE_PX), interpolation=how)


def _colours(pixels: Any) -> list[tuple[str, str, float]]:
    """The names of what covers most, each with the mean of its pixels."""
    import numpy as np

    step = max(1, int((pixels.shape[0] * pixels.shape[1] / 40_000) ** 0.5))
    seen = pixels[::step, ::step].reshape(-1, 3).astype(np.float32)
    names = list(PALETTE)
    known = np.array([PALETTE[name] for name in names], np.float32)
    nearest = ((seen[:, None] - known[None]) ** 2).sum(axis=2).argmin(axis=1)
    counts = np.bincount(nearest, minlength=len(names))
    best = [int(i) for i in counts.argsort()[::-1][:MOST_COLOURS] if counts[i] >= SMALLEST_SHARE * len(seen)]
    return [
        (
            names[i],
            "#" + "".join(f"{round(v):02x}" for v in seen[nearest == i].mean(axis=0)),
            float(counts[i] / len(seen)),
        )
        for i in best
    ]


def _brightness(pixels: Any) -> str:
    mean = float(pixels.mean())
    return "dark" if mean < 75 else "bright" if mean > 175 else "of middling brightness"


def main() -> None:
    """Answer until stdin ends."""
    serve(by_kind({"look": look}), DAMAGED, file_bytes=0)


if __name__ == "__main__":
    main()
