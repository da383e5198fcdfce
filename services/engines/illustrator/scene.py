"""A whole picture as SVG: the place, the things in it from far to near, their shadows, and the light over all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from services.engines.illustrator import light as lights
from services.engines.illustrator.backdrops import BACKDROPS, Backdrop, Stage
from services.engines.illustrator.icons import IconSet
from services.engines.illustrator.layout import Layout, Placed
from services.engines.illustrator.lexicon import lexicon
from services.engines.illustrator.paint import HEIGHT, ellipse, gradient, line, n, path
from services.engines.illustrator.reading import Reading, Subject

ALONE_ON_A_TABLE = "kitchen"
SHINING = frozenset(
    [
        "fire",
        "candle",
        "light-bulb",
        "full-moon",
        "crescent-moon",
        "sun",
        "star",
        "glowing-star",
        "shooting-star",
        "+lamp",
        "red-paper-lantern",
        "jack-o-lantern",
        "fireworks",
        "sparkler",
        "diya-lamp",
        "sparkles",
        "high-voltage",
        "comet",
        "+lighthouse",
    ]
)
_EATEN = frozenset(
    [
        "red-apple",
        "green-apple",
        "banana",
        "pizza",
        "hamburger",
        "birthday-cake",
        "hot-beverage",
        "bread",
        "strawberry",
        "cupcake",
        "cookie",
        "doughnut",
        "croissant",
        "pancakes",
        "sushi",
        "taco",
        "wine-glass",
        "teapot",
        "cheese-wedge",
        "pear",
        "lemon",
        "tangerine",
        "grapes",
        "cherries",
        "pineapple",
        "watermelon",
        "pie",
        "steaming-bowl",
        "bowl-with-spoon",
        "fork-and-knife-with-plate",
        "spaghetti",
        "egg",
        "avocado",
        "tomato",
        "carrot",
        "honey-pot",
        "soft-ice-cream",
        "glass-of-milk",
        "+vase",
        "bouquet",
        "beer-mug",
        "cooking",
        "green-salad",
        "french-fries",
        "waffle",
        "ice-cream",
        "chocolate-bar",
        "basket",
        "popcorn",
        "burrito",
        "hot-dog",
    ]
)


@dataclass(frozen=True, slots=True)
class Scene:
    """What is drawn, and where: the SVG, the place, and each thing."""

    svg: str
    place: str
    placed: tuple[Placed, ...]


def compose(reading: Reading, icons: IconSet, seed: int, width: float, *, transparent: bool = False) -> Scene:
    """The scene that `reading` asks for, 1000 units high and `width` wide. The same seed gives the same scene."""
    random = Random(seed)
    place = place_of(reading)
    reading = _settled(reading, place)
    light = lights.light_of(reading.time, reading.weather)
    stage = Stage(random, width, light, reading.time, reading.weather, icons)
    backdrop = BACKDROPS[place](stage)
    placed = Layout(icons, random, width, backdrop).place(reading.subjects)
    if transparent:
        backdrop = replace(backdrop, svg="", front="", is_inside=True)
    return Scene(_document(stage, backdrop, placed, reading, transparent=transparent), place, tuple(placed))


def place_of(reading: Reading) -> str:
    """The place a prompt names, or the one where its subjects are at home."""
    if reading.style in ("minimal", "sticker"):
        return "plain"
    if reading.place == "clouds" and not _all_fly(reading.subjects):
        return "meadow"
    if reading.place is not None:
        return reading.place
    habitats = Counter(h for s in reading.subjects if (h := lexicon().habitats.get(s.drawing)) is not None)
    known = [h for h, _ in habitats.most_common() if h in BACKDROPS]
    if known:
        if known[0] == "depths" and any(s.relation in ("in", "on") for s in reading.subjects):
            return "room"
        return known[0]
    if reading.subjects and all(s.drawing in _EATEN for s in reading.subjects):
        return ALONE_ON_A_TABLE
    if (
        habitats["air"]
        and _all_fly(reading.subjects)
        and any("airplane" in s.drawing or s.drawing == "parachute" for s in reading.subjects)
    ):
        return "clouds"
    return "meadow"


def _all_fly(subjects: Sequence[Subject]) -> bool:
    habitats = lexicon().habitats
    return bool(subjects) and all(
        s.to is not None or habitats.get(s.drawing) in ("air", "sky", "space") for s in subjects
    )


def _settled(reading: Reading, place: str) -> Reading:
    """The reading with what follows from its own words: a moon makes a night, a snowy place has snow on the ground."""
    drawings = {s.drawing for s in reading.subjects}
    time = reading.time
    if (
        time is None
        and drawings & {"full-moon", "crescent-moon", "shooting-star", "fireworks"}
        and place != "space"
    ):
        time = "night"
    return replace(reading, time=time)


def _document(
    stage: Stage, backdrop: Backdrop, placed: list[Placed], reading: Reading, *, transparent: bool
) -> str:
    drawn = _Drawn(stage, backdrop)
    behind = [p for p in placed if p.order <= -400]
    others = sorted((p for p in placed if p.order > -400), key=lambda p: p.order)
    shining = [p for p in placed if p.drawing in SHINING]
    parts = [backdrop.svg]
    if (
        not backdrop.is_inside
        and not backdrop.floats
        and not any(p.drawing in ("sun", "full-moon", "crescent-moon", "sun-with-face") for p in placed)
    ):
        kind = lights.default_orb(reading.time, reading.weather)
        if kind is not None and not transparent:
            at = (0.68, backdrop.horizon * 0.9, 62.0) if kind == "low sun" else (0.82, 150.0, 56.0)
            orb = lights.orb(kind, stage.width * at[0], at[1], at[2])
            parts.insert(0, "")
            parts.append(orb if kind != "low sun" else "")
    parts += [drawn.one(p) for p in behind]
    parts += [drawn.one(p) for p in others]
    parts.append(backdrop.front)
    if not transparent:
        strength = (
            0.0
            if reading.place == "space" or (backdrop.floats and backdrop.sky_down_to == 0)
            else 0.45
            if backdrop.is_inside
            else 1.0
        )
        parts.append(lights.tinted(stage.width, stage.light, strength))
        if strength and (stage.light.is_dark or reading.time in ("dusk", "sunset")):
            parts += [drawn.glow(p) for p in shining]
        if not backdrop.is_inside:
            parts.append(lights.falling(stage.random, stage.width, reading.weather))
    defs = "".join(drawn.defs.values())
    view = f"0 0 {n(stage.width)} {n(HEIGHT)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{view}">'
        f"<defs>{defs}</defs>{''.join(parts)}</svg>"
    )


class _Drawn:
    """Things as SVG; each drawing is defined once and used wherever it stands."""

    def __init__(self, stage: Stage, backdrop: Backdrop) -> None:
        self._stage, self._backdrop = stage, backdrop
        self.defs: dict[tuple[str, str | None], str] = {}
        self._colours = lexicon().colours

    def one(self, placed: Placed) -> str:
        icons = self._stage.icons
        outline = icons.outline(placed.drawing)
        width, height = placed.box(outline)
        scale = placed.size / max(outline.width, outline.height)
        key = (placed.drawing, placed.colour)
        if key not in self.defs:
            colour = self._colours.get(placed.colour) if placed.colour else None
            self.defs[key] = f'<g id="d{len(self.defs)}">{icons.body(placed.drawing, colour)}</g>'
        name = f"d{list(self.defs).index(key)}"
        middle = (outline.left + outline.right) / 2
        sign = -1 if placed.flipped else 1
        left, top = placed.x - middle * scale * sign, placed.y - outline.bottom * scale
        use = f'<use href="#{name}" xlink:href="#{name}" transform="translate({n(left)} {n(top)}) scale({scale * sign:.3f} {scale:.3f})"/>'
        return (
            self._shore(placed, width)
            + self._shadow(placed, width)
            + self._string(placed)
            + use
            + self._waterline(placed, width, height)
        )

    def glow(self, placed: Placed) -> str:
        """The light of a thing that shines, with the thing once more above the dark."""
        _, height = placed.box(self._stage.icons.outline(placed.drawing))
        name = f"glow{int(placed.x)}{int(placed.y)}"
        halo = gradient(name, [(0, "#ffe7a0", 0.75), (0.4, "#ffd36b", 0.3), (1, "#ffb347", 0)], radial=True)
        at = placed.y - height * (0.86 if placed.drawing in ("+lamp", "+lighthouse") else 0.5)
        radius = max(70.0, placed.size * (0.5 if placed.drawing in ("+lamp", "+lighthouse") else 0.95))
        light = f"<defs>{halo}</defs>" + ellipse(placed.x, at, radius, radius, f"url(#{name})")
        lit = "" if placed.drawing in ("+lamp", "+lighthouse") else self.one(replace(placed, grounded=False))
        return light + lit

    def _shore(self, placed: Placed, width: float) -> str:
        """A rock for what does not swim, where there is nothing but water."""
        if not placed.grounded or self._backdrop.water is None or self._backdrop.water[1] < HEIGHT:
            return ""
        x, y, half = placed.x, placed.y, max(70.0, width * 0.8)
        return (
            ellipse(x, y + 12, half * 1.12, 24, "#ffffff", 0.4)
            + path(
                f"M{n(x - half)} {n(y + 16)}Q{n(x - half * 0.7)} {n(y - 16)} {n(x)} {n(y - 12)}T{n(x + half)} {n(y + 16)}Q{n(x)} {n(y + 40)} {n(x - half)} {n(y + 16)}Z",
                "#8a8377",
            )
            + path(
                f"M{n(x - half * 0.8)} {n(y + 4)}Q{n(x - half * 0.4)} {n(y - 18)} {n(x + half * 0.2)} {n(y - 12)}T{n(x + half * 0.75)} {n(y + 6)}Q{n(x)} {n(y + 18)} {n(x - half * 0.8)} {n(y + 4)}Z",
                "#7da55a",
            )
        )

    def _shadow(self, placed: Placed, width: float) -> str:
        if not placed.grounded or (self._backdrop.floats and self._backdrop.water is None):
            return ""
        opacity = 0.1 if self._stage.weather in ("rain", "fog", "cloudy", "snowfall") else 0.2
        return ellipse(
            placed.x + width * 0.05, placed.y - 2, width * 0.5, max(6.0, width * 0.075), "#1d2433", opacity
        )

    def _string(self, placed: Placed) -> str:
        if placed.string_to is None:
            return ""
        return line(placed.x, placed.y - 2, *placed.string_to, "#5b5f66", 3, 0.9)

    def _waterline(self, placed: Placed, width: float, height: float) -> str:
        if not placed.afloat or self._backdrop.water is None:
            return ""
        x, y, half = placed.x, placed.y - height * 0.07, width * 0.62
        wave = f"M{n(x - half)} {n(y + 4)}q{n(half / 4)} -12 {n(half / 2)} 0t{n(half / 2)} 0t{n(half / 2)} 0t{n(half / 2)} 0V{n(placed.y + 10)}Q{n(x)} {n(placed.y + 34)} {n(x - half)} {n(placed.y + 10)}Z"
        return path(wave, "#3f9fd6", 'opacity="0.78"') + ellipse(
            x, placed.y + 12, half * 0.9, 5, "#ffffff", 0.35
        )
