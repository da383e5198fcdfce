"""PDFs, page by page: with PDFium, and with pypdf what PDFium cannot open."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from services.documents.decoding import with_plain_newlines
from services.documents.parts import Part
from services.documents.readers import pdf_lines
from services.documents.refusals import DAMAGED, MAX_PAGES, Unreadable, locked, too_many_pages

if TYPE_CHECKING:
    from pypdf import PdfReader
    from pypdfium2 import PdfDocument, PdfPage, PdfTextPage

ERR_PASSWORD, ERR_SECURITY = 4, 5  # Source: FPDF_GetLastError in PDFium's fpdfview.h
FAR = 1e6  # points; PDFium gives the text inside a rectangle, and text outside the paper counts too
# PDFium joins a word that was divided at the end of a line, and leaves this where the hyphen was.
HYPHEN_MARKS = dict.fromkeys((0x02, 0xFFFE))
FEW_LETTERS = 100  # on a page that a picture covers: a stamp or a page number on a scan
COVERED = 0.6  # of the page
MOST_LOOKED_AT = 200  # objects of such a page
MOST_LOST = 0.02
GARBLED = 0.3  # of the characters stand for none
_NO_LETTER = re.compile("[\x00-\x08\x0e-\x1f\ue000-\uf8ff\ufffd\U000f0000-\U0010ffff]")


def read(path: Path) -> Iterator[Part]:
    """A part for each page, in PDFium's order, mended where it is odd.

    A page without text, but with something on it, `is_picture`.
    """
    pdf = opened(path)
    if pdf is None:
        yield from _read_with_pypdf(_pypdf(path))
        return
    spare = cache(lambda: _pypdf(path))
    with closing(pdf):
        count = checked_count(len(pdf))
        for number in range(1, count + 1):
            text, is_picture = _page(pdf, number, spare)
            yield _part(text, number, count, is_picture=is_picture)


def recognise(path: Path, numbers: Sequence[int]) -> Iterator[Part]:
    """A part for each of these pages, its text recognised in its picture; none for a page that cannot be loaded."""
    from pypdfium2 import PdfiumError

    pdf = opened(path)
    if pdf is None:
        raise Unreadable(DAMAGED)
    with closing(pdf):
        count = checked_count(len(pdf))
        for number in numbers:
            with suppress(PdfiumError), closing(pdf[number - 1]) as page:
                yield _part(_recognised(page), number, count, ocr=True)


def opened(path: Path) -> PdfDocument | None:
    """The file in PDFium, or None when PDFium cannot open it; Unreadable when it wants a password."""
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        pdf = PdfDocument(path)
    except PdfiumError as error:
        if error.err_code in (ERR_PASSWORD, ERR_SECURITY):
            raise locked() from error
        return None
    return pdf if len(pdf) else None


def _page(pdf: PdfDocument, number: int, spare: Callable[[], PdfReader]) -> tuple[str, bool]:
    """The text of a page, and whether more is to be had from its picture."""
    from pypdfium2 import PdfiumError

    try:
        with closing(pdf[number - 1]) as page, closing(page.get_textpage()) as text_page:
            text = _text(text_page)
            if pdf_lines.is_odd(text_page, text):
                text = _as_complete(pdf_lines.ordered(text_page), text)
            return text, _is_picture(page, text)
    except PdfiumError:
        return _pypdf_text(spare, number), False


def _text(text_page: PdfTextPage) -> str:
    """All text, with the blanks between cells of a table that PDFium leaves out when it is asked for an area."""
    bounded = str(text_page.get_text_bounded(-FAR, -FAR, FAR, FAR)).translate(HYPHEN_MARKS)
    count = text_page.count_chars()
    # By number it leaves out some letters of some pages and doubles others, which it does not by area.
    by_number = str(text_page.get_text_range(0, count) if count else "").translate(HYPHEN_MARKS)
    return by_number if "".join(by_number.split()) == "".join(bounded.split()) else bounded


def _as_complete(mended: str, text: str) -> str:
    """The text in a better order, unless letters got lost on the way; hyphens that are gone are none."""
    letters, kept = (sum(map(len, one.split())) for one in (text, mended))
    return mended if kept >= (1 - MOST_LOST) * letters else text


def _is_picture(page: PdfPage, text: str) -> bool:
    letters = sum(map(len, text.split()))
    if letters > FEW_LETTERS:
        return len(_NO_LETTER.findall(text)) > GARBLED * letters
    if not letters:
        return any(True for _ in page.get_objects(max_depth=2))
    return _covered(page) >= COVERED


def _covered(page: PdfPage) -> float:
    """The share of the page that pictures cover; a scan may come in strips."""
    from pypdfium2 import raw

    width, height = page.get_size()
    pictures = islice(page.get_objects([raw.FPDF_PAGEOBJ_IMAGE], max_depth=2), MOST_LOOKED_AT)
    bounds = [picture.get_bounds() for picture in pictures]
    area = sum((right - left) * (top - bottom) for left, bottom, right, top in bounds)
    return float(area / max(1.0, width * height))


def _recognised(page: PdfPage) -> str:
    from services.documents.readers.ocr import LONGEST_SIDE_PX, recognised

    bitmap = page.render(scale=LONGEST_SIDE_PX / max(1.0, *page.get_size()))
    return recognised(bitmap.to_numpy()[:, :, :3])


def _read_with_pypdf(reader: PdfReader) -> Iterator[Part]:
    if reader.is_encrypted and not reader.decrypt(""):
        raise locked()
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


def _part(text: str, number: int, count: int, *, is_picture: bool = False, ocr: bool = False) -> Part:
    text = with_plain_newlines(text).strip()
    return Part(text and text + "\n\n", page=number, pages=count, is_picture=is_picture, ocr=ocr)
