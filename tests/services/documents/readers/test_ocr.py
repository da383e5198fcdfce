"""Pages that are pictures: told apart, read whichever way they lie, and put where they belong."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from services.documents.document import Document, ocr_pages, pages_of
from services.documents.extraction import extract, recognised
from services.documents.limits import Limits
from services.documents.workers import Workers
from services.errors import InvalidInput
from tests.services.documents import files
from tests.services.documents.conftest import Extracted
from tests.services.documents.readers.test_pdf import drawing_bomb

VALVE = "The pressure valve of the\nboiler opens at 4.5 bar."
GERMAN = "Grüße aus Köln, Straße\n27 März, schöne Übung"

Recognised = Callable[[bytes], Document]


@pytest.fixture
def whole(tmp_path: Path, workers: Workers, lookers: Workers) -> Recognised:
    """What is read of a PDF once its pictures have been looked at, too."""

    def read(data: bytes) -> Document:
        path = files.written(tmp_path, "scan.pdf", data)
        document = extract(path, "scan.pdf", workers)
        return recognised(path, "scan.pdf", document, document.pictures, lookers)

    return read


def joined(*pdfs: bytes) -> bytes:
    """The pages of these PDFs in one."""
    writer = PdfWriter()
    for data in pdfs:
        writer.append(PdfReader(BytesIO(data)))
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def rotated(data: bytes, degrees: int) -> bytes:
    """The PDF with pages that a viewer turns."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(data)))
    for page in writer.pages:
        page.rotate(degrees)
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def test_a_scan_is_read_whichever_way_it_lies(whole: Recognised) -> None:
    turned = [files.scan([VALVE], turned) for turned in (0, 90, 180, 270)]
    document = whole(
        joined(*turned, rotated(files.scan([GERMAN]), 90), rotated(files.scan([GERMAN], 90), 90))
    )
    assert document.text == "\n\n".join([VALVE] * 4 + [GERMAN] * 2)
    assert ocr_pages(document) == [1, 2, 3, 4, 5, 6]
    assert (document.pictures, document.unread) == ((), ())


def test_a_picture_among_pages_of_text_is_put_where_it_belongs(whole: Recognised) -> None:
    first, last = files.pdf(["The first page."]), files.pdf(["The last page."])
    document = whole(joined(first, files.scan([VALVE, ""]), last))
    assert document.text == f"The first page.\n\n{VALVE}\n\nThe last page."
    assert [(section.page, section.ocr) for section in document.sections] == [
        (1, False),
        (2, True),
        (4, False),
    ]
    assert pages_of(document, document.text.index("boiler"), len(document.text)) == (2, 4)


def test_a_stamp_on_a_scan_does_not_hide_its_text(whole: Recognised) -> None:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(files.scan([VALVE]))))
    stamp = PdfReader(BytesIO(files.pdf([b"BT /F1 9 Tf 20 20 Td (Scanned by a telephone) Tj ET"])))
    writer.pages[0].merge_page(stamp.pages[0])
    file = BytesIO()
    writer.write(file)
    document = whole(file.getvalue())
    assert VALVE in document.text and ocr_pages(document) == [1]


def test_a_picture_of_nothing_is_refused_with_a_sentence(whole: Recognised) -> None:
    with pytest.raises(InvalidInput, match="holds only pictures of pages, and no text") as caught:
        whole(files.scan(["", ""]))
    assert caught.value.code == "invalid_file"


def test_pages_that_are_pictures_are_named_and_text_comes_at_once(extracted: Extracted) -> None:
    document = extracted("a.pdf", joined(files.pdf(["Words.", ""]), files.scan([VALVE])))
    assert (document.text, document.pictures) == ("Words.", (3,))


def test_letters_without_a_meaning_are_looked_at_as_a_picture(extracted: Extracted) -> None:
    document = extracted("a.pdf", meaningless("No font tells which letter this is. " * 5))
    assert document.pictures == (1,)


def test_a_page_too_hard_to_draw_is_told_and_costs_no_other_text(tmp_path: Path, workers: Workers) -> None:
    path = files.written(tmp_path, "a.pdf", joined(files.pdf(["Sound words."]), files.scan([VALVE])))
    document = extract(path, "a.pdf", workers)
    files.written(tmp_path, "a.pdf", drawing_bomb())
    with Workers(limits=Limits(memory_bytes=2**28)) as small:
        document = recognised(path, "a.pdf", document, (2,), small)
    assert (document.text, document.pictures, document.unread) == ("Sound words.", (), (2,))


def meaningless(text: str) -> bytes:
    """A page whose font maps each letter to one of nobody's characters."""
    lines = b"\n".join(b"<%02x> <%04x>" % (code, 0xE000 + code) for code in range(32, 127))
    mapping = (
        b"begincmap 1 begincodespacerange <00> <ff> endcodespacerange 95 beginbfchar\n"
        + lines
        + b"\nendbfchar endcmap"
    )
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 900 99] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>"
    )
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>"
    content = f"BT /F1 9 Tf 9 9 Td ({text}) Tj ET".encode()
    return files.numbered([*files.tree(b"3 0 R"), page, files.stream(content), font, files.stream(mapping)])
