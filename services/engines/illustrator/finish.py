"""Styles: what is done to the pixels of a finished scene so that it looks painted, drawn, printed or old."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

PIXELS_HIGH = 112
LEVELS = 10


def finished(picture: Any, style: str | None, seed: int) -> Any:
    """The picture (height, width, RGBA) in a style; transparency is kept."""
    import numpy as np

    paint = STYLES.get(style or "")
    if paint is None:
        return picture
    colours = paint(np.ascontiguousarray(picture[..., :3]), np.random.default_rng(seed))
    alpha = picture[..., 3:]
    return np.concatenate([colours, alpha], axis=2)


def watercolour(picture: Any, random: Any) -> Any:
    """Edges that wander, pigment that pools at them, and the grain of paper."""
    import cv2
    import numpy as np

    height, width = picture.shape[:2]
    moved = _moved(picture, random, 0.0035, 34)
    soft = cv2.bilateralFilter(moved, 7, 40, 9)
    edges = cv2.Laplacian(cv2.GaussianBlur(cv2.cvtColor(soft, cv2.COLOR_RGB2GRAY), (0, 0), 2), cv2.CV_32F)
    pools = 1 - np.clip(cv2.GaussianBlur(np.abs(edges), (0, 0), 1.2) / 18, 0, 0.22)
    grain = _noise(random, height, width, 3) * 0.022 + _noise(random, height, width, 90) * 0.07
    pale = soft.astype(np.float32) * 0.78 + 255 * 0.25
    out = pale * pools[..., None] * (1.02 + grain[..., None])
    return np.clip(_on_paper(out, random), 0, 255).astype(np.uint8)


def pencil(picture: Any, random: Any) -> Any:
    """Graphite: lines where brightness changes, light hatching where it is dark."""
    import cv2
    import numpy as np

    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    blurred = 255 - cv2.GaussianBlur(255 - grey, (0, 0), 5)
    lines = cv2.divide(grey, blurred, scale=246).astype(np.float32)
    hatch = _noise(random, *_sides(grey), 2) * (255 - grey.astype(np.float32)) * 0.22
    out = np.clip(lines * 0.92 + 12 + hatch - (255 - grey) * 0.16, 20, 250)
    return np.stack([out, out * 0.99, out * 0.965], axis=2).astype(np.uint8)


def pixels(picture: Any, random: Any) -> Any:
    """Few large pixels in few colours."""
    import cv2
    import numpy as np

    height, width = picture.shape[:2]
    small = cv2.resize(
        picture, (max(8, PIXELS_HIGH * width // height), PIXELS_HIGH), interpolation=cv2.INTER_AREA
    )
    step = 256 / LEVELS
    few = (np.floor(small / step) * step + step / 2).astype(np.uint8)
    return cv2.resize(few, (width, height), interpolation=cv2.INTER_NEAREST)


def sepia(picture: Any, random: Any) -> Any:
    """An old photograph: brown, faded, darker at the corners."""
    import numpy as np

    tone = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]], np.float32)
    out = picture.astype(np.float32) @ tone.T * 0.86 + 18
    return np.clip(
        out * _vignette(picture) + _noise(random, *_sides(picture), 2)[..., None] * 10, 0, 255
    ).astype(np.uint8)


def monochrome(picture: Any, random: Any) -> Any:
    """Black and white with strong contrast."""
    import cv2
    import numpy as np

    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    out = np.clip((grey - 128) * 1.18 + 128, 0, 255)
    return np.repeat(out[..., None], 3, axis=2).astype(np.uint8)


def neon(picture: Any, random: Any) -> Any:
    """Dark, with edges that glow."""
    import cv2
    import numpy as np

    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV).astype(np.float32)
    hsv[..., 1] = np.clip(hsv[..., 1] * 1.5 + 40, 0, 255)
    vivid = cv2.cvtColor(np.clip(hsv, 0, 255).astype(np.uint8), cv2.COLOR_HSV2RGB).astype(np.float32)
    dark = vivid * np.array([0.55, 0.42, 0.75], np.float32)
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (0, 0), 1.2)
    edges = np.clip(
        cv2.magnitude(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)) / 110, 0, 1
    )
    glow = cv2.GaussianBlur(vivid * edges[..., None], (0, 0), 7) * 1.8
    return np.clip(dark + glow + vivid * edges[..., None] * 0.9, 0, 255).astype(np.uint8)


def oil(picture: Any, random: Any) -> Any:
    """Short strokes of thick paint."""
    import cv2
    import numpy as np

    moved = _moved(cv2.medianBlur(picture, 9), random, 0.006, 12)
    smooth = cv2.medianBlur(moved, 7).astype(np.float32)
    strokes = cv2.GaussianBlur(
        _noise(random, *_sides(picture), 3).astype(np.float32), (0, 0), sigmaX=5, sigmaY=1.2
    )
    relief = cv2.Sobel(strokes, cv2.CV_32F, 0, 1) * 22
    return np.clip(smooth * 1.04 + relief[..., None], 0, 255).astype(np.uint8)


def poster(picture: Any, random: Any) -> Any:
    """Few flat inks, as from a screen print."""
    import numpy as np

    levels = np.array([20, 92, 158, 214, 250], np.float32)
    index = np.clip(picture.astype(np.int32) * 5 // 256, 0, 4)
    return np.clip(levels[index] + _noise(random, *_sides(picture), 2)[..., None] * 7, 0, 255).astype(
        np.uint8
    )


def outlined(picture: Any) -> Any:
    """A sticker: a white edge around everything that is not clear."""
    import cv2
    import numpy as np

    alpha = picture[..., 3]
    size = max(3, picture.shape[0] // 40)
    grown = cv2.dilate(alpha, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    grown = cv2.GaussianBlur(grown, (0, 0), 1)
    share = alpha[..., None].astype(np.float32) / 255
    colours = picture[..., :3] * share + 255 * (1 - share)
    return np.concatenate([colours, grown[..., None]], axis=2).astype(np.uint8)


def _moved(picture: Any, random: Any, strength: float, coarse: int) -> Any:
    """The picture with every point moved a little, as a hand would."""
    import cv2
    import numpy as np

    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    far = strength * height
    return cv2.remap(
        picture, x + _noise(random, height, width, coarse) * far, y + _noise(random, height, width, coarse) * far,
        cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT,
    )  # fmt: skip


def _noise(random: Any, height: int, width: int, coarse: int) -> Any:
    """Smooth noise between -1 and 1, as coarse as so many pixels."""
    import cv2
    import numpy as np

    small = random.uniform(-1, 1, (max(2, height // coarse), max(2, width // coarse))).astype(np.float32)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def _sides(picture: Any) -> tuple[int, int]:
    return int(picture.shape[0]), int(picture.shape[1])


def _on_paper(picture: Any, random: Any) -> Any:
    """A margin of bare paper with an uneven edge."""
    import numpy as np

    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    edge = np.minimum.reduce([x, y, width - 1 - x, height - 1 - y]) / height
    share = np.clip((edge - 0.022 + _noise(random, height, width, 18) * 0.008) / 0.012, 0, 1)[..., None]
    return picture * share + np.array([251, 248, 240], np.float32) * (1 - share)


def _vignette(picture: Any) -> Any:
    import numpy as np

    height, width = picture.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return (1 - 0.32 * np.clip(x**2 + y**2 - 0.4, 0, 1.6))[..., None].astype(np.float32)


STYLES: dict[str, Callable[[Any, Any], Any]] = {
    "watercolour": watercolour,
    "pencil": pencil,
    "pixels": pixels,
    "sepia": sepia,
    "monochrome": monochrome,
    "neon": neon,
    "oil": oil,
    "poster": poster,
}
