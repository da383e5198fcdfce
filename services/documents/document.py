"""What is read from a file: its text, and where in the file each stretch of it stood."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

Kind = Literal["pdf", "docx", "pptx", "html", "markdown", "json", "jsonl", "csv", "tsv", "code", "text"]

MAX_TITLE_CHARACTERS = 300
MAX_BOOKMARKS = 2_000


@dataclass(frozen=True, slots=True)
class Section:
    """Characters `start` to `end` of a text, and their place in the file.

    `page` counts PDF pages and slides from 1; `ocr` tells that its text was recognised in a picture. `row` counts
    records of CSV, TSV and JSON lines from 1, without the header: it is the first one of the section, which holds one
    record a line. (A section for each record would outweigh the text.)
    """

    start: int
    end: int
    page: int | None = None
    row: int | None = None
    ocr: bool = False


@dataclass(frozen=True, slots=True)
class About:
    """What a file says of itself; empty where it says nothing. `created` is a date, as in 2024-05-31.

    `outline` are its bookmarks in order: level from 1, title, and page, or None for one that leads nowhere.
    """

    title: str = ""
    author: str = ""
    created: str = ""
    outline: tuple[tuple[int, str, int | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A file as text, with its sections in order; none where a file has neither pages nor records.

    `pictures` are pages whose text is yet to be recognised, `unread` those where that failed.
    """

    kind: Kind
    text: str
    sections: tuple[Section, ...] = ()
    pictures: tuple[int, ...] = ()
    unread: tuple[int, ...] = ()
    about: About = About()


def ocr_pages(document: Document) -> list[int]:
    """The pages whose text was recognised in pictures."""
    return [section.page for section in document.sections if section.ocr and section.page is not None]


def page_at(document: Document, position: int) -> int | None:
    """The page or slide that the character at `position` stands on; None without pages."""
    section = section_at(document, position)
    return section.page if section else None


def row_at(document: Document, position: int) -> int | None:
    """The record that the character at `position` belongs to; None without records."""
    section = section_at(document, position)
    if section is None or section.row is None:
        return None
    return section.row + document.text.count("\n", section.start, min(position, section.end))


def pages_of(document: Document, start: int, end: int) -> tuple[int, int] | None:
    """First and last page of a span of characters; None without pages."""
    first, last = page_at(document, start), page_at(document, max(start, end - 1))
    return (first, last) if first is not None and last is not None else None


def rows_of(document: Document, start: int, end: int) -> tuple[int, int] | None:
    """First and last record of a span of characters; None without records."""
    first, last = row_at(document, start), row_at(document, max(start, end - 1))
    return (first, last) if first is not None and last is not None else None


def section_at(document: Document, position: int) -> Section | None:
    """The section that holds `position`; what lies between two belongs to the earlier, before all to the first."""
    after = bisect_right(document.sections, position, key=attrgetter("start"))
    return document.sections[max(0, after - 1)] if document.sections else None
