"""A document on its way from its reader to whoever asked: in parts, so that no more than one is in the way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from services.documents.document import Document, Kind, Section
from services.documents.refusals import MAX_CHARACTERS, too_long

MAX_PART_CHARACTERS = 2**18

_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Part:
    """The next stretch of a text. Neighbours of one page, or of one first row, are one section.

    `pages` is how many the document has, where it has pages.
    """

    text: str
    page: int | None = None
    row: int | None = None
    pages: int | None = None


def bounded(parts: Iterable[Part]) -> Iterator[Part]:
    """The parts without control characters, cut to MAX_PART_CHARACTERS; Unreadable past MAX_CHARACTERS."""
    left = MAX_CHARACTERS
    for part in parts:
        left -= len(part.text)
        if left < 0:
            raise too_long()
        for start in range(0, max(1, len(part.text)), MAX_PART_CHARACTERS):
            piece = part.text[start : start + MAX_PART_CHARACTERS]
            yield replace(part, text=speakable(piece))


def speakable(text: str) -> str:
    """`text` without control characters, halves of surrogate pairs and what else is no character."""
    return _UNSPEAKABLE.sub("", text)


def assembled(kind: Kind, parts: Iterable[Part]) -> Document:
    """The parts as one document, without white space at its end."""
    texts: list[str] = []
    sections: list[Section] = []
    length = 0
    for part in parts:
        if part.text:
            _place(sections, part, length)
            texts.append(part.text)
            length += len(part.text)
    text = "".join(texts).rstrip()
    inside = (section for section in sections if section.start < len(text))
    return Document(kind, text, tuple(replace(s, end=min(s.end, len(text))) for s in inside))


def _place(sections: list[Section], part: Part, start: int) -> None:
    if part.page is None and part.row is None:
        return
    end = start + len(part.text.rstrip())
    last = sections[-1] if sections else None
    if last and (last.page, last.row) == (part.page, part.row):
        sections[-1] = replace(last, end=max(last.end, end))
    elif end > start:
        sections.append(Section(start, end, part.page, part.row))
