"""A document on its way from its reader to whoever asked: in parts, so that no more than one is in the way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from services.documents.document import Document, Kind, Section
from services.documents.refusals import MAX_CHARACTERS, too_long

MAX_PART_CHARACTERS = 2**18

_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Part:
    """The next stretch of a text. Neighbours of one page, or of one first row, are one section.

    `pages` is how many the document has, where it has pages. `is_picture`: the page is to be looked at by OCR;
    `ocr`: it was.
    """

    text: str
    page: int | None = None
    row: int | None = None
    pages: int | None = None
    is_picture: bool = False
    ocr: bool = False


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
    pictures: list[int] = []
    length = 0
    for part in parts:
        if part.is_picture and part.page is not None:
            pictures.append(part.page)
        if part.text:
            _place(sections, part, length)
            texts.append(part.text)
            length += len(part.text)
    text = "".join(texts).rstrip()
    inside = (section for section in sections if section.start < len(text))
    bounded_sections = tuple(replace(s, end=min(s.end, len(text))) for s in inside)
    return Document(kind, text, bounded_sections, tuple(dict.fromkeys(pictures)))


def with_pages(document: Document, read: Mapping[int, Part], pages: Sequence[int]) -> Document:
    """`document` with the text of `pages` as it was `read` from their pictures; a page that has more text keeps it.

    None of them counts as a picture any more; those that were not read are `unread`.
    """
    parts = {s.page: _as_part(document, s) for s in document.sections if s.page is not None}
    for page, part in read.items():
        if len(part.text) > len(parts[page].text if page in parts else ""):
            parts[page] = replace(part, text=part.text.rstrip() + "\n\n")
    made = assembled(document.kind, (parts[page] for page in sorted(parts)))
    return replace(
        made,
        pictures=tuple(page for page in document.pictures if page not in pages),
        unread=tuple(sorted({*document.unread, *pages} - read.keys())),
        about=document.about,
    )


def _as_part(document: Document, section: Section) -> Part:
    text = document.text[section.start : section.end] + "\n\n"
    return Part(text, section.page, section.row, ocr=section.ocr)


def _place(sections: list[Section], part: Part, start: int) -> None:
    if part.page is None and part.row is None:
        return
    end = start + len(part.text.rstrip())
    last = sections[-1] if sections else None
    if last and (last.page, last.row) == (part.page, part.row):
        sections[-1] = replace(last, end=max(last.end, end))
    elif end > start:
        sections.append(Section(start, end, part.page, part.row, part.ocr))
