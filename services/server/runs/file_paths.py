"""Links to files that programs wrote: `sandbox:/mnt/data/name` in an answer, followed to the stored file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote

Annotation = dict[str, Any]

SCHEME = "sandbox:"
GOES_ON = r"(?![\w/-])(?!\.\w)"
"""A name that goes on behind the one that is known is another file's."""
LOOK_AHEAD = 2
"""So many characters behind a name tell whether it goes on."""


def link_to(path: str) -> str:
    """The link to a file as it can stand in Markdown."""
    return SCHEME + quote(path)


@dataclass(frozen=True)
class Links:
    """What the answers of a thread may link to: `files` gives the id of the file behind each path.

    `fresh` are the paths that were written since the last answer. A path may stand in a link percent-encoded.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    fresh: tuple[str, ...] = ()

    def first_in(self, text: str) -> re.Match[str] | None:
        """The first link in a text."""
        return self._pattern.search(text) if self.files else None

    def unfinished_from(self, text: str) -> int:
        """Where a link begins that more text may still complete or change; the text's length when there is none."""
        if not self.files:
            return len(text)
        starts = range(max(0, len(text) - self._longest - LOOK_AHEAD), len(text))
        return next((start for start in starts if self._may_go_on(text[start:])), len(text))

    def annotation(self, link: str, start: int) -> Annotation:
        """The `file_path` annotation for a link at this place; places are counted in characters."""
        return {
            "type": "file_path",
            "text": link,
            "start_index": start,
            "end_index": start + len(link),
            "file_path": {"file_id": self._ids[link]},
        }

    def _may_go_on(self, rest: str) -> bool:
        return rest[0] == SCHEME[0] and any(
            link.startswith(rest) or (rest.startswith(link) and len(rest) < len(link) + LOOK_AHEAD)
            for link in self._ids
        )

    @cached_property
    def _ids(self) -> dict[str, str]:
        spelled = ((path, link) for path in self.files for link in (SCHEME + path, link_to(path)))
        return {link: self.files[path] for path, link in spelled}

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self._ids))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self._ids, key=len, reverse=True)
        return re.compile("(?:" + "|".join(map(re.escape, longest_first)) + ")" + GOES_ON)
