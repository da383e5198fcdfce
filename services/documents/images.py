"""Pictures a person attaches: checked, turned upright, made small enough, and freed of metadata."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import TYPE_CHECKING

from services.errors import InvalidInput

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 50_000_000
MAX_SIDE_PX = 2048
JPEG_QUALITY = 88

_TOO_MANY = f"more than {MAX_PIXELS // 10**6} million pixels. Scale it down and attach that."
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


def is_image(data: bytes) -> bool:
    """Whether the bytes begin as one of the four kinds OpenAI reads: PNG, JPEG, WebP, GIF."""
    is_webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return is_webp or data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a"))


def read_image(name: str, data: bytes) -> tuple[str, bytes]:
    """The media type and bytes of a picture, newly encoded: upright, at most 2048 px, no EXIF, no place.

    Raises InvalidInput for a damaged, huge or animated one.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(BytesIO(data), formats=_FORMATS)
            _check(name, image)
            return _encoded(image)
    except Image.DecompressionBombError as error:
        raise InvalidInput(f"{name} has {_TOO_MANY}") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise InvalidInput(
            f"{name} is a picture that cannot be read; it may be damaged. Save it anew and attach that."
        ) from error


def image_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels; zeros when the bytes are no picture."""
    from PIL import Image

    try:
        with Image.open(BytesIO(data)) as image:
            return image.size
    except (OSError, Image.DecompressionBombError):
        return 0, 0


def _check(name: str, image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise InvalidInput(f"{name} has {_TOO_MANY}")
    # Some telephones store a second picture, for depth, in a JPEG; Pillow calls that MPO.
    if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
        raise InvalidInput(f"{name} is animated; models see still pictures. Attach one frame of it.")


def _encoded(image: Image.Image) -> tuple[str, bytes]:
    from PIL import ImageOps

    is_photo = image.format in ("JPEG", "MPO", "WEBP")
    image.draft("RGB", (MAX_SIDE_PX, MAX_SIDE_PX))
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((MAX_SIDE_PX, MAX_SIDE_PX))
    is_clear = upright.mode in ("LA", "PA", "RGBA") or "transparency" in upright.info
    file = BytesIO()
    if is_photo and not is_clear:
        _without_metadata(upright.convert("RGB")).save(file, "JPEG", quality=JPEG_QUALITY)
        return "image/jpeg", file.getvalue()
    _without_metadata(upright.convert("RGBA" if is_clear else "RGB")).save(file, "PNG")
    return "image/png", file.getvalue()


def _without_metadata(image: Image.Image) -> Image.Image:
    image.info.clear()
    image.getexif().clear()
    return image
