"""A line chart as SVG that needs nothing else: no script, no font, no resource from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 460, 240
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 12, 34
TICKS = 4


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `solid` points are (x, y), in order; `dashed` ones go on from there. `colour` is a CSS class's name."""

    label: str
    colour: str
    solid: tuple[tuple[float, float], ...]
    dashed: tuple[tuple[float, float], ...] = ()


def line_chart(lines: Sequence[Line], described: str, written: Callable[[float], str]) -> str:
    """The chart; `described` is what a screen reader says, `written` how a value stands on the axis.

    Empty when there is no point.
    """
    points = [point for line in lines for point in (*line.solid, *line.dashed)]
    if not points:
        return ""
    first, last = min(x for x, _ in points), max(x for x, _ in points)
    step = _step(max(y for _, y in points))
    top = step * max(ceil(max(y for _, y in points) / step - 1e-9), 1)
    plane = _Plane(first, max(last, first + 1), top)
    body = "".join([*_axes(plane, step, written), *(_drawn(line, n, plane) for n, line in enumerate(lines))])
    return (
        f'<svg role="img" viewBox="0 0 {WIDTH} {HEIGHT}" xmlns="http://www.w3.org/2000/svg">'
        f"<title>{escape(described)}</title>{body}</svg>"
    )


@dataclass(frozen=True, slots=True)
class _Plane:
    """From values to places in the picture."""

    first: float
    last: float
    top: float

    def x(self, value: float) -> float:
        return LEFT + (value - self.first) / (self.last - self.first) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - value / self.top * (HEIGHT - TOP - BOTTOM)

    def path(self, points: Sequence[tuple[float, float]]) -> str:
        return "M" + "L".join(f"{self.x(x):.1f} {self.y(y):.1f}" for x, y in points)


def _step(highest: float) -> float:
    """A round distance between ticks: 1, 2 or 5 times a power of ten."""
    raw = highest / TICKS if highest > 0 else 1.0
    power = 10.0 ** floor(log10(raw))
    return float(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw - 1e-12))


def _axes(plane: _Plane, step: float, written: Callable[[float], str]) -> Iterator[str]:
    for tick in range(round(plane.top / step) + 1):
        y = plane.y(tick * step)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(written(tick * step))}</text>'
    marks = sorted({plane.first, round((plane.first + plane.last) / 2), plane.last})
    for mark in marks:
        yield f'<text x="{plane.x(mark):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{mark:.0f}</text>'


def _drawn(line: Line, number: int, plane: _Plane) -> str:
    # Later lines are thinner: where they lie on one another, the one below is seen on both sides.
    width = (5, 3.5, 2, 1.2)[min(number, 3)]
    parts = []
    if line.solid:
        parts.append(f'<path class="{line.colour}" stroke-width="{width}" d="{plane.path(line.solid)}"/>')
    if line.dashed:
        joined = (*line.solid[-1:], *line.dashed)
        parts.append(
            f'<path class="{line.colour}" stroke-width="{width}" stroke-dasharray="6 4" d="{plane.path(joined)}"/>'
        )
    for x, y in line.solid:
        parts.append(
            f'<circle class="{line.colour}" cx="{plane.x(x):.1f}" cy="{plane.y(y):.1f}" r="{width / 2 + 1.5}"/>'
        )
    return "".join(parts)
