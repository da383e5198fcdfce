"""The states of a run as a picture, the present one lit."""

from __future__ import annotations

import base64

import streamlit as st

from services.turns import RunState

WIDTH, HEIGHT = 444, 216
BOX_WIDTH, BOX_HEIGHT = 124, 32
LIT = "#7c3aed"
INK = {"light": "#4b5563", "dark": "#b6bdc9"}
LEFT, MIDDLE, RIGHT = 8, 162, 316
PLACES: dict[RunState, tuple[int, int]] = {
    "queued": (LEFT, 8),
    "requires_action": (LEFT, 94),
    "in_progress": (MIDDLE, 8),
    "cancelling": (MIDDLE, 136),
    "completed": (RIGHT, 8),
    "incomplete": (RIGHT, 50),
    "failed": (RIGHT, 92),
    "cancelled": (RIGHT, 136),
    "expired": (RIGHT, 178),
}
ARROWS = {
    ("queued", "in_progress"): "132,24 161,24",
    ("in_progress", "completed"): "286,24 315,24",
    ("in_progress", "incomplete"): "286,24 315,66",
    ("in_progress", "requires_action"): "180,40 132,96",
    ("requires_action", "queued"): "70,94 70,41",
    ("queued", "cancelling"): "112,40 178,135",
    ("in_progress", "cancelling"): "232,40 232,135",
    ("requires_action", "cancelling"): "132,116 161,144",
    ("cancelling", "cancelled"): "286,152 315,152",
}
"""The corners of each arrow, as points of the picture."""
NOT_OVER: tuple[RunState, ...] = ("queued", "in_progress", "requires_action", "cancelling")
FRAME = (1, 1, 297, 176)
FROM_FRAME: dict[RunState, str] = {"failed": "298,108 315,108", "expired": "298,170 315,187"}
"""The arrows from what is not over, whichever state that is."""
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


def draw(present: RunState | None) -> None:
    """Draw the states; None lights none."""
    alt = f"States of a run. {WORDS[present]}." if present else "States of a run."
    picture = base64.b64encode(svg(present, st.context.theme.type or "light").encode()).decode()
    # An image in Markdown has no toolbar of its own, and a diagram needs none.
    st.markdown(f"![{alt}](data:image/svg+xml;base64,{picture})")


def svg(present: RunState | None, theme: str) -> str:
    """The picture, SVG."""
    ink = INK["dark" if theme == "dark" else "light"]
    arrows = "".join(
        f'<polyline points="{points}" fill="none" stroke="{ink}" stroke-opacity="0.55" marker-end="url(#a)"/>'
        for points in (*ARROWS.values(), *FROM_FRAME.values())
    )
    x, y, width, height = FRAME
    frame = (
        f'<path d="M{x} {y}h{width}v{height}h-{width}z" fill="none" stroke="{ink}" stroke-opacity="0.35" '
        f'stroke-dasharray="3 4"/>'
    )
    boxes = "".join(_box(name, ink, is_lit=name == present) for name in PLACES)
    head = (
        f'<marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0 8 4 0 8z" fill="{ink}"/></marker>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="14">{head}{frame}{arrows}{boxes}</svg>'
    )


def _box(name: RunState, ink: str, *, is_lit: bool) -> str:
    x, y = PLACES[name]
    fill = f'fill="{LIT}"' if is_lit else 'fill="none"'
    stroke = LIT if is_lit else ink
    colour, font = ("#ffffff", 'font-weight="700" font-size="13"') if is_lit else (ink, "")
    return (
        f'<rect x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="8" {fill} stroke="{stroke}" stroke-opacity="0.7"/>'
        f'<text x="{x + BOX_WIDTH / 2}" y="{y + 21}" text-anchor="middle" fill="{colour}" {font}>{name}</text>'
    )
