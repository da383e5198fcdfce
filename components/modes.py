"""One colour and one icon for each mode, the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from services.turns import Mode

Colour = Literal["blue", "violet", "green"]


@dataclass(frozen=True, slots=True)
class ModeLook:
    """How a mode appears: its name, icon and colour."""

    label: str
    icon: str
    colour: Colour
    memory: str


# Streamlit names no teal; the theme gives its green that colour.
LOOKS = {
    Mode.CHAT_COMPLETIONS: ModeLook(
        "Chat Completions", ":material/chat_bubble:", "blue", "The client remembers"
    ),
    Mode.ASSISTANTS: ModeLook("Assistants", ":material/smart_toy:", "violet", "The server remembers"),
    Mode.RESPONSES: ModeLook("Responses", ":material/conversion_path:", "green", "The server remembers"),
}
