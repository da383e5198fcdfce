"""A page of a PDF as a picture, with a passage marked; in the reading process only."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING

from services.documents.readers.pdf import checked_count
from services.documents.refusals import no_such_page
from services.documents.views.marks import Rect, lines, paint
from services.documents.views.passages import Span, find, split
from services.documents.views.shapes import Box, PageView, Place

if TYPE_CHECKING:
    from PIL import Image
    from pypdfium2 import PdfBitmap, PdfDocument, PdfPage, PdfTextPage

MAX_PIXELS = 6_000_000
MAX_SIDE_PX = 8_000
MAX_LETTERS = 500_000
MAX_PAGES_CITED = 20
MAX_PAGES_SEARCHED = 1_000
PNG_EFFORT = 3
DIGITS = 5  # of a box's shares: a tenth of a pixel

Texts = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class _Found:
    """The part of the passage that stands on a page; none where `span` is None."""

    page: int
    span: Span | None = None
    begins_before: bool = False
    goes_on: bool = False


def view(pdf: PdfDocument, place: Place, width_px: int) -> PageView:
    """The page of `place` that holds the quote, or its first page; Unreadable when there is no such page."""
    count = checked_count(len(pdf))
    texts = cache(lambda number: _text(pdf, number))
    found = _located(texts, _pages(place, count), count, place.quote)
    with closing(pdf[found.page - 1]) as page:
        image, boxes = _drawn(page, found.span, width_px)
    return PageView(
        page=found.page,
        page_count=count,
        width_px=image.width,
        height_px=image.height,
        has_text=bool(texts(found.page).strip()),
        boxes=boxes,
        begins_before=found.begins_before,
        goes_on=found.goes_on,
        png=_png(image),
    )


def _pages(place: Place, count: int) -> range:
    """Where the quote may be."""
    if place.page is None:
        return range(1, min(count, MAX_PAGES_SEARCHED if place.quote else 1) + 1)
    if not 1 <= place.page <= count:
        raise no_such_page(place.page, count)
    last = min(place.last_page or place.page, place.page + MAX_PAGES_CITED - 1, count)
    return range(place.page, max(place.page, last) + 1)


def _located(texts: Texts, pages: range, count: int, quote: str) -> _Found:
    for page in pages:
        if span := find(texts(page), quote):
            return _Found(page, span)
    around = range(max(1, pages[0] - 1), min(count, pages[-1] + 1) + 1)
    for page, following in pairwise(around if len(pages) <= MAX_PAGES_CITED else ()):
        if parts := split(texts(page), texts(following), quote):
            if page in pages:
                return _Found(page, parts[0], goes_on=True)
            return _Found(following, parts[1], begins_before=True)
    return _Found(pages[0])


def _text(pdf: PdfDocument, number: int) -> str:
    """A character for each of PDFium's, so that one's place is its index."""
    from pypdfium2 import PdfiumError

    try:
        with closing(pdf[number - 1]) as page, closing(page.get_textpage()) as text_page:
            count = min(text_page.count_chars(), MAX_LETTERS)
            # At once is twenty times as fast as one by one, but leaves some characters out and doubles others.
            text = str(text_page.get_text_range(0, count)) if count else ""
            return text if len(text) == count else _spelled(text_page, count)
    except PdfiumError:
        return ""


def _spelled(text_page: PdfTextPage, count: int) -> str:
    from pypdfium2 import raw

    codes = (raw.FPDFText_GetUnicode(text_page, index) for index in range(count))
    return "".join(chr(code) if code < 0x110000 else "\ufffd" for code in codes)


def _drawn(page: PdfPage, span: Span | None, width_px: int) -> tuple[Image.Image, tuple[Box, ...]]:
    width, height = page.get_size()
    bitmap = page.render(scale=_scale(width, height, width_px))
    image: Image.Image = bitmap.to_pil().convert("RGB")
    marks = _on_paper(_lines(page, bitmap, span), image) if span else []
    paint(image, marks)
    return image, tuple(_share(mark, image) for mark in marks)


def _share(mark: Rect, image: Image.Image) -> Box:
    sides = zip(mark, (*image.size, *image.size), strict=True)
    return Box(*(round(side / size, DIGITS) for side, size in sides))


def _scale(width: float, height: float, width_px: int) -> float:
    """Pixels a point, so that neither the page's shape nor its size makes too large a picture."""
    longest = min(MAX_SIDE_PX / max(width, height), math.sqrt(MAX_PIXELS / (width * height)))
    return min(width_px / width, longest)


def _lines(page: PdfPage, bitmap: PdfBitmap, span: Span) -> list[Rect]:
    with closing(page.get_textpage()) as text_page:
        letters = [
            (
                _rect(text_page, bitmap, page, index, loose=False),
                _rect(text_page, bitmap, page, index, loose=True),
            )
            for index in range(*span)
        ]
        return lines(letters, is_vertical=_is_vertical(page, text_page, span))


def _rect(text_page: PdfTextPage, bitmap: PdfBitmap, page: PdfPage, index: int, *, loose: bool) -> Rect:
    from pypdfium2 import PdfiumError

    try:
        left, bottom, right, top = text_page.get_charbox(index, loose=loose)
        to_bitmap = bitmap.get_posconv(page).to_bitmap
        (x0, y0), (x1, y1) = to_bitmap(left, bottom), to_bitmap(right, top)
    except PdfiumError:
        return 0, 0, 0, 0
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _is_vertical(page: PdfPage, text_page: PdfTextPage, span: Span) -> bool:
    from pypdfium2 import raw

    angle = float(raw.FPDFText_GetCharAngle(text_page, span[0]))
    turns = round(angle / (math.pi / 2)) + int(page.get_rotation()) // 90
    return turns % 2 == 1


def _on_paper(marks: Sequence[Rect], image: Image.Image) -> list[Rect]:
    """The parts of the marks that the picture shows."""
    shown = [
        (max(0, left), max(0, top), min(image.width, right), min(image.height, bottom))
        for left, top, right, bottom in marks
    ]
    return [mark for mark in shown if mark[0] < mark[2] and mark[1] < mark[3]]


def _png(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "PNG", compress_level=PNG_EFFORT)
    return file.getvalue()
