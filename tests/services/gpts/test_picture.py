"""A GPT's picture is small, square, says nothing but itself, and comes along in the shared file."""

from __future__ import annotations

import base64
import json
from io import BytesIO

import pytest
from PIL import Image

from services.errors import InvalidInput
from services.gpts.picture import SIDE_PX, picture_bytes, picture_from
from services.gpts.records import Gpt
from services.gpts.store import from_file, to_file


def photo(width: int, height: int) -> bytes:
    out, exif = BytesIO(), Image.Exif()
    exif[0x010E] = "taken at home"
    Image.effect_noise((width, height), 90).convert("RGB").save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_it_is_small_and_square_and_says_nothing_else() -> None:
    given = photo(900, 600)
    assert b"taken at home" in given
    data = picture_bytes(picture_from("p.jpg", given))
    assert data is not None and b"taken at home" not in data and len(data) < 100_000
    picture = Image.open(BytesIO(data))
    assert picture.size == (SIDE_PX, SIDE_PX) and not picture.getexif()


def test_it_travels_with_the_file() -> None:
    gpt = Gpt("gpt_1", "Tutor", picture=picture_from("p.jpg", photo(300, 300)))
    opened = from_file(to_file(gpt))
    data = picture_bytes(opened.picture)
    assert data is not None and Image.open(BytesIO(data)).size == (SIDE_PX, SIDE_PX)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"x" * 10_000_001, "has 10 MB; a GPT's picture has at most 10"),
        (b"no picture", "can be read"),
        (photo(300, 300)[:900], "may be damaged"),
        (b"", "can be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "can be read"),
    ],
)
def test_what_is_no_good_picture_is_a_sentence(data: bytes, words: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        picture_from("p.jpg", data)
    assert words in raised.value.user_message


def bomb() -> bytes:
    """A picture of 400 million pixels in half a megabyte."""
    out = BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    "told",
    ["%%%", "aGVsbG8=", "A" * 200_000, base64.b64encode(bomb()).decode()],
    ids=["no base64", "text", "long", "bomb"],
)
def test_a_file_with_a_bad_picture_is_refused_in_words(told: str) -> None:
    document = json.loads(to_file(Gpt("gpt_1", "Tutor")))
    document["gpt"]["picture"] = told
    with pytest.raises(InvalidInput, match="picture in the file"):
        from_file(json.dumps(document).encode())
