from __future__ import annotations

import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from services.documents.document import Section, page_at
from services.documents.extraction import extract
from services.documents.limits import Limits
from services.documents.workers import Workers
from services.errors import InvalidInput
from tests.services.documents import files
from tests.services.documents.conftest import Extracted


def encrypted(password: str, owner: str = "owner") -> bytes:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(files.pdf(["secret words"]))))
    writer.encrypt(password, owner, algorithm="RC4-128")
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def drawing_bomb(fan: int = 8, depth: int = 28) -> bytes:
    """A page whose drawing draws another `fan` times, which draws another `fan` times …"""
    resources = b"<< /XObject << /X %d 0 R >> >>"
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources "
        + resources % 5
        + b" >>"
    )
    drawings = []
    for number in range(6, 6 + depth):
        kind = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources " + resources % number
        drawings.append(files.stream(b"/X Do " * fan, kind))
    return files.numbered([*files.tree(b"3 0 R"), page, files.stream(b"/X Do"), *drawings])


def packed_bomb() -> bytes:
    """A page of blanks that unpacks to a gigabyte."""
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(b" " * 2**24) for _ in range(64)) + packer.flush()
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R >>"
    return files.numbered([*files.tree(b"3 0 R"), page, files.stream(packed, b"/Filter /FlateDecode")])


def test_each_page_is_a_section_with_its_number(extracted: Extracted) -> None:
    document = extracted("a.pdf", files.pdf(["First page\nits second line", "", "Third (page)"]))
    assert document.kind == "pdf"
    assert document.text == "First page\nits second line\n\nThird (page)"
    assert document.sections == (Section(0, 26, 1), Section(28, 40, 3))
    assert page_at(document, document.text.index("Third")) == 3


def test_a_word_divided_at_the_end_of_a_line_is_one_word(extracted: Extracted) -> None:
    assert extracted("a.pdf", files.pdf(["an extra-\nordinary thing"])).text == "an extraordinary thing"


def test_text_outside_the_paper_and_other_letters_count(extracted: Extracted) -> None:
    outside = b"BT /F1 10 Tf 9000 9000 Td (far out) Tj ET BT /F1 10 Tf 50 50 Td (caf\xe9) Tj ET"
    text = extracted("a.pdf", files.pdf([outside])).text
    assert "far out" in text and "café" in text


def test_a_password_that_opens_nothing_but_printing_is_no_hindrance(extracted: Extracted) -> None:
    assert extracted("a.pdf", encrypted("")).text == "secret words"


def test_what_pdfium_cannot_open_pypdf_may(extracted: Extracted) -> None:
    headless = files.pdf(["still readable", "second"]).replace(b"/Root 1 0 R", b"")
    document = extracted("a.pdf", headless)
    assert "still readable" in document.text
    assert [section.page for section in document.sections] == [1, 2]


def test_a_missing_page_costs_itself_only(extracted: Extracted) -> None:
    document = extracted("a.pdf", files.pdf(["here"], count=3))
    assert document.text == "here"


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (files.pdf(["", ""]), "holds no text"),
        (b"%PDF-1.7 and nothing more", "damaged"),
        (files.pdf(["x"] * 100)[:-9000], "damaged|holds no text"),
        (files.pdf(["x"], count=100_000), "has 100,000 pages; at most 5,000"),
        (files.pdf(["x"] * 10_000), "has 10,000 pages; at most 5,000"),
    ],
    ids=["blank", "stump", "cut", "claims pages", "pages"],
)
def test_pdfs_that_cannot_be_used_get_a_sentence(extracted: Extracted, data: bytes, hint: str) -> None:
    with pytest.raises(InvalidInput, match=hint) as caught:
        extracted("a.pdf", data)
    assert caught.value.code == "invalid_file"
    assert extracted("b.pdf", files.pdf(["the next one"])).text == "the next one"


@pytest.mark.parametrize("make", [drawing_bomb, packed_bomb])
def test_a_bomb_costs_one_document(tmp_path: Path, make: Callable[[], bytes]) -> None:
    with Workers(limits=Limits(memory_bytes=2**28)) as workers:
        with pytest.raises(InvalidInput, match="too much memory") as caught:
            extract(files.written(tmp_path, "a.pdf", make()), "a.pdf", workers)
        assert caught.value.code == "invalid_file"
        sound = files.written(tmp_path, "b.pdf", files.pdf(["the next one"]))
        assert extract(sound, "b.pdf", workers).text == "the next one"
