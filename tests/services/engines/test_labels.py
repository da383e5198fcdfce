"""What is likely on a picture: the names, how they are added up, and the real network where it was fetched."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from services.engines.labels import LabelEngine, likely, names
from services.engines.manifest import manifest
from services.errors import ModelUnavailable
from services.media.images.looking import SQUARE_PX, Likely
from services.settings import get_settings

ENTRY = manifest().model("efficientnet-lite0")


def probabilities(**of: float) -> list[float]:
    """Of the things named (with _ for a blank), the rest spread evenly over what has no kind."""
    given = {name.replace("_", " "): p for name, p in of.items()}
    assert given.keys() <= {thing.name for thing in names()}
    return [given.pop(thing.name, 0.0) for thing in names()]


def test_each_number_has_a_name() -> None:
    assert len(names()) == 1000
    assert all(thing.name.strip() == thing.name and thing.name for thing in names())
    places = {thing.name: number for number, thing in enumerate(names())}
    # Places that the network's publisher gives.
    assert [places[n] for n in ("tench", "golden retriever", "tabby cat", "abacus", "pizza", "toilet paper")] == [
        0, 207, 281, 398, 963, 999,
    ]  # fmt: skip
    assert names()[207].kind == "dog"


def test_the_breeds_of_a_kind_add_up() -> None:
    assert likely(probabilities(beagle=0.2, whippet=0.15, pizza=0.25)) == Likely("dog", pytest.approx(0.35))


def test_a_breed_is_named_when_it_is_likely_itself() -> None:
    assert likely(probabilities(beagle=0.6, whippet=0.2)) == Likely("dog", pytest.approx(0.8), "beagle")


def test_a_thing_without_a_kind_is_named_once() -> None:
    assert likely(probabilities(pizza=0.9)) == Likely("pizza", pytest.approx(0.9))


def test_what_is_not_likely_enough_is_not_said() -> None:
    assert likely(probabilities(pizza=0.29, beagle=0.2)) is None


def test_a_file_that_is_none_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ENTRY.files[0].filename).write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    monkeypatch.setattr("services.engines.labels.ensure_files", lambda files, folder: None)
    with pytest.raises(ModelUnavailable, match="fetch"):
        LabelEngine(ENTRY, tmp_path).label(bytes(SQUARE_PX * SQUARE_PX * 3))


@pytest.mark.model
def test_the_network_sees_a_crossword_and_nothing_in_noise() -> None:
    models_dir = get_settings().models_dir
    if not (models_dir / ENTRY.files[0].filename).is_file():
        pytest.skip("the network is not here: python -m services.engines fetch --only image-labels")
    engine = LabelEngine(ENTRY, models_dir)
    found = engine.label(crossword().tobytes())
    assert found is not None and found.name == "crossword" and found.probability > 0.5
    noise = Image.effect_noise((SQUARE_PX, SQUARE_PX), 60).convert("RGB")
    assert engine.label(noise.tobytes()) is None


def crossword() -> Image.Image:
    """A grid with black squares and letters."""
    picture = Image.new("RGB", (SQUARE_PX, SQUARE_PX), "white")
    drawing, font = ImageDraw.Draw(picture), ImageFont.load_default(12)
    for row in range(13):
        for column in range(13):
            x, y = 8 + 16 * column, 8 + 16 * row
            is_black = (3 * row + 5 * column + row * column) % 5 == 0
            drawing.rectangle((x, y, x + 16, y + 16), "black" if is_black else "white", "black")
            if not is_black:
                drawing.text((x + 4, y + 1), "AEIRSTLN"[(row + column * 3) % 8], "black", font)
    return picture
