"""The words the illustrator knows, read from lexicon.toml once."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PATH = Path(__file__).with_name("lexicon.toml")
MIDDLING_M = 0.35
_IRREGULAR = {
    "mice": "mouse",
    "geese": "goose",
    "men": "man",
    "women": "woman",
    "children": "child",
    "people": "person",
    "wolves": "wolf",
    "leaves": "leaf",
    "knives": "knife",
    "loaves": "loaf",
    "elves": "elf",
    "teeth": "tooth",
    "oxen": "ox",
    "feet": "foot",
    "bunnies": "bunny",
    "cacti": "cactus",
    "firemen": "fireman",
}
_KEPT = frozenset(
    ("bus", "grass", "glass", "dress", "cactus", "chess", "moss", "octopus", "glasses", "fries", "walrus")
)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Phrases and what they mean; `names` gives drawings, the others classes of this file."""

    names: dict[str, str]
    metres: dict[str, float]
    habitats: dict[str, str]
    wearable: dict[str, str]
    containers: dict[str, float]
    places: dict[str, str]
    times: dict[str, str]
    weathers: dict[str, str]
    styles: dict[str, str]
    relations: dict[str, str]
    colours: dict[str, str]
    counts: dict[str, int]
    sizes: dict[str, float]
    clothes: frozenset[str]
    own_colours: dict[str, str]
    passed_over: frozenset[str]

    def size_m(self, drawing: str) -> float:
        """The largest side of a thing, in metres."""
        return self.metres.get(drawing, 1.7 if is_person(drawing) else MIDDLING_M)


@cache
def lexicon() -> Lexicon:
    """The lexicon that ships with the application."""
    raw = tomllib.loads(PATH.read_text(encoding="utf-8"))
    return Lexicon(
        names=_inverted(raw["names"]),
        metres=_by_number(raw["metres"]),
        habitats=_inverted(raw["habitats"]),
        wearable=_inverted(raw["wearable"]),
        containers=_by_number(raw["containers"]),
        places=_inverted(raw["places"]),
        times=_inverted(raw["times"]),
        weathers=_inverted(raw["weathers"]),
        styles=_inverted(raw["styles"]),
        relations=_inverted(raw["relations"]),
        colours=raw["colours"],
        counts=raw["counts"],
        sizes=raw["sizes"],
        clothes=frozenset(raw["clothes"]["worn"]),
        own_colours=_inverted(raw["own_colours"]),
        passed_over=frozenset(raw["passed_over"]["words"].split()),
    )


def is_person(drawing: str) -> bool:
    """Whether a drawing shows somebody."""
    return drawing in _PEOPLE or drawing.partition("-")[0] in ("man", "woman", "person", "old", "mx", "mrs")


_PEOPLE = frozenset(
    [
        "boy",
        "girl",
        "child",
        "baby",
        "artist",
        "astronaut",
        "construction-worker",
        "cook",
        "detective",
        "factory-worker",
        "farmer",
        "firefighter",
        "guard",
        "health-worker",
        "judge",
        "mechanic",
        "office-worker",
        "pilot",
        "police-officer",
        "prince",
        "princess",
        "scientist",
        "singer",
        "student",
        "teacher",
        "technologist",
        "ninja",
        "santa-claus",
        "troll",
        "older-person",
        "horse-racing",
        "skier",
        "snowboarder",
    ]
)


def singular(word: str) -> str:
    """The word for one of them."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word in _KEPT or len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if re.search(r"(s|x|z|ch|sh|tomato|potato|mango|flamingo|hero)es$", word) and not word.endswith(
        ("shoes", "houses", "horses", "roses", "vases", "noses")
    ):
        return word[:-2]
    return word[:-1]


def _inverted(groups: dict[str, list[str]]) -> dict[str, str]:
    return {phrase: name for name, phrases in groups.items() for phrase in phrases}


def _by_number(groups: dict[str, list[str]]) -> dict[str, float]:
    return {name: float(number) for number, names in groups.items() for name in names}
