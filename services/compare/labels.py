"""What lanes are called, in charts, tables and reports alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.compare.records import Lane
from services.turns import Mode

MODE_NAMES = {
    Mode.CHAT_COMPLETIONS: "Chat Completions",
    Mode.ASSISTANTS: "Assistants",
    Mode.RESPONSES: "Responses",
}


def labels(lanes: Sequence[Lane]) -> tuple[str, ...]:
    """The name of each lane, in order: its mode; where two share one, also their place and what sets them apart."""
    return tuple(_label(number, lane, lanes) for number, lane in enumerate(lanes, 1))


def _label(number: int, lane: Lane, lanes: Sequence[Lane]) -> str:
    name = MODE_NAMES[lane.mode]
    alike = [other for other in lanes if other.mode is lane.mode]
    if len(alike) == 1:
        return name
    if len({other.model for other in alike}) > 1:
        return f"{name} {number}, {lane.model}"
    last = last_messages(lane)
    return f"{name} {number}, last {last} messages" if last else f"{name} {number}"


def last_messages(lane: Lane) -> int | None:
    """How many messages a run of this lane may read, where the lane says so."""
    strategy = lane.parameters.get("truncation_strategy")
    if lane.mode is not Mode.ASSISTANTS or not isinstance(strategy, Mapping):
        return None
    last = strategy.get("last_messages")
    return int(last) if strategy.get("type") == "last_messages" and last else None
