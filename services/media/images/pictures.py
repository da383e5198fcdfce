"""Pictures as bytes and as pixels: untrusted ones read within bounds, results written as PNG, JPEG, WebP or GIF."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import TYPE_CHECKING, Any

from services.errors import InvalidInput

if TYPE_CHECKING:
    from PIL import Image

MOST_BYTES = 50 * 2**20
MOST_PIXELS = 50_000_000
LONGEST_SIDE_PX = 2048
READ_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MEDIA_TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "svg": "image/svg+xml",
}
PAPER = (255, 255, 255)


def read_picture(name: str, data: bytes, *, longest_side_px: int = LONGEST_SIDE_PX) -> Image.Image:
    """A picture as RGBA pixels, upright, without metadata, at most `longest_side_px` wide and high.

    Raises InvalidInput for what is no picture, damaged, animated, or too large to be unpacked.
    """
    from PIL import Image, UnidentifiedImageError

    if len(data) > MOST_BYTES:
        raise InvalidInput(
            f"{name} is larger than {MOST_BYTES // 2**20} MB. Send a smaller one.", code="file_too_large"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(BytesIO(data), formats=READ_FORMATS)
            _check(name, picture)
            return _upright(picture, longest_side_px)
    except Image.DecompressionBombError as error:
        raise _too_many(name) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, MemoryError) as error:
        raise InvalidInput(
            f"{name} is no PNG, JPEG, WebP or GIF that can be read; it may be damaged. Save it anew and send that.",
            code="invalid_image_format",
        ) from error


def written(pixels: Any, picture_format: str, compression: int = 100, comment: str | None = None) -> bytes:
    """Pixels (height, width, RGBA) as a file; `compression` from 0 to 100 is the quality of JPEG and WebP."""
    from PIL import Image

    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels, "RGBA")
    out = BytesIO()
    extremes: Any = picture.getchannel("A").getextrema()
    is_opaque = extremes[0] == 255
    match picture_format:
        case "jpeg":
            flat = Image.new("RGB", picture.size, PAPER)
            flat.paste(picture, mask=picture.getchannel("A"))
            flat.save(out, "JPEG", quality=max(1, min(compression, 95)))
        case "webp":
            picture.save(out, "WEBP", quality=compression, method=2)
        case "gif":
            picture.save(out, "GIF")
        case _:
            (picture.convert("RGB") if is_opaque else picture).save(
                out, "PNG", compress_level=3, pnginfo=_note(comment)
            )
    return out.getvalue()


def small(data: bytes, side_px: int) -> bytes:
    """A WebP of a picture of ours for a list, at most `side_px` wide and high."""
    picture = read_picture("The picture", data, longest_side_px=side_px)
    return written(picture, "webp", 82)


def _note(comment: str | None) -> Any:
    if comment is None:
        return None
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt("Comment", comment)
    return info


def _check(name: str, picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise _too_many(name)
    # Some telephones store a second picture, for depth, in a JPEG; Pillow calls that MPO.
    if picture.format != "MPO" and getattr(picture, "n_frames", 1) > 1:
        raise InvalidInput(f"{name} is animated. Send one frame of it.", code="invalid_image_format")


def _upright(picture: Image.Image, longest_side_px: int) -> Image.Image:
    from PIL import ImageOps

    picture.draft("RGB", (longest_side_px, longest_side_px))
    turned = ImageOps.exif_transpose(picture)
    if turned.mode.startswith("I"):  # 16 bits of grey, of which Pillow would keep the lower 8
        turned = turned.point(lambda value: value / 256).convert("L")
    plain = turned.convert("RGBA")
    plain.thumbnail((longest_side_px, longest_side_px))
    plain.info.clear()
    return plain


def _too_many(name: str) -> InvalidInput:
    return InvalidInput(
        f"{name} has more than {MOST_PIXELS // 10**6} million pixels. Scale it down and send that.",
        code="image_too_large",
    )
