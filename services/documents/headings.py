"""The headings that a stretch of a document stands under: words it is found by although it does not repeat them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from services.documents.document import Document

MAX_PATH_CHARACTERS = 200

_WITH_HEADINGS = frozenset({"docx", "html", "markdown", "pptx", "text"})
# `# Heading` outside of fenced code, or a line that is underlined along its whole length.
_FENCE_OR_HEADING = re.compile(
    r"^ {0,3}(?:```|~~~)|^(#{1,6})[ \t]+(\S.*)|^(\S.{0,198}\S)\n([=\-~^\"*])\4{3,}[ \t]*$", re.MULTILINE
)


class Heading(NamedTuple):
    """Where a heading stands, its level from 1, and its words."""

    start: int
    level: int
    title: str


def heading_paths(document: Document, starts: Sequence[int]) -> list[str]:
    """For each of these places, in order, the document's title and the headings above it, outermost first."""
    headings = sorted(_headings(document), key=lambda heading: heading.start)
    open_headings: list[Heading] = []
    paths, following = [], 0
    for start in starts:
        while following < len(headings) and headings[following].start <= start:
            heading = headings[following]
            open_headings = [one for one in open_headings if one.level < heading.level] + [heading]
            following += 1
        titles = dict.fromkeys([document.about.title, *(one.title for one in open_headings)])
        paths.append(" ".join(filter(None, titles))[:MAX_PATH_CHARACTERS])
    return paths


def _headings(document: Document) -> Iterator[Heading]:
    """Those of the text, or a PDF's bookmarks, which lead to the beginning of a page."""
    if document.kind in _WITH_HEADINGS:
        yield from _in_text(document.text)
    for level, title, page in document.about.outline:
        at = bisect_left(document.sections, page or 0, key=lambda section: section.page or 0)
        if page is not None and at < len(document.sections):
            yield Heading(document.sections[at].start, level, title)


def _in_text(text: str) -> Iterator[Heading]:
    is_code = False
    levels: dict[str, int] = {}
    for match in _FENCE_OR_HEADING.finditer(text):
        marks, title, underlined, line = match.groups()
        if title is None and underlined is None:
            is_code = not is_code
        elif is_code:
            continue
        elif marks:
            yield Heading(match.start(), len(marks), title.strip())
        else:  # as in reStructuredText, the sign that comes first is the highest level
            yield Heading(match.start(), levels.setdefault(line, len(levels) + 1), underlined)
