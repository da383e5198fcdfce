"""A passage with the text around it, for files without pages to look at; in the reading process only."""

from __future__ import annotations

import re
from bisect import bisect_left

from services.documents.document import Document, page_at
from services.documents.views.passages import find
from services.documents.views.shapes import Place, TextView

AROUND = 500  # characters before and after
SNAP = 120  # of them are given up for a better place to begin or end
MAX_HEADING_CHARACTERS = 120

_BY_LINES = frozenset({"code", "text", "markdown"})
_WITH_HEADINGS = frozenset({"docx", "html", "markdown"})
_FENCE_OR_HEADING = re.compile(r"^(?: {0,3}(?:```|~~~)|#{1,6}[ \t]+(\S.*))", re.MULTILINE)


def view(document: Document, place: Place) -> TextView:
    """The passage where it stands; the beginning of its page, or of the text, when it is not there."""
    text = document.text
    first, last = _page_bounds(document, place.page) if place.page else (0, len(text))
    found = find(text, place.quote, first) or find(text, place.quote)
    start, end = found or (first, first)
    page = page_at(document, start)
    if page is not None:
        first, last = _page_bounds(document, page)
        last = max(last, end)
    begin = _begin(text, max(first, start - AROUND), start)
    stop = _stop(text, end, min(last, end + AROUND))
    return TextView(
        kind=document.kind,
        before=text[begin:start].lstrip("\n"),
        passage=text[start:end],
        after=text[end:stop].rstrip(),
        page=page,
        heading=_heading(text, start) if document.kind in _WITH_HEADINGS else "",
        line=text.count("\n", 0, start) + 1 if document.kind in _BY_LINES else None,
        is_start=not text[first:begin].strip(),
        is_end=not text[stop:last].strip(),
    )


def _page_bounds(document: Document, page: int) -> tuple[int, int]:
    """Where the text of a page or slide begins and ends; the whole text for one that is not there."""
    at = bisect_left(document.sections, page, key=lambda section: section.page or 0)
    if at < len(document.sections) and document.sections[at].page == page:
        return document.sections[at].start, document.sections[at].end
    return 0, len(document.text)


def _begin(text: str, wanted: int, start: int) -> int:
    """`wanted`, or soon after it the beginning of a line or word."""
    if wanted == 0 or text[wanted - 1] == "\n":
        return wanted
    for mark in ("\n", " "):
        at = text.find(mark, wanted, min(wanted + SNAP, start))
        if at >= 0:
            return at + 1
    return wanted


def _stop(text: str, end: int, wanted: int) -> int:
    """`wanted`, or soon before it the end of a line or word."""
    if wanted == len(text) or text[wanted] == "\n":
        return wanted
    for mark in ("\n", " "):
        at = text.rfind(mark, max(end, wanted - SNAP), wanted)
        if at > end:
            return at
    return wanted


def _heading(text: str, start: int) -> str:
    """The heading that `start` stands under, or is in; a comment in fenced code is none."""
    end_of_line = text.find("\n", start)
    name, is_code = "", False
    for match in _FENCE_OR_HEADING.finditer(text, 0, end_of_line if end_of_line >= 0 else len(text)):
        if match[1] is None:
            is_code = not is_code
        elif not is_code:
            name = match[1]
    return name.strip()[:MAX_HEADING_CHARACTERS]
