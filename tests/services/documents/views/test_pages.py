"""The page that is cited, as a picture with the passage marked."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, ImageChops

from services.documents.views.shapes import PageView, TextView
from services.errors import InvalidInput
from tests.services.documents import files
from tests.services.documents.readers.test_pdf import drawing_bomb, encrypted
from tests.services.documents.views.conftest import Seen

LINES = "Before it there is this.\nThe river rose by four me-\ntres in one night.\nAfter it, that."
QUOTE = "The river rose by four metres in one night."
PAGES = [LINES, "", "It ends: the river rose by four", "metres in a day. And so on.", "Last page"]


def sheet(content: bytes, entries: bytes = b"/MediaBox [0 0 612 792]") -> bytes:
    """A PDF of one page with these entries."""
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    page = b"<< /Type /Page /Parent 2 0 R /Resources << /Font << /F1 4 0 R >> >> /Contents 5 0 R %s >>"
    return files.numbered([*files.tree(b"3 0 R"), page % entries, font, files.stream(content)])


def page(view: object) -> PageView:
    assert isinstance(view, PageView)
    return view


def picture(view: PageView) -> Image.Image:
    return Image.open(BytesIO(view.png)).convert("RGB")


def ink(view: PageView, *, marked: bool) -> int:
    """How many dark pixels lie under the marks, or beside them."""
    image = picture(view)
    dark = image.convert("L").point(lambda value: 255 if value < 90 else 0)
    under = Image.new("L", image.size)
    for box in view.boxes:
        left, top, right, bottom = box.left, box.top, box.right, box.bottom
        corners = (left * image.width, top * image.height, right * image.width, bottom * image.height)
        under.paste(255, tuple(map(round, corners)))
    found = ImageChops.multiply(dark, under if marked else ImageChops.invert(under))
    return found.histogram()[255]


def test_the_passage_is_marked_line_by_line(seen: Seen) -> None:
    view = page(seen("report.pdf", files.pdf(PAGES), quote=QUOTE, page=1))
    assert (view.page, view.page_count, view.marked, len(view.boxes)) == (1, 5, True, 2)
    assert (view.width_px, view.height_px) == picture(view).size == (600, 777)
    first, second = view.boxes
    assert first.top < second.top and first.left == pytest.approx(50 / 612, abs=0.01)
    assert first.bottom == pytest.approx((792 - 724) / 792, abs=0.005)
    assert view.alt == "Page 1 of 5 of report.pdf, with the quoted passage marked"
    assert not view.begins_before and not view.goes_on


def test_a_mark_is_yellow_on_paper_and_leaves_the_letters_dark(seen: Seen) -> None:
    view = page(seen("a.pdf", files.pdf([QUOTE]), quote=QUOTE, page=1))
    box = view.boxes[0]
    image = picture(view)
    inside = image.getpixel(
        (round(box.right * image.width) - 2, round((box.top + box.bottom) / 2 * image.height))
    )
    assert inside == (255, 236, 140)
    assert ink(view, marked=True) > 100
    assert ink(view, marked=False) == 0
    assert image.getpixel((590, 770)) == (255, 255, 255)


def test_a_passage_that_is_not_there_is_not_marked(seen: Seen) -> None:
    view = page(seen("a.pdf", files.pdf(PAGES), quote="No such words.", page=1))
    assert (view.marked, view.has_text) == (False, True)
    assert view.alt == "Page 1 of 5 of a.pdf"


def test_a_page_without_text_says_so(seen: Seen) -> None:
    view = page(seen("a.pdf", files.pdf(PAGES), quote=QUOTE, page=2))
    assert (view.page, view.marked, view.has_text) == (2, False, False)


def test_the_page_with_the_quote_is_shown_among_those_cited(seen: Seen) -> None:
    data = files.pdf(["one", "two", LINES, "four"])
    assert page(seen("a.pdf", data, quote=QUOTE, page=1, last_page=4)).page == 3
    assert page(seen("a.pdf", data, quote=QUOTE, page=1)).page == 1
    assert page(seen("a.pdf", data, quote="nowhere", page=2, last_page=900)).page == 2


def test_a_quote_without_a_page_is_looked_for_in_the_whole_file(seen: Seen) -> None:
    assert page(seen("a.pdf", files.pdf(["one", "two", LINES]), quote=QUOTE)).page == 3
    assert page(seen("a.pdf", files.pdf(["one", "two", LINES]))).page == 1


def test_both_parts_of_a_passage_that_runs_over_are_marked(seen: Seen) -> None:
    quote = "the river rose by four metres in a day."
    head = page(seen("a.pdf", files.pdf(PAGES), quote=quote, page=3))
    tail = page(seen("a.pdf", files.pdf(PAGES), quote=quote, page=4))
    assert (head.marked, head.goes_on, head.begins_before) == (True, True, False)
    assert (tail.marked, tail.goes_on, tail.begins_before) == (True, False, True)
    assert page(seen("a.pdf", files.pdf(PAGES), quote=quote, page=3, last_page=4)).page == 3
    assert not page(seen("a.pdf", files.pdf(PAGES), quote=quote, page=5)).marked


ONLY = b"BT /F1 12 Tf 1 0 0 1 100 100 Tm (Nothing but this) Tj ET"


@pytest.mark.parametrize(
    "entries",
    [
        b"/MediaBox [0 0 400 300]",
        *(b"/MediaBox [0 0 400 300] /Rotate %d" % angle for angle in (90, 180, 270)),
        b"/MediaBox [0 0 400 300] /CropBox [90 80 300 200]",
        b"/MediaBox [0 0 400 300] /CropBox [90 80 300 200] /Rotate 90",
        b"/MediaBox [-50 -50 400 300]",
        b"/MediaBox [0 0 400 300] /UserUnit 2",
    ],
)
def test_marks_lie_on_the_words_however_the_page_is_turned_and_cut(seen: Seen, entries: bytes) -> None:
    view = page(seen("a.pdf", sheet(ONLY, entries), quote="Nothing but this", page=1))
    assert len(view.boxes) == 1
    assert ink(view, marked=True) > 50
    assert ink(view, marked=False) == 0


@pytest.mark.parametrize("matrix", [b"0 1 -1 0 100 100", b"0 -1 1 0 100 250", b"-1 0 0 -1 300 100"])
def test_marks_follow_words_that_are_turned(seen: Seen, matrix: bytes) -> None:
    content = b"BT /F1 12 Tf %s Tm (Nothing but this) Tj ET" % matrix
    view = page(seen("a.pdf", sheet(content, b"/MediaBox [0 0 400 300]"), quote="Nothing but this", page=1))
    assert len(view.boxes) == 1
    assert ink(view, marked=False) == 0


@pytest.mark.parametrize(
    ("box", "size"),
    [
        (b"0 0 3 3", (600, 600)),
        (b"0 0 14400 14400", (600, 600)),
        (b"0 0 10 14400", (6, 8000)),
        (b"0 0 14400 10", (600, 1)),
        (b"0 0 0 0", (600, 777)),
        (b"0 0 1000000000 1000000000", (600, 600)),
    ],
)
def test_a_page_of_any_size_makes_a_picture_of_a_bounded_one(
    seen: Seen, box: bytes, size: tuple[int, int]
) -> None:
    view = page(seen("a.pdf", sheet(ONLY, b"/MediaBox [%s]" % box), quote="Nothing but this", page=1))
    assert picture(view).size == (view.width_px, view.height_px)
    assert view.width_px == pytest.approx(size[0], abs=1) and view.height_px == pytest.approx(size[1], abs=1)


def test_a_passage_outside_the_paper_is_not_marked(seen: Seen) -> None:
    content = b"BT /F1 12 Tf 1 0 0 1 9000 9000 Tm (Nothing but this) Tj ET"
    assert not page(seen("a.pdf", sheet(content), quote="Nothing but this", page=1)).marked


def test_letters_beyond_the_first_plane_shift_no_mark(seen: Seen) -> None:
    to_unicode = b"1 beginbfchar <41> <D83CDF0A> endbfchar"
    cmap = files.stream(b"1 begincodespacerange <00> <FF> endcodespacerange " + to_unicode)
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>"
    entries = b"/MediaBox [0 0 400 300] /Resources << /Font << /F1 4 0 R >> >>"
    page_object = b"<< /Type /Page /Parent 2 0 R /Contents 5 0 R %s >>" % entries
    content = files.stream(
        b"BT /F1 12 Tf 1 0 0 1 50 100 Tm (AAAAAAAAAA) Tj 1 0 0 1 50 50 Tm (only this) Tj ET"
    )
    data = files.numbered([*files.tree(b"3 0 R"), page_object, font, content, cmap])
    view = page(seen("a.pdf", data, quote="only this", page=1))
    (box,) = view.boxes
    assert (box.left * 400, box.top * 300) == (pytest.approx(50, abs=3), pytest.approx(240, abs=3))


def test_the_same_page_is_the_same_picture(seen: Seen) -> None:
    data = files.pdf(PAGES)
    assert seen("a.pdf", data, quote=QUOTE, page=1) == seen("a.pdf", data, quote=QUOTE, page=1)


def test_what_pdfium_cannot_open_is_shown_as_text(seen: Seen) -> None:
    headless = files.pdf(["one", LINES]).replace(b"/Root 1 0 R", b"")
    view = seen("a.pdf", headless, quote="this.", page=2)
    assert isinstance(view, TextView)
    assert (view.kind, view.page, view.passage) == ("pdf", 2, "this.")


def test_a_page_that_is_missing_in_the_file_is_shown_as_what_is_there(seen: Seen) -> None:
    assert isinstance(seen("a.pdf", files.pdf(["here"], count=3), page=3), TextView)


def test_a_document_without_a_password_of_its_own_is_shown(seen: Seen) -> None:
    assert page(seen("a.pdf", encrypted(""), quote="secret words", page=1)).marked


@pytest.mark.parametrize(
    ("data", "place", "hint"),
    [
        (encrypted("pw"), 1, "protected by a password"),
        (files.pdf(["x"]), 2, "has 1 page, so there is no page 2"),
        (files.pdf(["x"]), -1, "no page -1"),
        (b"%PDF-1.7 and nothing more", 1, "damaged"),
        (drawing_bomb(), 1, "too long|too much memory|damaged"),
        (b"", 1, "is empty"),
    ],
    ids=["password", "past the end", "negative", "stump", "bomb", "empty"],
)
def test_a_page_that_cannot_be_shown_gets_a_sentence(seen: Seen, data: bytes, place: int, hint: str) -> None:
    with pytest.raises(InvalidInput, match=hint) as caught:
        seen("a.pdf", data, page=place)
    assert caught.value.user_message.startswith("a.pdf ")
    assert page(seen("b.pdf", files.pdf(["the next one"]), page=1)).page == 1
