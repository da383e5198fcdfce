"""Citations: markers such as 【4:0†report.pdf】 in what a model writes, followed back to the passages they stand for.

A marker is held back until it is whole. One that stands for a passage goes out with its annotation; one that the
model made up is left out, since it would cite nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from services.documents.quotes import best_quote

Annotation = dict[str, Any]

MARKER = re.compile(r"【(\d{1,6}):(\d{1,6})†([^【】]{0,300})】")
BEGINNING = re.compile(r"【\d{0,6}(:(\d{0,6}(†[^【】]{0,300})?)?)?$")
LONGEST_CLAIM = 400


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage that was shown to the model: where it stands, and under which marker."""

    turn: int
    position: int
    file_id: str
    filename: str
    text: str
    page: int | None = None
    last_page: int | None = None
    first_row: int | None = None
    last_row: int | None = None

    @property
    def marker(self) -> str:
        """The marker the model is asked to repeat."""
        return f"【{self.turn}:{self.position}†{self.filename}】"


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that can go out now, with the annotation that belongs to it when it is a marker."""

    text: str
    annotation: Annotation | None = None


@dataclass(slots=True)
class Citer:
    """Follows one message as it is written."""

    passages: list[Passage] = field(default_factory=list)
    text: str = ""
    annotations: list[Annotation] = field(default_factory=list)
    _held: str = ""

    def feed(self, piece: str) -> list[Piece]:
        """What can go out after this piece."""
        if not self.passages:
            self.text += piece
            return [Piece(piece)] if piece else []
        self._held += piece
        pieces = list(self._whole_markers())
        unfinished = BEGINNING.search(self._held)
        free_until = unfinished.start() if unfinished else len(self._held)
        pieces += self._plain(free_until)
        return pieces

    def flush(self) -> list[Piece]:
        """What is still held back, once nothing more comes."""
        return self._plain(len(self._held))

    def content(self) -> list[dict[str, Any]]:
        """The message's content so far, as it is stored."""
        if not self.text:
            return []
        return [{"type": "text", "text": {"value": self.text, "annotations": list(self.annotations)}}]

    def _whole_markers(self) -> Iterable[Piece]:
        while match := MARKER.search(self._held):
            yield from self._plain(match.start())
            self._held = self._held[len(match.group()) :]
            passage = self._passage(*match.groups())
            if passage is not None:
                yield self.cite(passage, match.group())

    def _plain(self, until: int) -> list[Piece]:
        ready, self._held = self._held[:until], self._held[until:]
        self.text += ready
        return [Piece(ready)] if ready else []

    def _passage(self, turn: str, position: str, name: str) -> Passage | None:
        """The passage a marker means: by its numbers, or, where a model miscounted, by the file's name."""
        named = [p for p in self.passages if p.filename == name.strip()]
        exact = [p for p in self.passages if (p.turn, p.position) == (int(turn), int(position))]
        if exact and (exact[-1] in named or name.strip() in ("", "source")):
            return exact[-1]
        same_position = [p for p in named if p.position == int(position)]
        return next(reversed(same_position or named), None) if named else None

    def cite(self, passage: Passage, marker: str | None = None) -> Piece:
        """The passage's marker, as it was written or as it should be, with the annotation for it."""
        marker, start = marker or passage.marker, len(self.text)
        quote = best_quote(passage.text, self._claim())
        citation: dict[str, Any] = {"file_id": passage.file_id, "quote": quote}
        where = {"page": passage.page, "last_page": passage.last_page, "rows": _rows(passage)}
        citation |= {name: value for name, value in where.items() if value is not None}
        annotation = {
            "type": "file_citation",
            "text": marker,
            "start_index": start,
            "end_index": start + len(marker),
            "file_citation": citation,
        }
        self.text += marker
        self.annotations.append(annotation)
        return Piece(marker, {"index": len(self.annotations) - 1, **annotation})

    def _claim(self) -> str:
        """What the marker is to support: the text since the sentence before, without other markers."""
        plain = MARKER.sub(" ", self.text[-LONGEST_CLAIM:]).rstrip()
        sentences = re.split(r"(?<=[.!?。])\s+|\n+", plain)
        return sentences[-1] if len(sentences[-1]) > 20 else " ".join(sentences[-2:])


def _rows(passage: Passage) -> list[int] | None:
    return None if passage.first_row is None else [passage.first_row, passage.last_row or passage.first_row]
