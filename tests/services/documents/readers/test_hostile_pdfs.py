"""PDFs that would rather do something else than be read end in their text or in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.documents.extraction import extract, recognised
from services.documents.workers import Workers
from services.errors import InvalidInput
from tests.services.documents import files
from tests.services.documents.conftest import Extracted

FONT = b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
WORDS = b"BT /F1 10 Tf 50 50 Td (The words of the page) Tj ET"


def single(page: bytes = b"", catalog: bytes = b"", *more: bytes, content: bytes = WORDS) -> bytes:
    """A PDF of one page, with more entries in its page and catalog, and more objects from number 5 on."""
    box = b"" if b"MediaBox" in page else b"/MediaBox [0 0 600 800]"
    return files.numbered(
        [
            b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalog,
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources %s %s %s >>" % (FONT, box, page),
            files.stream(content),
            *more,
        ]
    )


ACTION = b"/OpenAction << /S /JavaScript /JS (app.launchURL\\('http://127.0.0.1:1'\\)) >>"
LINK = b"/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 99 99] /A << /S /URI /URI (http://127.0.0.1:1) >> >>]"
LAUNCH = b"/AA << /O << /S /Launch /F (/bin/true) >> >>"
OUTLINE = b"<< /Title (Round) /Parent 5 0 R /Next 6 0 R /First 6 0 R /Last 6 0 R >>"


@pytest.mark.parametrize(
    "data",
    [
        single(catalog=ACTION),
        single(LINK),
        single(LAUNCH),
        single(b"", b"/Outlines 5 0 R", b"<< /First 6 0 R /Last 6 0 R >>", OUTLINE),
        single(b"/MediaBox [0 0 100000000 100000000]"),
        single(b"/MediaBox [0 0 0 0]"),
        single(b"/Parent 3 0 R"),
        single(b"/Rotate 33"),
        single(b"/UserUnit 9999999"),
    ],
    ids=["script", "link", "launch", "outline that goes round", "huge page", "no page", "own parent", "odd turn", "huge unit"],
)  # fmt: skip
def test_what_a_pdf_would_do_is_not_done_and_its_words_are_read(extracted: Extracted, data: bytes) -> None:
    assert extracted("a.pdf", data).text == "The words of the page"


@pytest.mark.parametrize(
    "data",
    [
        files.numbered([*files.tree(b"2 0 R"), b"<< >>"]),
        files.numbered([b"<< /Type /Catalog /Pages 1 0 R >>"]),
        single(content=b"q " * 2_000_000),
        single(content=b"[" * 1_000_000),
        single(b"/Contents [4 0 R 4 0 R]", content=b"/X Do"),
    ],
    ids=["tree in a circle", "no tree", "states", "brackets", "nothing drawn"],
)
def test_a_pdf_that_leads_nowhere_is_refused_with_a_sentence(extracted: Extracted, data: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"^a\.pdf .+\.$") as caught:
        extracted("a.pdf", data)
    assert caught.value.code == "invalid_file"
    assert extracted("b.pdf", files.pdf(["the next one"])).text == "the next one"


@pytest.mark.parametrize("box", [b"/MediaBox [0 0 100000000 100000000]", b"/MediaBox [0 0 14000 1]"])
def test_a_picture_of_any_size_costs_no_more_than_one(
    tmp_path: Path, workers: Workers, lookers: Workers, box: bytes
) -> None:
    path = files.written(tmp_path, "a.pdf", single(box, content=b"0 0 m 9 9 l S"))
    document = extract(path, "a.pdf", workers)
    assert document.pictures == (1,)
    with pytest.raises(InvalidInput, match="no text could be recognised"):
        recognised(path, "a.pdf", document, document.pictures, lookers)
