"""PDFs, page by page: with PDFium, and with pypdf what PDFium cannot open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from services.documents.decoding import with_plain_newlines
from services.documents.parts import Part
from services.documents.refusals import DAMAGED, MAX_PAGES, PROTECTED, Unreadable, too_many_pages

if TYPE_CHECKING:
    from pypdf import PdfReader
    from pypdfium2 import PdfDocument

ERR_PASSWORD, ERR_SECURITY = 4, 5  # Source: FPDF_GetLastError in PDFium's fpdfview.h
FAR = 1e6  # points; PDFium gives the text inside a rectangle, and text outside the paper counts too
# PDFium joins a word that was divided at the end of a line, and leaves this where the hyphen was.
HYPHEN_MARKS = dict.fromkeys((0x02, 0xFFFE))


def read(path: Path) -> Iterator[Part]:
    """A part for each page, in PDFium's reading order; empty for a page without text."""
    pdf = opened(path)
    if pdf is None:
        yield from _read_with_pypdf(_pypdf(path))
        return
    spare = cache(lambda: _pypdf(path))
    with closing(pdf):
        count = checked_count(len(pdf))
        for number in range(1, count + 1):
            yield _part(_page_text(pdf, number, spare), number, count)


def opened(path: Path) -> PdfDocument | None:
    """The file in PDFium, or None when PDFium cannot open it; Unreadable when it wants a password."""
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        pdf = PdfDocument(path)
    except PdfiumError as error:
        if error.err_code in (ERR_PASSWORD, ERR_SECURITY):
            raise Unreadable(PROTECTED) from error
        return None
    return pdf if len(pdf) else None


def _page_text(pdf: PdfDocument, number: int, spare: Callable[[], PdfReader]) -> str:
    from pypdfium2 import PdfiumError

    try:
        with closing(pdf[number - 1]) as page, closing(page.get_textpage()) as text_page:
            return str(text_page.get_text_bounded(-FAR, -FAR, FAR, FAR)).translate(HYPHEN_MARKS)
    except PdfiumError:
        return _pypdf_text(spare, number)


def _read_with_pypdf(reader: PdfReader) -> Iterator[Part]:
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable(PROTECTED)
    count = checked_count(len(reader.pages))
    for number in range(1, count + 1):
        yield _part(_pypdf_text(lambda: reader, number), number, count)


def _pypdf(path: Path) -> PdfReader:
    from pypdf import PdfReader

    return PdfReader(path)


def _pypdf_text(reader: Callable[[], PdfReader], number: int) -> str:
    try:
        return reader().pages[number - 1].extract_text() or ""
    except MemoryError:
        raise
    except Exception:  # pypdf meets a damaged page with exceptions of every kind; the others may be sound
        return ""


def checked_count(count: int) -> int:
    """`count` pages, if they are as many as we read."""
    if count > MAX_PAGES:
        raise too_many_pages(count, "pages")
    if not count:
        raise Unreadable(DAMAGED)
    return count


def _part(text: str, number: int, count: int) -> Part:
    text = with_plain_newlines(text).strip()
    return Part(text and text + "\n\n", page=number, pages=count)
