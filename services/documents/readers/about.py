"""What a file says of itself: title, author, day of creation, bookmarks; in the reading process only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from services.documents.document import MAX_BOOKMARKS, MAX_TITLE_CHARACTERS, About
from services.documents.parts import speakable
from services.documents.readers import pdf as pdf_reader
from services.documents.readers.package import Package, Target, local_name

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

MAX_LEVELS = 8

_PDF_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?")
_ISO_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")


def about(kind: str, path: Path) -> About:
    """What is known of a PDF, DOCX or PPTX; nothing of others, nor where it cannot be made out."""
    try:
        if kind == "pdf":
            return _about_pdf(path)
        return _about_package(Package(path)) if kind in ("docx", "pptx") else About()
    except MemoryError:
        raise
    except Exception:  # the text may be sound where this is not, and its own reader says what is wrong
        return About()


def _about_pdf(path: Path) -> About:
    pdf = pdf_reader.opened(path)
    if pdf is None:
        return About()
    with closing(pdf):
        known = pdf.get_metadata_dict(skip_empty=True)
        return About(
            title=_line(known.get("Title", "")),
            author=_line(known.get("Author", "")),
            created=_day(_PDF_DATE.match(known.get("CreationDate", ""))),
            outline=tuple(_outline(pdf)),
        )


def _outline(pdf: PdfDocument) -> Iterator[tuple[int, str, int | None]]:
    for bookmark in islice(pdf.get_toc(max_depth=MAX_LEVELS), MAX_BOOKMARKS):
        destination = bookmark.get_dest()
        index = destination.get_index() if destination is not None else None
        if title := _line(bookmark.get_title()):
            yield bookmark.level + 1, title, None if index is None else index + 1


def _about_package(package: Package) -> About:
    core = _Core()
    for relation in package.relations("").values():
        if relation.kind == "core-properties" and relation.target in package:
            for _ in package.feed(relation.target, core):
                pass
    known = {name: "".join(texts) for name, texts in core.found.items()}
    created = _day(_ISO_DATE.match(known.get("created", "")))
    return About(_line(known.get("title", "")), _line(known.get("creator", "")), created)


class _Core(Target):
    """Hears docProps/core.xml."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}
        self._texts: list[str] | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._texts = self.found.setdefault(local_name(tag), [])

    def end(self, tag: str) -> None:
        self._texts = None

    def data(self, text: str) -> None:
        if self._texts is not None:
            self._texts.append(text)


def _line(text: str) -> str:
    return " ".join(speakable(text).split())[:MAX_TITLE_CHARACTERS]


def _day(found: re.Match[str] | None) -> str:
    if found is None:
        return ""
    year, month, day = found.groups()
    return "-".join(filter(None, (year, month, day if month else None)))
