"""Which of our ids stands for which recorded one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

ID = re.compile(r"\b(?:asst_|thread_|msg_|run_|step_|call_|vs_|vsfb_|file-|upload_|part_)[A-Za-z0-9_]{16,}")
PAGE_ENDS = ("first_id", "last_id")
"""What stands at the ends of a page depends on where it was cut: these are not learnt from."""


def is_id(value: Any) -> bool:
    """Whether a value is an id as the service makes them."""
    return isinstance(value, str) and ID.fullmatch(value) is not None


def in_text(text: str) -> list[str]:
    """The ids in a text, in order."""
    return ID.findall(text)


class Ids:
    """The ids learnt so far."""

    def __init__(self) -> None:
        self._ours: dict[str, str] = {}

    def bind(self, recorded: str, ours: str) -> None:
        """From now on this id of ours stands for the recorded one; the first binding holds."""
        self._ours.setdefault(recorded, ours)

    def ours(self, recorded: str) -> str | None:
        """Our id for a recorded one."""
        return self._ours.get(recorded)

    def is_ours(self, value: str) -> bool:
        """Whether one of our ids stands for something recorded already."""
        return value in self._ours.values()

    def translated(self, value: Any) -> Any:
        """A value with our ids in place of recorded ones; unknown ids stay."""
        if isinstance(value, str):
            return ID.sub(lambda match: self._ours.get(match[0], match[0]), value)
        return json.loads(self.translated(json.dumps(value)))

    def learn(self, recorded: Any, ours: Any) -> None:
        """Take the ids of a recorded value and of ours, walked side by side."""
        if is_id(recorded) and is_id(ours):
            self.bind(recorded, ours)
        elif isinstance(recorded, Mapping) and isinstance(ours, Mapping):
            for key in (key for key in recorded if key in ours and key not in PAGE_ENDS):
                self.learn(recorded[key], ours[key])
        elif isinstance(recorded, list) and isinstance(ours, list):
            for theirs, own in self.paired(recorded, ours):
                self.learn(theirs, own)

    def paired(self, recorded: Sequence[Any], ours: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
        """Each recorded item with ours: objects known already by their ids, all others in order."""
        by_id = {identity(item): item for item in ours if identity(item)}
        known = [item for item in recorded if self.ours(identity(item)) is not None]
        yield from (
            (item, by_id[own])
            for item in known
            if (own := self.ours(identity(item))) is not None and own in by_id
        )
        new = [item for item in recorded if item not in known]
        yield from zip(new, [item for item in ours if not self.is_ours(identity(item))], strict=False)


def identity(item: Any) -> str:
    """The id an item of a list goes by; empty when it has none."""
    if isinstance(item, Mapping):
        return str(item.get("id") or "")
    return item if is_id(item) else ""
