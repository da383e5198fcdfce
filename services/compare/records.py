"""What is compared: lanes, each one way to ask, and the turns each has answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.turns import Mode, Turn

LANES_MIN, LANES_MAX = 2, 4


@dataclass(frozen=True, slots=True)
class Lane:
    """One way to ask. `conversation_id` names where its turns are kept, once it has any.

    `tools` are names, `files` keys of what was attached for the whole talk; `parameters` as the mode's API spells them.
    """

    id: str
    mode: Mode
    connection: str
    model: str
    instructions: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    tools: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    conversation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two to four lanes that get the same messages. `settings` hold what belongs to it besides: votes, the scenario it plays."""

    id: str
    title: str | None
    lanes: tuple[Lane, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LaneTalk:
    """A lane and its turns so far, oldest first; the nth turns of all lanes answer the same message."""

    lane: Lane
    turns: tuple[Turn, ...]
