"""How a value of ours is compared with a recorded one: keys, types, and values that mean something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.golden.ids import PAGE_ENDS, Ids, is_id
from tests.golden.recording import Shape
from tests.golden.states import States, is_early

ENUMERATED = frozenset(
    ("object", "status", "type", "role", "reason", "code", "purpose", "detail", "anchor")
) | {*("tool_choice", "response_format", "ranker", "model", "deleted", "strict", "parallel_tool_calls")}
FLOATS = frozenset(("temperature", "top_p", "score", "score_threshold", "embedding_weight", "text_weight"))
"""Numbers that the SDK's types call floats: there `1` and `1.0` are one value."""
SCRIPTED = frozenset(("value", "arguments", "output", "input", "logs"))
"""What the model and its tools said, which a replay says again."""
STAY_NULL = frozenset(
    ("last_error", "required_action", "incomplete_details", "failed_at", "cancelled_at", "code")
)
OPEN = frozenset(("metadata", "attributes"))
"""Objects whose keys people make up: they come back as they were given."""
CONFLICTS = {"vector_store.file_batch": "vector_store.files_batch"}
"""Where the service broke its own description, and ours does not. The other conflict, "" for a null text, needs no
rule: what was recorded as null may be anything but a key of `STAY_NULL`."""
MISSING = "nothing"


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where ours is not as recorded; `is_early` when it may still become so."""

    where: str
    recorded: str
    ours: str
    is_early: bool = False

    def __str__(self) -> str:
        return f"{self.where or 'answer'}: recorded {self.recorded}, ours {self.ours}"


Differences = Iterator[Difference]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares values with what is known of the session. `states` is None where they must be exactly as recorded."""

    ids: Ids
    strangers: frozenset[str]
    """Objects that were there before the session: what they hold is made up."""
    states: States | None = None
    is_later: bool = False
    is_piece: bool = False
    """Within a delta, whose text may be cut elsewhere."""

    def compare(self, recorded: Any, ours: Any, where: str = "", key: str = "") -> Differences:
        """What differs, anywhere inside."""
        if recorded is None or ours is None:
            yield from self._nulls(recorded, ours, where, key)
        elif kind(recorded, key) != kind(ours, key):
            yield Difference(where, kind(recorded, key), kind(ours, key))
        elif isinstance(recorded, Mapping):
            yield from self._objects(dict(recorded), dict(ours), where, key)
        elif isinstance(recorded, list):
            yield from self._lists(recorded, ours, where, key)
        else:
            yield from self._values(recorded, ours, where, key)

    def _nulls(self, recorded: Any, ours: Any, where: str, key: str) -> Differences:
        if recorded is ours or self.is_later:
            return
        if recorded is not None or key in STAY_NULL:
            yield Difference(where, shown(recorded), shown(ours))

    def _objects(self, recorded: Shape, ours: Shape, where: str, key: str) -> Differences:
        if key in OPEN:
            if self.ids.translated(recorded) != ours:
                yield Difference(where, shown(recorded), shown(ours))
            return
        inside = replace(self, is_later=self.is_later or self._is_later(recorded, ours))
        for name in sorted(recorded.keys() - ours.keys()):
            yield Difference(f"{where}.{name}", shown(recorded[name]), MISSING)
        for name in (name for name in recorded if name in ours):
            if name in PAGE_ENDS or (name == "status" and inside.is_later):
                continue
            yield from inside._member(recorded, ours, where, name)

    def _member(self, recorded: Shape, ours: Shape, where: str, name: str) -> Differences:
        is_made_up = recorded.get("id") in self.strangers and name in ENUMERATED | OPEN
        if not (is_made_up and name != "object"):
            yield from self.compare(recorded[name], ours[name], f"{where}.{name}".strip("."), name)

    def _is_later(self, recorded: Shape, ours: Shape) -> bool:
        if recorded.get("id") in self.strangers:
            return True  # how it came to be as it was, nobody knows
        if self.states is None or not isinstance(recorded.get("status"), str):
            return False
        return recorded["status"] != ours.get("status") and self.states.may_be(
            recorded, str(ours.get("status"))
        )

    def _lists(self, recorded: list[Any], ours: list[Any], where: str, key: str) -> Differences:
        if len(recorded) != len(ours) and not self._may_be_of_any_length(ours, key):
            yield _counted(recorded, ours, where)
        for i, (theirs, own) in enumerate(self.ids.paired(recorded, ours)):
            yield from self.compare(theirs, own, f"{where}[{i}]", key)

    def _may_be_of_any_length(self, ours: list[Any], key: str) -> bool:
        """How long a page is, is looked at elsewhere; a search may find more or fewer passages, but not none."""
        return self.is_later or (key in ("data", "results") and bool(ours))

    def _values(self, recorded: Any, ours: Any, where: str, key: str) -> Differences:
        if is_id(recorded):
            yield from self._id(recorded, ours, where)
        elif key in ENUMERATED and CONFLICTS.get(recorded, recorded) != ours:
            early = key == "status" and self.states is not None and is_early(recorded, ours)
            yield Difference(where, shown(recorded), shown(ours), early)
        elif key in SCRIPTED and not self.is_piece and ours not in (recorded, self.ids.translated(recorded)):
            yield Difference(where, shown(recorded), shown(ours))

    def _id(self, recorded: str, ours: str, where: str) -> Differences:
        expected = self.ids.ours(recorded)
        if not is_id(ours) or ours[:3] != recorded[:3]:
            yield Difference(where, f"an id such as {recorded}", shown(ours))
        elif expected is not None and expected != ours:
            yield Difference(where, f"{recorded}, which is {expected} here", shown(ours))


def kind(value: Any, key: str = "") -> str:
    """The JSON type of a value."""
    if isinstance(value, int | float) and not isinstance(value, bool) and key in FLOATS:
        return "number"
    names = {
        bool: "boolean",
        int: "integer",
        float: "number",
        str: "string",
        list: "array",
        type(None): "null",
    }
    return names.get(type(value), "object")


def shown(value: Any) -> str:
    """A value as a difference tells it."""
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _counted(recorded: list[Any], ours: list[Any], where: str) -> Difference:
    is_short = len(ours) < len(recorded)
    return Difference(where, f"{len(recorded)} items", f"{len(ours)} items", is_short)
