"""What a custom GPT is, and what it may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.errors import InvalidInput
from services.turns import BUILT_IN_TOOLS

MAX_NAME_CHARS = 80
MAX_DESCRIPTION_CHARS = 300
MAX_INSTRUCTIONS_CHARS = 32_000
MAX_STARTER_CHARS = 200
MAX_STARTERS = 6
MAX_TOOLS = 40
ICONS = (
    "school",
    "terminal",
    "restaurant",
    "travel_explore",
    "edit_note",
    "fitness_center",
    "translate",
    "psychology",
    "gavel",
    "science",
    "palette",
    "calculate",
)


@dataclass(frozen=True, slots=True)
class Gpt:
    """A custom GPT. `tools` are names of built-in tools and of functions; `knowledge` is the id of a collection.

    `picture` is a small WebP in Base64, or empty; `icon` is the name of a Material icon. An empty `model` means whichever
    is chosen when it is opened.
    """

    id: str
    name: str
    description: str = ""
    icon: str = ICONS[0]
    instructions: str = ""
    starters: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    knowledge: str | None = None
    model: str = ""
    picture: str = ""

    @property
    def functions(self) -> tuple[str, ...]:
        """The tools that this program runs, not the server."""
        return tuple(name for name in self.tools if name not in BUILT_IN_TOOLS)


def checked(gpt: Gpt) -> Gpt:
    """The GPT with its texts trimmed. Raises InvalidInput with what to change."""
    name = " ".join(gpt.name.split())
    if not name:
        raise InvalidInput("Give the GPT a name.")
    _check_length("name", name, MAX_NAME_CHARS)
    _check_length("description", gpt.description, MAX_DESCRIPTION_CHARS)
    _check_length("instructions", gpt.instructions, MAX_INSTRUCTIONS_CHARS)
    starters = tuple(" ".join(starter.split()) for starter in gpt.starters if starter.strip())
    for starter in starters:
        _check_length("conversation starter", starter, MAX_STARTER_CHARS)
    _check_count("conversation starters", starters, MAX_STARTERS)
    _check_count("tools", gpt.tools, MAX_TOOLS)
    icon = gpt.icon if gpt.icon in ICONS else ICONS[0]
    return Gpt(
        gpt.id,
        name,
        gpt.description.strip(),
        icon,
        gpt.instructions.strip(),
        starters,
        gpt.tools,
        gpt.knowledge,
        gpt.model.strip()[:200],
        gpt.picture,
    )


def _check_length(what: str, text: str, most: int) -> None:
    if len(text) > most:
        raise InvalidInput(f"The {what} has {len(text):,} characters; {most:,} is the most. Shorten it.")


def _check_count(what: str, given: Sequence[str], most: int) -> None:
    if len(given) > most:
        raise InvalidInput(f"{len(given)} {what} are too many; {most} is the most.")
