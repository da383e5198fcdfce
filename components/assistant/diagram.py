"""The states of a run as a picture, the present one lit."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import streamlit as st

from services.turns import RunState

WIDTH, HEIGHT = 560, 200
BOX_WIDTH, BOX_HEIGHT = 116, 30
LIT = "#7c3aed"
INK = {"light": "#4b5563", "dark": "#b6bdc9"}
PLACES: dict[RunState, tuple[int, int]] = {
    "queued": (8, 16),
    "in_progress": (150, 16),
    "requires_action": (150, 86),
    "cancelling": (292, 130),
    "completed": (436, 16),
    "incomplete": (436, 54),
    "failed": (436, 92),
    "cancelled": (436, 130),
    "expired": (436, 168),
}
ARROWS: tuple[tuple[RunState, RunState], ...] = (
    ("queued", "in_progress"),
    ("in_progress", "completed"),
    ("in_progress", "incomplete"),
    ("in_progress", "failed"),
    ("in_progress", "cancelling"),
    ("in_progress", "requires_action"),
    ("requires_action", "in_progress"),
    ("requires_action", "cancelling"),
    ("requires_action", "expired"),
    ("cancelling", "cancelled"),
)
WORDS: dict[RunState, str] = {
    "queued": "Waiting to begin",
    "in_progress": "The model works",
    "requires_action": "The run waits for a function's answer",
    "cancelling": "The run is being cancelled",
    "cancelled": "The run was cancelled",
    "completed": "The run has completed",
    "incomplete": "The run ended before the answer was whole",
    "failed": "The run failed",
    "expired": "The run waited too long and expired",
}


@dataclass(frozen=True, slots=True)
class _Point:
    x: float
    y: float


def draw(present: RunState | None) -> None:
    """Draw the states; None lights none."""
    alt = f"States of a run. {WORDS[present]}." if present else "States of a run."
    picture = base64.b64encode(svg(present, st.context.theme.type or "light").encode()).decode()
    # An image in Markdown has no toolbar of its own, and a diagram needs none.
    st.markdown(f"![{alt}](data:image/svg+xml;base64,{picture})")


def svg(present: RunState | None, theme: str) -> str:
    """The picture, SVG."""
    ink = INK["dark" if theme == "dark" else "light"]
    arrows = "".join(_arrow(*arrow, ink) for arrow in ARROWS)
    boxes = "".join(_box(name, ink, is_lit=name == present) for name in PLACES)
    head = (
        f'<marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0 8 4 0 8z" fill="{ink}"/></marker>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="12.5">{head}{arrows}{boxes}</svg>'
    )


def _box(name: RunState, ink: str, *, is_lit: bool) -> str:
    x, y = PLACES[name]
    fill = f'fill="{LIT}"' if is_lit else 'fill="none"'
    stroke = LIT if is_lit else ink
    colour, weight = ("#ffffff", "700") if is_lit else (ink, "400")
    return (
        f'<rect x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="8" {fill} stroke="{stroke}" stroke-opacity="0.7"/>'
        f'<text x="{x + BOX_WIDTH / 2}" y="{y + 19.5}" text-anchor="middle" fill="{colour}" font-weight="{weight}">{name}</text>'
    )


def _arrow(origin: RunState, goal: RunState, ink: str) -> str:
    begin, end = _ends(origin, goal)
    points = [begin, end]
    if goal == "expired":  # around what stands between
        x, y = PLACES[origin]
        points = [_Point(x + BOX_WIDTH / 2, y + BOX_HEIGHT), _Point(x + BOX_WIDTH / 2, end.y), end]
    path = " ".join(f"{point.x:.0f},{point.y:.0f}" for point in points)
    return (
        f'<polyline points="{path}" fill="none" stroke="{ink}" stroke-opacity="0.55" marker-end="url(#a)"/>'
    )


def _ends(origin: RunState, goal: RunState) -> tuple[_Point, _Point]:
    (x1, y1), (x2, y2) = PLACES[origin], PLACES[goal]
    if x1 == x2:  # up and down beside each other
        shift = BOX_WIDTH * (0.35 if y2 > y1 else 0.65)
        return (
            _Point(x1 + shift, y1 + (BOX_HEIGHT if y2 > y1 else 0)),
            _Point(x2 + shift, y2 + (0 if y2 > y1 else BOX_HEIGHT)),
        )
    return _Point(x1 + BOX_WIDTH, y1 + BOX_HEIGHT / 2), _Point(x2 - 1, y2 + BOX_HEIGHT / 2)
