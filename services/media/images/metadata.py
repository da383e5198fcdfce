"""What a downloaded picture says about itself: prompt, model and parameters, inside the file."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

DESCRIPTION_TAG, SOFTWARE_TAG = 0x010E, 0x0131


def with_metadata(data: bytes, facts: Mapping[str, str]) -> bytes:
    """The picture with `facts` in it: as texts in a PNG, as EXIF description in JPEG and WebP. Its pixels stay the same.

    Other kinds come back as they are.
    """
    from PIL import Image

    picture = Image.open(BytesIO(data), formats=["PNG", "JPEG", "WEBP"]) if _can_hold(data) else None
    if picture is None:
        return data
    out = BytesIO()
    if picture.format == "PNG":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        for name, value in facts.items():
            info.add_itxt(name, value)
        picture.save(out, "PNG", pnginfo=info)
        return out.getvalue()
    exif = Image.Exif()
    exif[DESCRIPTION_TAG] = "\n".join(f"{name}: {value}" for name, value in facts.items()).encode()
    exif[SOFTWARE_TAG] = "Tandem"
    if picture.format == "JPEG":
        picture.save(out, "JPEG", quality="keep", exif=exif)
    else:
        picture.save(out, "WEBP", lossless=True, quality=60, method=2, exif=exif)
    return out.getvalue()


def _can_hold(data: bytes) -> bool:
    return data.startswith((b"\x89PNG", b"\xff\xd8\xff")) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
