"""Citations: markers such as 【4:0†report.pdf】 in what a model writes, followed back to the passages they stand for.

A marker is held back until it is whole. One that stands for a passage goes out with its annotation; one that the
model made up is left out, since it would cite nothing. Links to files that programs wrote are told in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.documents.quotes import best_quote, pages_of
from services.server.runs.file_paths import Links

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
    page_starts: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Passage:
        """A passage that was kept as JSON, which knows no tuples."""
        starts = tuple((place, page) for place, page in kept.get("page_starts") or ())
        return cls(**{**kept, "page_starts": starts})

    def pages_of(self, quote: str) -> tuple[int | None, int | None]:
        """First and last page of a quote from the passage; of the whole passage where the quote is not in it."""
        start = self.text.find(quote)
        if start < 0 or not self.page_starts:
            return self.page, self.last_page
        return pages_of(self.page_starts, start, start + len(quote), self.page)

    @property
    def marker(self) -> str:
        """The marker the model is asked to repeat."""
        return f"【{self.turn}:{self.position}†{self.filename}】"


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that can go out now, with the annotation that belongs to it when it is a marker or a link."""

    text: str
    annotation: Annotation | None = None


@dataclass(slots=True)
class Citer:
    """Follows one message as it is written."""

    passages: list[Passage] = field(default_factory=list)
    links: Links = field(default_factory=Links)
    text: str = ""
    annotations: list[Annotation] = field(default_factory=list)
    _held: str = ""

    def feed(self, piece: str) -> list[Piece]:
        """What can go out after this piece."""
        self._held += piece
        pieces = list(self._annotated(is_end=False))
        pieces += self._plain(self._free_until())
        return pieces

    def flush(self) -> list[Piece]:
        """What is still held back, once nothing more comes."""
        return [*self._annotated(is_end=True), *self._plain(len(self._held))]

    def hand_over(self) -> list[Piece]:
        """What is said at the end of the last message about files it has not linked to: a model says this itself."""
        return []

    def content(self) -> list[dict[str, Any]]:
        """The message's content so far, as it is stored."""
        if not self.text:
            return []
        return [{"type": "text", "text": {"value": self.text, "annotations": list(self.annotations)}}]

    def _annotated(self, *, is_end: bool) -> Iterable[Piece]:
        """Everything up to the last marker and link that are whole."""
        while match := self._first_whole(is_end=is_end):
            yield from self._plain(match.start())
            self._held = self._held[len(match.group()) :]
            if match.re is not MARKER:
                yield self.link(match.group())
            elif (passage := self._passage(*match.groups())) is not None:
                yield self.cite(passage, match.group())

    def _first_whole(self, *, is_end: bool) -> re.Match[str] | None:
        marker = MARKER.search(self._held) if self.passages else None
        link = self.links.first_in(self._held)
        if link and not is_end and link.start() >= self.links.unfinished_from(self._held):
            link = None
        return min((found for found in (marker, link) if found), key=re.Match.start, default=None)

    def _free_until(self) -> int:
        """Where what must be held back begins: a marker or a link that is not whole yet."""
        marker = BEGINNING.search(self._held) if self.passages else None
        link = self.links.unfinished_from(self._held)
        return min(marker.start(), link) if marker else link

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
        page, last_page = passage.pages_of(quote)
        where = {"page": page, "last_page": last_page, "rows": _rows(passage)}
        citation |= {name: value for name, value in where.items() if value is not None}
        annotation = {
            "type": "file_citation",
            "text": marker,
            "start_index": start,
            "end_index": start + len(marker),
            "file_citation": citation,
        }
        return self._say(marker, annotation)

    def link(self, link: str) -> Piece:
        """A link to a file, with the annotation for it."""
        return self._say(link, self.links.annotation(link, len(self.text)))

    def _say(self, text: str, annotation: Annotation) -> Piece:
        self.text += text
        self.annotations.append(annotation)
        return Piece(text, {"index": len(self.annotations) - 1, **annotation})

    def _claim(self) -> str:
        """What the marker is to support: the text since the sentence before, without other markers."""
        plain = MARKER.sub(" ", self.text[-LONGEST_CLAIM:]).rstrip()
        sentences = re.split(r"(?<=[.!?。])\s+|\n+", plain)
        return sentences[-1] if len(sentences[-1]) > 20 else " ".join(sentences[-2:])


def _rows(passage: Passage) -> list[int] | None:
    return None if passage.first_row is None else [passage.first_row, passage.last_row or passage.first_row]
