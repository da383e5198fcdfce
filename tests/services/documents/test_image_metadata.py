"""A picture loses its place, time and names, and nothing of what is seen."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps, PngImagePlugin

from services.documents.image_metadata import without_metadata

SECRET = b"Elm Street 12"


def photo(kind: str, orientation: int = 1, **options: object) -> bytes:
    """A picture that says where it was taken, by whom, and that it is turned."""
    picture = Image.effect_noise((64, 40), 80).convert("RGB")
    exif = Image.Exif()
    exif[0x0112], exif[0x010E], exif[0x013B] = orientation, SECRET.decode(), "A. Person"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (48.0, 51.0, 29.5), "E", (2.0, 17.0, 40.2)
    out = BytesIO()
    picture.save(out, kind, exif=exif, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    picture = Image.open(BytesIO(data))
    picture.load()
    return picture


FORMATS = [("JPEG", {}), ("JPEG", {"progressive": True}), ("PNG", {}), ("WEBP", {"lossless": True})]


@pytest.mark.parametrize(("kind", "options"), FORMATS)
@pytest.mark.parametrize("orientation", [1, 6])
def test_the_place_is_gone_and_the_picture_is_the_same(
    kind: str, options: dict[str, object], orientation: int
) -> None:
    data = photo(kind, orientation, **options)
    assert opened(data).getexif().get_ifd(0x8825), "the picture of this test has no place"
    clean = without_metadata(data)
    left = opened(clean).getexif()
    assert not left.get_ifd(0x8825)
    assert set(left) <= {0x0112}
    assert SECRET not in clean
    before, after = (ImageOps.exif_transpose(opened(d)) for d in (data, clean))
    assert before.size == after.size == ((40, 64) if orientation == 6 else (64, 40))
    assert before.tobytes() == after.tobytes()


def test_the_text_of_a_png_is_gone() -> None:
    info, out = PngImagePlugin.PngInfo(), BytesIO()
    info.add_text("Comment", SECRET.decode())
    info.add_itxt("XML:com.adobe.xmp", f"<x>{SECRET.decode()}</x>", zip=False)
    Image.new("RGBA", (8, 8), (1, 2, 3, 4)).save(out, "PNG", pnginfo=info)
    clean = without_metadata(out.getvalue())
    assert SECRET in out.getvalue() and SECRET not in clean
    assert opened(clean).getpixel((0, 0)) == (1, 2, 3, 4)


def test_a_second_picture_behind_the_first_is_left_out() -> None:
    data = without_metadata(photo("JPEG") + photo("JPEG"))
    assert data.count(b"\xff\xd8\xff") == 1
    assert data.endswith(b"\xff\xd9")


def test_the_comment_of_a_gif_is_gone_and_it_still_moves() -> None:
    frames = [Image.new("P", (8, 8), n) for n in range(3)]
    out = BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], comment=SECRET, loop=0)
    clean = without_metadata(out.getvalue())
    assert SECRET in out.getvalue() and SECRET not in clean
    assert opened(clean).n_frames == opened(out.getvalue()).n_frames  # type: ignore[attr-defined]
    assert opened(clean).info["loop"] == 0


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"%PDF-1.7", b"\xff\xd8", b"RIFF"])
def test_what_is_no_picture_comes_back_as_it_was(data: bytes) -> None:
    assert without_metadata(data) == data


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_cut_anywhere_tells_nothing(kind: str) -> None:
    data = photo(kind, 6)
    assert all(SECRET not in without_metadata(data[:size]) for size in range(12, len(data), 7))


@given(
    st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"GIF89a"]),
    st.binary(max_size=400),
)
def test_any_bytes_are_taken(start: bytes, rest: bytes) -> None:
    assert isinstance(without_metadata(start + rest), bytes)
