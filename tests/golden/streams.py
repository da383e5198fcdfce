"""How a stream is compared: the order of its events, and what each of them holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from tests.golden.compare import Comparison, Difference, Differences
from tests.golden.ids import Ids
from tests.golden.recording import Event, Json


@dataclass(frozen=True, slots=True)
class Group:
    """Events of one name that follow each other; only deltas do so in any number."""

    name: str
    data: list[Json]


def grouped(events: Sequence[Event]) -> list[Group]:
    """A stream with its runs of deltas taken together."""
    numbered = list(enumerate(events))
    groups = groupby(numbered, lambda event: (event[1].name, event[1].name.endswith(".delta") or event[0]))
    return [Group(name, [event.data for _, event in group]) for (name, _), group in groups]


def learn_streams(recorded: Sequence[Event], ours: Sequence[Event], ids: Ids) -> None:
    """Take the ids of two streams, event by event."""
    for theirs, own in zip(grouped(recorded), grouped(ours), strict=False):
        if theirs.name == own.name:
            ids.learn(theirs.data[0], own.data[0])


def compare_streams(recorded: Sequence[Event], ours: Sequence[Event], comparison: Comparison) -> Differences:
    """What differs. A stream tells every state, so that none may stand for another."""
    exactly = replace(comparison, states=None)
    theirs, own = grouped(recorded), grouped(ours)
    names, own_names = [group.name for group in theirs], [group.name for group in own]
    if names != own_names:
        yield Difference("events", " ".join(names), " ".join(own_names))
    for group, other in zip(theirs, own, strict=False):
        if group.name != other.name:
            return
        yield from _groups(group, other, exactly)


def _groups(group: Group, other: Group, comparison: Comparison) -> Differences:
    """The first with the first; of later deltas, each recorded kind is looked for among all of ours."""
    inside = replace(comparison, is_piece=group.name.endswith(".delta"))
    yield from inside.compare(group.data[0], other.data[0], group.name)
    seen: set[str] = set()
    for delta in group.data[1:]:
        best = min((list(inside.compare(delta, own, group.name)) for own in other.data), key=len)
        new = [difference for difference in best if str(difference) not in seen]
        seen.update(map(str, new))
        yield from new
