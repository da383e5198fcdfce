from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image, ImageDraw, ImageFont

from services.errors import InvalidInput
from services.media.images.looking import Looker


@pytest.fixture(scope="module")
def looker() -> Iterator[Looker]:
    made = Looker()
    yield made
    made.close()


def test_text_is_read_with_its_box_and_colours_are_named(looker):
    picture = Image.new("RGB", (640, 320), "#1f6fd0")
    ImageDraw.Draw(picture).text((60, 130), "FRESH COFFEE 24", "white", ImageFont.load_default(48))
    out = BytesIO()
    picture.save(out, "PNG")
    look = looker.look(out.getvalue())
    assert (look.width, look.height) == (640, 320)
    assert "FRESH COFFEE" in look.text
    (line,) = look.lines
    assert line.left < 0.15 and 0.3 < line.top < line.bottom < 0.7
    assert look.colours[0].name == "blue" and look.colours[0].share > 0.8
    assert "FRESH COFFEE" in look.summary and "blue" in look.summary


def test_what_is_no_picture_is_refused(looker):
    with pytest.raises(InvalidInput):
        looker.look(b"<svg onload='x()'/>")
