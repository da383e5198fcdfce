"""How a lane is recognised in charts, pictures and tables: its mode's colour, and a shape of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from components.modes import LOOKS, Colour
from components.plain import plain
from services.compare.labels import labels
from services.compare.records import Lane
from services.turns import Mode

# The first three of chartCategoricalColors in .streamlit/config.toml, which a chart cannot ask for by name.
LIGHT: dict[Colour, str] = {"blue": "#2563eb", "violet": "#7c3aed", "green": "#0d9488"}
DARK: dict[Colour, str] = {"blue": "#6ea0ff", "violet": "#a884f7", "green": "#35b8a6"}
SHAPES = (("circle", "●"), ("square", "■"), ("triangle-up", "▲"), ("diamond", "◆"))


@dataclass(frozen=True, slots=True)
class LaneLook:
    """One lane as charts and legends show it. `label` is plain text; `hex` fits the theme that is on."""

    label: str
    icon: str
    colour: Colour
    hex: str
    shape: str
    glyph: str

    @property
    def badge(self) -> str:
        """The lane as a badge of Markdown."""
        return f":{self.colour}-badge[{self.glyph} {plain(self.label)}]"


def looks(lanes: Sequence[Lane]) -> tuple[LaneLook, ...]:
    """The look of each lane, in order."""
    hexes = DARK if is_dark() else LIGHT
    return tuple(
        LaneLook(
            label,
            LOOKS[lane.mode].icon,
            LOOKS[lane.mode].colour,
            hexes[LOOKS[lane.mode].colour],
            *SHAPES[index % len(SHAPES)],
        )
        for index, (lane, label) in enumerate(zip(lanes, labels(lanes), strict=True))
    )


def mode_hex(mode: Mode) -> str:
    """A mode's colour in the theme that is on."""
    return (DARK if is_dark() else LIGHT)[LOOKS[mode].colour]


def is_dark() -> bool:
    """Whether the page is dark just now."""
    return st.context.theme.type == "dark"
