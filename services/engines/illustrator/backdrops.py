"""The places a scene can stand in: what is far, the ground, and what grows at the sides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from services.engines.illustrator import light as lights
from services.engines.illustrator.icons import IconSet
from services.engines.illustrator.light import Light
from services.engines.illustrator.paint import (
    HEIGHT,
    cloud,
    ellipse,
    flower,
    gradient,
    line,
    n,
    path,
    rect,
    ridge,
    star,
    tuft,
)


@dataclass(frozen=True, slots=True)
class Stage:
    """What a backdrop is painted with."""

    random: Random
    width: float
    light: Light
    time: str | None
    weather: str | None
    icons: IconSet

    def stand(self, drawing: str, x: float, base: float, size: float, more: str = "") -> str:
        """A drawing of the set as scenery: its lower edge at `base`, its largest side `size`."""
        box = self.icons.outline(drawing)
        scale = size / max(box.width, box.height)
        left, top = x - (box.left + box.width / 2) * scale, base - box.bottom * scale
        return f'<g transform="translate({n(left)} {n(top)}) scale({scale:.3f})" {more}>{self.icons.body(drawing)}</g>'


@dataclass(frozen=True, slots=True)
class Backdrop:
    """A painted place. `horizon` is where the ground begins, `near` the last line where things stand; in between lies
    the band of `water`, if there is some. In a `floats` place nothing stands at all."""

    svg: str
    horizon: float
    near: float = 950.0
    water: tuple[float, float] | None = None
    floats: bool = False
    is_inside: bool = False
    sky_down_to: float = 0.0
    front: str = ""


def open_sky(s: Stage, horizon: float) -> str:
    """Sky, clouds and what stands behind the scene."""
    return (
        lights.sky(s.random, s.width, horizon, s.light, s.time, s.weather)
        + lights.behind(s.random, s.width, horizon, s.weather)
        + lights.clouds(s.random, s.width, horizon, s.light, s.weather)
    )


def ground(s: Stage, horizon: float, far: str, near: str) -> str:
    """A floor that grows darker or lighter towards the eye."""
    shade = gradient("ground", [(0, far, 1), (1, near, 1)])
    d = f"M0 {n(horizon)}Q{n(s.width * 0.25)} {n(horizon - 22)} {n(s.width * 0.5)} {n(horizon - 4)}T{n(s.width)} {n(horizon - 8)}V{n(HEIGHT)}H0Z"
    return f"<defs>{shade}</defs>" + path(d, "url(#ground)")


def _greens(s: Stage) -> tuple[str, str, str]:
    if s.weather == "snowfall":
        return "#e8f0f7", "#f7fafd", "#c3d2e0"
    if s.weather == "autumn":
        return "#cfae5a", "#b98d3c", "#8f6c2c"
    return "#a5d36f", "#63ae4c", "#478f3c"


def _grass(s: Stage, horizon: float, count: int, colour: str) -> str:
    parts = []
    for _ in range(int(count * s.width / HEIGHT)):
        y = horizon + 15 + (HEIGHT - horizon - 15) * s.random.random() ** 0.8
        parts.append(
            tuft(
                s.random, s.random.uniform(0, s.width), y, 8 + 24 * (y - horizon) / (HEIGHT - horizon), colour
            )
        )
    return "".join(parts)


def _flowers(s: Stage, horizon: float, count: int) -> str:
    spots = sorted(
        horizon + 30 + (HEIGHT - horizon - 40) * s.random.random()
        for _ in range(int(count * s.width / HEIGHT))
    )
    colours = ("#ff8fb1", "#ffffff", "#ffd24a", "#c39bff", "#ff7a5c")
    return "".join(
        flower(
            s.random.uniform(0, s.width),
            y,
            5 + 13 * (y - horizon) / (HEIGHT - horizon),
            s.random.choice(colours),
        )
        for y in spots
    )


def _wood_edge(s: Stage, drawing: str, base: float, size: float, count: int, opacity: float = 1.0) -> str:
    step = s.width / count
    return "".join(
        s.stand(
            drawing,
            (i + s.random.uniform(0.2, 0.8)) * step,
            base + s.random.uniform(-6, 8),
            size * s.random.uniform(0.8, 1.2),
            f'opacity="{opacity}"',
        )
        for i in range(count)
    )


def meadow(s: Stage) -> Backdrop:
    far, near, blade = _greens(s)
    h = 600.0
    svg = (
        open_sky(s, h)
        + ridge(s.random, s.width, h, 110, 2.5, s.light.far)
        + ridge(s.random, s.width, h + 20, 70, 3, _mixed(far, s.light.far))
    )
    svg += _wood_edge(s, "deciduous-tree", h + 10, 70, 7) + ground(s, h, far, near) + _grass(s, h, 40, blade)
    if s.weather not in ("snowfall", "autumn"):
        svg += _flowers(s, h, 12)
    return Backdrop(svg, h)


def garden(s: Stage) -> Backdrop:
    far, near, blade = _greens(s)
    h = 600.0
    svg = (
        open_sky(s, h)
        + ridge(s.random, s.width, h, 80, 4, "#7fb661")
        + _wood_edge(s, "deciduous-tree", h + 12, 130, 4)
    )
    svg += "".join(s.stand("+fence", x * 92 + 40, h + 26, 96) for x in range(int(s.width / 92) + 1))
    svg += ground(s, h + 24, far, near) + _grass(s, h + 20, 26, blade) + _flowers(s, h + 10, 60)
    return Backdrop(svg, h + 24)


def park(s: Stage) -> Backdrop:
    far, near, blade = _greens(s)
    h = 610.0
    svg = (
        open_sky(s, h)
        + _towers(s, h, s.light.far, 170, 0.6)
        + _wood_edge(s, "deciduous-tree", h + 14, 170, 6)
        + ground(s, h, far, near)
    )
    svg += path(
        f"M{n(s.width * 0.44)} {n(h)}C{n(s.width * 0.3)} 700 {n(s.width * 0.62)} 760 {n(s.width * 0.18)} 1000H{n(s.width * 0.72)}C{n(s.width * 0.8)} 800 {n(s.width * 0.42)} 720 {n(s.width * 0.49)} {n(h)}Z",
        "#e6d3aa",
    )
    svg += (
        s.stand("+lamp", s.width * 0.9, 740, 250)
        + s.stand("+bench", s.width * 0.1, 745, 130)
        + _grass(s, h, 24, blade)
    )
    return Backdrop(svg, h)


def farm(s: Stage) -> Backdrop:
    far, near, blade = _greens(s)
    h = 590.0
    svg = open_sky(s, h) + ridge(s.random, s.width, h, 100, 2.5, s.light.far) + ground(s, h, "#d9c766", near)
    rows = "".join(
        f"M{n(s.width * (0.5 + x * 0.05))} {n(h + 6)}L{n(s.width * (0.5 + x * 0.32))} 760"
        for x in range(-5, 6)
    )
    svg += f'<path d="{rows}" stroke="#b9a545" stroke-width="5" opacity="0.6" fill="none"/>'
    svg += path(f"M0 735Q{n(s.width / 2)} 700 {n(s.width)} 740V1000H0Z", far) + path(
        f"M0 765Q{n(s.width / 2)} 735 {n(s.width)} 770V1000H0Z", near
    )
    svg += (
        s.stand("house-with-garden", s.width * 0.17, h + 26, 190)
        + s.stand("deciduous-tree", s.width * 0.32, h + 22, 130)
        + _wood_edge(s, "evergreen-tree", h + 12, 70, 4)
    )
    svg += "".join(s.stand("+fence", x * 110 + 30, 762, 112) for x in range(int(s.width / 110) + 1)) + _grass(
        s, 760, 22, blade
    )
    return Backdrop(svg, 700.0)


def forest(s: Stage) -> Backdrop:
    h = 620.0
    snowy = s.weather == "snowfall"
    far, near, blade = _greens(s) if snowy or s.weather == "autumn" else ("#8fbf62", "#4d8f42", "#35702f")
    svg = open_sky(s, h) + ridge(s.random, s.width, h, 200, 6, _mixed("#5f9a63", s.light.far))
    for base, size, count, opacity in ((h + 8, 240, 9, 0.55), (h + 28, 330, 7, 0.85)):
        svg += _wood_edge(s, "evergreen-tree", base, size, count, opacity)
    svg += ground(s, h + 10, far, near)
    svg += s.stand("deciduous-tree", s.width * 0.05, h + 150, 520) + s.stand(
        "evergreen-tree", s.width * 0.95, h + 120, 560
    )
    svg += s.stand("rock", s.width * 0.84, h + 150, 70) + _grass(s, h + 30, 34, blade)
    if not snowy:
        svg += "".join(s.stand("mushroom", s.width * x, y, 30) for x, y in ((0.12, 905), (0.9, 860)))
    return Backdrop(svg, h + 10)


def mountains(s: Stage) -> Backdrop:
    h = 640.0
    far, near, blade = _greens(s)
    svg = open_sky(s, h) + ridge(
        s.random, s.width, h, 330, 3, _mixed(s.light.far, "#ffffff", 0.25), pointed=True
    )
    for x, peak, half in ((0.26, 190, 0.3), (0.72, 250, 0.27)):
        cx = s.width * x
        half_width = 1000 * half
        svg += path(f"M{n(cx - half_width)} {n(h)}L{n(cx)} {n(peak)}L{n(cx + half_width)} {n(h)}Z", "#7387a6")
        svg += path(
            f"M{n(cx)} {n(peak)}L{n(cx + half_width)} {n(h)}H{n(cx - 20)}L{n(cx + 26)} {n(peak + 170)}Z",
            "#5d7092",
        )
        cap = (h - peak) * 0.34
        slope = half_width / (h - peak) * cap
        zigzag = f"L{n(cx + slope)} {n(peak + cap)}L{n(cx + slope * 0.45)} {n(peak + cap * 0.72)}L{n(cx + slope * 0.1)} {n(peak + cap * 1.1)}L{n(cx - slope * 0.35)} {n(peak + cap * 0.7)}L{n(cx - slope)} {n(peak + cap)}Z"
        svg += path(f"M{n(cx)} {n(peak)}{zigzag}", "#f8fbff")
    svg += ridge(s.random, s.width, h + 6, 90, 4, _mixed(near, s.light.far)) + _wood_edge(
        s, "evergreen-tree", h + 16, 120, 9
    )
    svg += ground(s, h, far, near) + _grass(s, h, 32, blade) + s.stand("rock", s.width * 0.07, 870, 100)
    return Backdrop(svg, h)


def _waves(s: Stage, top: float, bottom: float, colour: str = "#ffffff", opacity: float = 0.5) -> str:
    d = []
    for _ in range(int(26 * s.width / HEIGHT)):
        y = top + (bottom - top) * s.random.random()
        size = 18 + 60 * (y - top) / max(1.0, bottom - top)
        d.append(
            f"M{n(s.random.uniform(-20, s.width))} {n(y)}q{n(size / 4)} -7 {n(size / 2)} 0t{n(size / 2)} 0"
        )
    return f'<path d="{"".join(d)}" stroke="{colour}" stroke-width="3.4" stroke-linecap="round" opacity="{opacity}" fill="none"/>'


def _water(s: Stage, top: float, bottom: float, far: str = "#5cb8e6", near: str = "#1f7fc0") -> str:
    shade = gradient("water", [(0, _mixed(far, s.light.low, 0.35), 1), (1, near, 1)])
    return f"<defs>{shade}</defs>" + rect(0, top, s.width, bottom - top, "url(#water)")


def sea(s: Stage) -> Backdrop:
    h = 520.0
    svg = open_sky(s, h) + _water(s, h, HEIGHT) + _glitter(s, h, HEIGHT) + _waves(s, h + 12, HEIGHT)
    return Backdrop(svg, h, water=(h, HEIGHT))


def _glitter(s: Stage, top: float, bottom: float) -> str:
    if s.time not in ("sunset", "dawn", "night", "dusk"):
        return ""
    colour = "#ffe2a0" if s.time in ("sunset", "dawn") else "#dfe6ff"
    parts = []
    for i in range(22):
        y = top + 8 + (bottom - top) * (i / 22) ** 1.3
        wide = 20 + 110 * i / 22
        x = s.width * 0.68 + s.random.uniform(-0.35, 0.35) * wide
        parts.append(line(x - wide / 2, y, x + wide / 2, y, colour, 3 + i * 0.2, 0.65 - i * 0.02))
    return "".join(parts)


def beach(s: Stage) -> Backdrop:
    h, shore = 470.0, 650.0
    svg = (
        open_sky(s, h)
        + _water(s, h, shore + 60, "#6fd0e8", "#2b9fd0")
        + _glitter(s, h, shore)
        + _waves(s, h + 10, shore - 20)
    )
    sand = gradient("sand", [(0, "#f7e2ad", 1), (1, "#e9c883", 1)])
    d = f"M0 {n(shore)}C{n(s.width * 0.25)} {n(shore - 34)} {n(s.width * 0.55)} {n(shore + 40)} {n(s.width)} {n(shore - 16)}V1000H0Z"
    svg += (
        f"<defs>{sand}</defs>"
        + f'<g transform="translate(0 -13)" opacity="0.8">{path(d, "#ffffff")}</g>'
        + path(d, "url(#sand)")
    )
    for _ in range(26):
        svg += ellipse(
            s.random.uniform(0, s.width),
            s.random.uniform(shore + 50, 990),
            s.random.uniform(3, 7),
            2.4,
            "#cfa763",
            0.6,
        )
    svg += (
        s.stand("palm-tree", s.width * 0.9, shore + 120, 430)
        + s.stand("spiral-shell", s.width * 0.2, 930, 34)
        + s.stand("spiral-shell", s.width * 0.62, 965, 26)
    )
    return Backdrop(svg, shore + 20, water=(h, shore - 20))


def pond(s: Stage) -> Backdrop:
    far, near, blade = _greens(s)
    h = 560.0
    svg = (
        open_sky(s, h)
        + ridge(s.random, s.width, h, 220, 3, _mixed(s.light.far, "#ffffff", 0.1), pointed=True)
        + ridge(s.random, s.width, h + 8, 90, 4, _mixed(near, s.light.far))
    )
    svg += (
        _wood_edge(s, "evergreen-tree", h + 18, 100, 8)
        + ground(s, h, far, near)
        + _water(s, h + 28, 800, "#79c6ea", "#3f96cf")
        + _glitter(s, h + 30, 800)
        + _waves(s, h + 40, 780)
    )
    svg += path(
        f"M0 790C{n(s.width * 0.3)} 750 {n(s.width * 0.6)} 830 {n(s.width)} 775V1000H0Z", near
    ) + _grass(s, 790, 26, blade)
    for x in (0.04, 0.07, 0.94, 0.97):
        svg += line(s.width * x, 830, s.width * x + 6, 720, "#4f7f3a", 6) + ellipse(
            s.width * x + 7, 722, 7, 22, "#7a4f2a"
        )
    return Backdrop(svg, 810.0, water=(h + 60, 780))


def depths(s: Stage) -> Backdrop:
    water = gradient("deep", [(0, "#5fd0ea", 1), (0.45, "#2190c6", 1), (1, "#0c4a86", 1)])
    svg = f"<defs>{water}</defs>" + rect(0, 0, s.width, HEIGHT, "url(#deep)")
    for x in (0.1, 0.3, 0.52, 0.78):
        svg += path(
            f"M{n(s.width * x)} 0L{n(s.width * (x + 0.05))} 0L{n(s.width * (x - 0.02))} 860L{n(s.width * (x - 0.2))} 860Z",
            "#ffffff",
            'opacity="0.09"',
        )
    svg += ridge(s.random, s.width, 850, 120, 4, "#14619c") + ridge(s.random, s.width, 900, 50, 4, "#e2c98d")
    for i in range(int(9 * s.width / HEIGHT)):
        x = (i + s.random.random()) * s.width / int(9 * s.width / HEIGHT)
        d = f"M{n(x)} 960C{n(x - 40)} 880 {n(x + 40)} 840 {n(x)} {n(s.random.uniform(690, 790))}"
        svg += f'<path d="{d}" stroke="{s.random.choice(("#2f9e6b", "#3cb37d", "#237f57"))}" stroke-width="13" stroke-linecap="round" fill="none"/>'
    svg += "".join(
        s.stand("coral", s.width * x, 955, size) for x, size in ((0.07, 150), (0.9, 190), (0.36, 90))
    )
    svg += s.stand("rock", s.width * 0.74, 960, 100) + s.stand("spiral-shell", s.width * 0.55, 970, 40)
    for _ in range(22):
        svg += ellipse(
            s.random.uniform(0, s.width),
            s.random.uniform(60, 850),
            r := s.random.uniform(4, 13),
            r,
            "#dff6ff",
            0.35,
        )
    return Backdrop(svg, 870.0, water=(140, 800), floats=True, is_inside=True)


def desert(s: Stage) -> Backdrop:
    h = 580.0
    svg = (
        open_sky(s, h)
        + ridge(s.random, s.width, h + 10, 120, 2.5, "#e7b16a")
        + ridge(s.random, s.width, h + 60, 90, 2, "#eec37d")
        + ground(s, h + 60, "#f2cf8d", "#dfa75a")
    )
    svg += (
        s.stand("cactus", s.width * 0.08, 720, 190)
        + s.stand("cactus", s.width * 0.93, 660, 110)
        + s.stand("rock", s.width * 0.86, 900, 80)
    )
    return Backdrop(svg, h + 60)


def savanna(s: Stage) -> Backdrop:
    h = 600.0
    svg = (
        open_sky(s, h)
        + ridge(s.random, s.width, h, 80, 2.5, s.light.far)
        + ground(s, h, "#e3c877", "#c29a45")
    )
    for x, base, size in ((0.13, h + 50, 330), (0.88, h + 20, 230), (0.62, h + 8, 110)):
        cx = s.width * x
        svg += line(cx, base, cx + size * 0.05, base - size * 0.7, "#7a5230", size * 0.055) + line(
            cx + size * 0.02, base - size * 0.4, cx + size * 0.24, base - size * 0.72, "#7a5230", size * 0.03
        )
        svg += ellipse(cx + size * 0.05, base - size * 0.76, size * 0.46, size * 0.1, "#6d8f3b") + ellipse(
            cx - size * 0.1, base - size * 0.82, size * 0.28, size * 0.08, "#7fa349"
        )
    svg += _grass(s, h, 60, "#a9832f")
    return Backdrop(svg, h)


def snow(s: Stage) -> Backdrop:
    h = 600.0
    svg = (
        open_sky(s, h)
        + ridge(s.random, s.width, h, 230, 4, _mixed(s.light.far, "#ffffff", 0.45), pointed=True)
        + ridge(s.random, s.width, h + 20, 70, 3, "#dfeaf5")
    )
    svg += _wood_edge(s, "evergreen-tree", h + 26, 130, 5) + ground(s, h + 10, "#eaf2fa", "#ffffff")
    for _ in range(7):
        svg += ellipse(
            s.random.uniform(0, s.width),
            s.random.uniform(h + 80, 990),
            s.random.uniform(80, 190),
            12,
            "#d5e3f0",
            0.6,
        )
    return Backdrop(svg, h + 10)


def space(s: Stage) -> Backdrop:
    deep = gradient("deep", [(0, "#080b26", 1), (0.6, "#1a1448", 1), (1, "#33205f", 1)])
    cloud = gradient("nebula", [(0, "#b06be0", 0.5), (0.5, "#5c6be8", 0.22), (1, "#5c6be8", 0)], radial=True)
    svg = (
        f"<defs>{deep}{cloud}</defs>"
        + rect(0, 0, s.width, HEIGHT, "url(#deep)")
        + ellipse(s.width * 0.72, 300, s.width * 0.5, 330, "url(#nebula)")
        + ellipse(s.width * 0.2, 780, s.width * 0.42, 260, "url(#nebula)")
    )
    for _ in range(int(150 * s.width / HEIGHT)):
        svg += star(
            s.random.uniform(0, s.width),
            s.random.uniform(0, HEIGHT),
            s.random.choice((1.2, 1.6, 2, 2.8, 4)),
            s.random.uniform(0.4, 1),
        )
    planet = gradient("planet", [(0, "#f0a36b", 1), (1, "#a9496b", 1)])
    svg += (
        f"<defs>{planet}</defs>"
        + ellipse(s.width * 0.86, 900, 210, 210, "url(#planet)")
        + ellipse(s.width * 0.8, 850, 34, 34, "#8f3d60", 0.5)
        + ellipse(s.width * 0.9, 960, 50, 50, "#8f3d60", 0.4)
    )
    return Backdrop(svg, HEIGHT, floats=True)


def lunar(s: Stage) -> Backdrop:
    above = space(s)
    h = 640.0
    svg = above.svg + ridge(s.random, s.width, h + 10, 60, 3, "#8f93a3") + ground(s, h, "#b9bcc9", "#8d91a1")
    for _ in range(9):
        x, y = s.random.uniform(0, s.width), s.random.uniform(h + 60, 980)
        size = 30 + 70 * (y - h) / 360
        svg += ellipse(x, y, size, size * 0.3, "#7c8090", 0.8) + ellipse(
            x, y + size * 0.05, size * 0.86, size * 0.22, "#9a9eae", 0.9
        )
    svg += s.stand("globe-showing-europe-africa", s.width * 0.18, 300, 170)
    return Backdrop(svg, h, is_inside=True, sky_down_to=h)


def _towers(s: Stage, base: float, colour: str, height: float, opacity: float) -> str:
    """A row of houses as blocks with lit or dark windows."""
    x, parts = -20.0, []
    lit = s.time in ("night", "dusk", "sunset") or s.light.is_dark
    while x < s.width:
        wide, tall = s.random.uniform(60, 120), height * s.random.uniform(0.45, 1.0)
        parts.append(rect(x, base - tall, wide, tall + 10, colour))
        pane = "#ffe08a" if lit else "#ffffff"
        for row in range(int((tall - 30) / 42)):
            for column in range(int((wide - 16) / 24)):
                if s.random.random() < 0.7:
                    parts.append(
                        rect(
                            x + 12 + column * 24,
                            base - tall + 18 + row * 42,
                            12,
                            20,
                            pane,
                            f'opacity="{0.9 if lit else 0.35}"',
                        )
                    )
        x += wide + s.random.choice((0, 4, 12))
    return f'<g opacity="{opacity}">{"".join(parts)}</g>'


def city(s: Stage) -> Backdrop:
    h = 660.0
    svg = (
        open_sky(s, h)
        + _towers(s, h, s.light.far, 430, 0.75)
        + _towers(s, h, _mixed("#5f7391", s.light.far, 0.35), 300, 1)
    )
    svg += (
        rect(0, h, s.width, 50, "#b7bcc6")
        + rect(0, h + 46, s.width, 8, "#8d939f")
        + rect(0, h + 54, s.width, HEIGHT, "#59606d")
    )
    svg += "".join(rect(x, 838, 80, 9, "#f3efe0", 'opacity="0.85"') for x in range(10, int(s.width), 150))
    return Backdrop(svg, h + 66)


def street(s: Stage) -> Backdrop:
    h = 650.0
    far, _, _ = _greens(s)
    svg = open_sky(s, h) + _wood_edge(s, "deciduous-tree", h + 4, 170, 7, 0.9)
    x = 70.0
    for name in (
        "house",
        "convenience-store",
        "house-with-garden",
        "house",
        "office-building",
        "house",
        "bank",
        "house-with-garden",
        "house",
    ):
        if x > s.width + 80:
            break
        size = s.random.uniform(250, 310) if name != "office-building" else 400
        svg += s.stand(name, x, h + 16, size)
        x += size * 0.9
    svg += (
        rect(0, h + 10, s.width, 36, "#c8c3ba")
        + rect(0, h + 44, s.width, 8, "#8f959f")
        + rect(0, h + 52, s.width, 230, "#5d636f")
    )
    svg += "".join(rect(x, h + 158, 86, 9, "#f5eecf", 'opacity="0.9"') for x in range(10, int(s.width), 160))
    svg += rect(0, h + 282, s.width, 10, "#8f959f") + rect(0, h + 292, s.width, 100, far)
    return Backdrop(svg, h + 70, near=905)


def _window(s: Stage, x: float, y: float, width: float, height: float) -> str:
    out = gradient("pane", [(0, s.light.top, 1), (1, s.light.low, 1)])
    svg = (
        f"<defs>{out}</defs>"
        + rect(x - 14, y - 14, width + 28, height + 28, "#ffffff", 'rx="6"')
        + rect(x, y, width, height, "url(#pane)")
    )
    if s.light.is_dark:
        svg += "".join(
            star(x + s.random.uniform(8, width - 8), y + s.random.uniform(8, height * 0.6), 2, 0.9)
            for _ in range(9)
        )
    else:
        svg += ellipse(x + width * 0.3, y + height * 0.35, width * 0.14, height * 0.06, "#ffffff", 0.8)
    svg += path(
        f"M{n(x)} {n(y + height)}V{n(y + height * 0.8)}Q{n(x + width * 0.4)} {n(y + height * 0.62)} {n(x + width)} {n(y + height * 0.8)}V{n(y + height)}Z",
        "#6da857",
    )
    svg += (
        rect(x + width / 2 - 4, y, 8, height, "#ffffff")
        + rect(x, y + height / 2 - 4, width, 8, "#ffffff")
        + rect(x - 26, y + height + 10, width + 52, 16, "#f0e6d6", 'rx="4"')
    )
    return svg


def room(s: Stage) -> Backdrop:
    floor = 690.0
    wall, skirting = s.random.choice(
        (("#f2dfc4", "#e2c9a6"), ("#cfe0dc", "#b4cdc7"), ("#e9d3d0", "#d9bcb8"), ("#d5dcec", "#bcc6dd"))
    )
    boards = gradient("boards", [(0, "#c79763", 1), (1, "#a9754a", 1)])
    svg = rect(0, 0, s.width, floor, wall) + "".join(
        rect(x, 0, 26, floor, skirting, 'opacity="0.22"') for x in range(0, int(s.width), 104)
    )
    svg += (
        f"<defs>{boards}</defs>"
        + rect(0, floor, s.width, HEIGHT - floor, "url(#boards)")
        + rect(0, floor - 22, s.width, 24, "#fffaf1")
    )
    for i in range(-7, 8):
        svg += line(
            s.width * (0.5 + i * 0.09), floor + 3, s.width * (0.5 + i * 0.2), HEIGHT, "#8f5f3a", 3, 0.45
        )
    svg += _window(s, s.width * 0.09, 130, 230, 280) + s.stand("framed-picture", s.width * 0.6, 330, 150)
    svg += ellipse(s.width / 2, 870, s.width * 0.42, 90, "#b9534d", 0.85) + ellipse(
        s.width / 2, 870, s.width * 0.38, 76, "#d9796c", 0.9
    )
    svg += s.stand("potted-plant", s.width * 0.93, floor + 40, 200)
    return Backdrop(svg, floor + 40, near=930, is_inside=True)


def kitchen(s: Stage) -> Backdrop:
    top = 640.0
    svg = rect(0, 0, s.width, top, "#f6e7cf")
    for row in range(9):
        for column in range(int(s.width / 78) + 1):
            svg += rect(
                column * 78 - (39 if row % 2 else 0),
                340 + row * 36,
                74,
                32,
                s.random.choice(("#f9f3e8", "#f3e9d8", "#fbf7ee")),
                'rx="3"',
            )
    svg += _window(s, s.width * 0.36, 70, 280, 210)
    wood = gradient("wood", [(0, "#d9a066", 1), (1, "#b5773f", 1)])
    svg += (
        f"<defs>{wood}</defs>"
        + rect(0, top, s.width, HEIGHT - top, "url(#wood)")
        + rect(0, top, s.width, 9, "#f0c48d")
    )
    svg += "".join(
        line(s.random.uniform(0, s.width), y, s.random.uniform(0, s.width), y + 4, "#9c642f", 3, 0.3)
        for y in range(680, 1000, 34)
    )
    return Backdrop(svg, top + 60, near=930, is_inside=True)


def clouds(s: Stage) -> Backdrop:
    svg = open_sky(s, 1010)
    svg += "".join(
        cloud(s.random, s.width * x, y, size, s.light.cloud, 0.9)
        for x, y, size in ((0.15, 960, 420), (0.55, 1000, 520), (0.92, 950, 430), (0.8, 700, 200))
    )
    return Backdrop(svg, 930.0, floats=True, sky_down_to=1000)


def plain(s: Stage) -> Backdrop:
    tone = s.random.choice(
        (
            ("#fdf3e3", "#f6dfc0"),
            ("#e8f3fb", "#cfe3f4"),
            ("#eef6ea", "#d4e9cb"),
            ("#fbeaf0", "#f3cfdc"),
            ("#efecfb", "#d9d2f4"),
        )
    )
    shade = gradient("plain", [(0, tone[0], 1), (1, tone[1], 1)])
    return Backdrop(
        f"<defs>{shade}</defs>" + rect(0, 0, s.width, HEIGHT, "url(#plain)"), 660.0, near=880, is_inside=True
    )


def _mixed(one: str, other: str, part: float = 0.5) -> str:
    """Two colours mixed; `part` of the second."""
    a, b = (tuple(int(c.lstrip("#")[i : i + 2], 16) for i in (0, 2, 4)) for c in (one, other))
    return "#" + "".join(f"{round(x * (1 - part) + y * part):02x}" for x, y in zip(a, b, strict=True))


BACKDROPS: dict[str, Callable[[Stage], Backdrop]] = {
    "meadow": meadow, "garden": garden, "park": park, "farm": farm, "forest": forest, "mountains": mountains,
    "sea": sea, "beach": beach, "pond": pond, "depths": depths, "desert": desert, "savanna": savanna, "snow": snow,
    "space": space, "lunar": lunar, "city": city, "street": street, "room": room, "kitchen": kitchen,
    "clouds": clouds, "plain": plain,
}  # fmt: skip
