"""Small pieces of SVG, numbers cut to a tenth of a unit. Every picture is 1000 units high."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

HEIGHT = 1000.0


def n(value: float) -> str:
    """A number as SVG."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def rect(x: float, y: float, width: float, height: float, fill: str, more: str = "") -> str:
    """A rectangle."""
    return f'<rect x="{n(x)}" y="{n(y)}" width="{n(width)}" height="{n(height)}" fill="{fill}" {more}/>'


def ellipse(x: float, y: float, rx: float, ry: float, fill: str, opacity: float = 1.0) -> str:
    """An ellipse around (x, y)."""
    return (
        f'<ellipse cx="{n(x)}" cy="{n(y)}" rx="{n(rx)}" ry="{n(ry)}" fill="{fill}" opacity="{opacity:.2f}"/>'
    )


def path(d: str, fill: str, more: str = "") -> str:
    """A filled path."""
    return f'<path d="{d}" fill="{fill}" {more}/>'


def line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float, opacity: float = 1.0) -> str:
    """A line with round ends."""
    return (
        f'<path d="M{n(x1)} {n(y1)}L{n(x2)} {n(y2)}" stroke="{colour}" stroke-width="{n(width)}" '
        f'stroke-linecap="round" opacity="{opacity:.2f}" fill="none"/>'
    )


def gradient(name: str, stops: Sequence[tuple[float, str, float]], *, radial: bool = False) -> str:
    """A gradient from top to bottom, or from the centre outwards; stops are (place, colour, opacity)."""
    inner = "".join(
        f'<stop offset="{place:.2f}" stop-color="{colour}" stop-opacity="{opacity:.2f}"/>'
        for place, colour, opacity in stops
    )
    if radial:
        return f'<radialGradient id="{name}">{inner}</radialGradient>'
    return f'<linearGradient id="{name}" x1="0" y1="0" x2="0" y2="1">{inner}</linearGradient>'


def ridge(
    random: Random,
    width: float,
    base: float,
    height: float,
    bumps: float,
    fill: str,
    *,
    pointed: bool = False,
) -> str:
    """Hills, or mountains when `pointed`, from side to side, filled down to the lower edge."""
    count = max(2, round(bumps))
    step = width / count
    points = []
    for i in range(-1, count + 2):
        shift = random.uniform(-0.25, 0.25) * step
        points.append((i * step + shift, base - height * random.uniform(0.35, 1.0)))
        points.append(((i + 0.5) * step + shift, base - height * random.uniform(0.0, 0.25)))
    if pointed:
        d = "".join(f"L{n(x)} {n(y)}" for x, y in points)
        return path(f"M{n(-step)} {n(HEIGHT)}{d}L{n(width + step)} {n(HEIGHT)}Z", fill)
    return path(
        f"M{n(points[0][0])} {n(HEIGHT)}L{n(points[0][0])} {n(points[0][1])}{curve(points)}L{n(points[-1][0])} {n(HEIGHT)}Z",
        fill,
    )


def curve(points: Sequence[tuple[float, float]]) -> str:
    """A smooth line through points, from the first one on."""
    out = []
    for i in range(len(points) - 1):
        before, here = points[max(0, i - 1)], points[i]
        there, after = points[i + 1], points[min(len(points) - 1, i + 2)]
        out.append(
            f"C{n(here[0] + (there[0] - before[0]) / 6)} {n(here[1] + (there[1] - before[1]) / 6)} "
            f"{n(there[0] - (after[0] - here[0]) / 6)} {n(there[1] - (after[1] - here[1]) / 6)} {n(there[0])} {n(there[1])}"
        )
    return "".join(out)


def cloud(random: Random, x: float, y: float, width: float, fill: str, opacity: float) -> str:
    """A cloud with a flat base."""
    parts = [
        f'<rect x="{n(x - width / 2)}" y="{n(y - width * 0.09)}" width="{n(width)}" height="{n(width * 0.18)}" rx="{n(width * 0.09)}"/>'
    ]
    for place, size in ((-0.24, 0.16), (0.02, 0.23), (0.25, 0.15)):
        radius = width * size * random.uniform(0.9, 1.1)
        parts.append(f'<circle cx="{n(x + place * width)}" cy="{n(y - width * 0.09)}" r="{n(radius)}"/>')
    return f'<g fill="{fill}" opacity="{opacity:.2f}">{"".join(parts)}</g>'


def star(x: float, y: float, radius: float, opacity: float) -> str:
    """A star as a small dot, or with four rays when it is bright."""
    if radius < 3:
        return f'<circle cx="{n(x)}" cy="{n(y)}" r="{n(radius)}" fill="#fff" opacity="{opacity:.2f}"/>'
    r, s = radius * 2.2, radius * 0.5
    d = f"M{n(x)} {n(y - r)}L{n(x + s)} {n(y - s)}L{n(x + r)} {n(y)}L{n(x + s)} {n(y + s)}L{n(x)} {n(y + r)}L{n(x - s)} {n(y + s)}L{n(x - r)} {n(y)}L{n(x - s)} {n(y - s)}Z"
    return path(d, "#fff", f'opacity="{opacity:.2f}"')


def tuft(random: Random, x: float, y: float, size: float, colour: str) -> str:
    """Some blades of grass."""
    blades = []
    for lean in (-0.7, -0.25, 0.2, 0.65):
        tip = x + size * lean * random.uniform(0.7, 1.2)
        blades.append(
            f"M{n(x + lean * size * 0.25)} {n(y)}Q{n(x + lean * size * 0.3)} {n(y - size * 0.6)} {n(tip)} {n(y - size * random.uniform(0.8, 1.2))}"
        )
    return f'<path d="{"".join(blades)}" stroke="{colour}" stroke-width="{n(max(1.5, size * 0.09))}" stroke-linecap="round" fill="none"/>'


def flower(x: float, y: float, size: float, colour: str) -> str:
    """A small flower on a stalk."""
    petals = "".join(
        f'<circle cx="{n(x + math.cos(a) * size * 0.42)}" cy="{n(y - size * 1.6 + math.sin(a) * size * 0.42)}" r="{n(size * 0.36)}"/>'
        for a in (0.3, 1.56, 2.81, 4.07, 5.33)
    )
    return (
        line(x, y, x, y - size * 1.4, "#4c8a3c", max(1.5, size * 0.16))
        + f'<g fill="{colour}">{petals}</g>'
        + f'<circle cx="{n(x)}" cy="{n(y - size * 1.6)}" r="{n(size * 0.3)}" fill="#ffd75e"/>'
    )
