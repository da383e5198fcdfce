import pytest

from services.engines.illustrator.icons import IconSet
from services.engines.illustrator.lexicon import lexicon, singular
from services.engines.illustrator.reading import Reading, read_prompt
from services.engines.manifest import manifest
from services.settings import get_settings


@pytest.fixture(scope="module")
def icons() -> IconSet:
    path = get_settings().models_dir / manifest().model("fluent-emoji-flat").files[0].filename
    if not path.is_file():
        pytest.skip("The drawings are not here: python -m services.engines fetch --only illustration")
    return IconSet(path)


def read(icons: IconSet, prompt: str) -> Reading:
    return read_prompt(prompt, icons, None)


def things(reading: Reading) -> list[tuple[str, int, str | None, str | None, int | None]]:
    return [(s.drawing, s.count, s.colour, s.relation, s.to) for s in reading.subjects]


def test_counts_colours_and_relations_are_read(icons):
    reading = read(icons, "Three black cats on a wooden table beside a blue lamp")
    assert things(reading) == [
        ("black-cat", 3, None, "on", 1),
        ("+table", 1, None, None, None),
        ("+floor-lamp", 1, "blue", "beside", 1),
    ]


def test_everybody_named_together_shares_the_relation(icons):
    reading = read(icons, "a red fox and two rabbits under a tree")
    assert things(reading)[:2] == [("fox", 1, "red", "under", 2), ("rabbit", 2, None, "under", 2)]


def test_place_time_weather_and_style_are_no_subjects(icons):
    reading = read(icons, "a wolf in a foggy forest at night, watercolour")
    assert [s.drawing for s in reading.subjects] == ["wolf"]
    assert (reading.place, reading.time, reading.weather, reading.style) == (
        "forest",
        "night",
        "fog",
        "watercolour",
    )


def test_a_wide_sky_carries_nothing(icons):
    assert things(read(icons, "an owl under the full moon")) == [
        ("owl", 1, None, None, None),
        ("full-moon", 1, None, None, None),
    ]


def test_clothes_colour_the_person_and_hats_are_worn(icons):
    assert things(read(icons, "a girl in a red dress")) == [("girl", 1, "red", None, None)]
    assert things(read(icons, "a bear wearing a top hat and sunglasses"))[1:] == [
        ("top-hat", 1, None, "wearing", 0),
        ("sunglasses", 1, None, "wearing", 0),
    ]


def test_what_is_not_known_is_said(icons):
    assert read(icons, "a glorbulent cat").unknown == ("glorbulent",)


def test_an_endless_prompt_is_read_within_bounds(icons):
    assert len(read(icons, "cat " * 10_000).subjects) <= 9


def test_every_name_in_the_lexicon_is_a_drawing(icons):
    words = lexicon()
    named = {*words.names.values(), *words.metres, *words.habitats, *words.wearable, *words.containers}
    assert {name for name in named if name not in icons} == set()


@pytest.mark.parametrize(
    ("plural", "one"),
    [("mice", "mouse"), ("foxes", "fox"), ("cherries", "cherry"), ("horses", "horse"), ("glass", "glass")],
)
def test_plurals(plural, one):
    assert singular(plural) == one
