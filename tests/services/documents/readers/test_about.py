from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

import docx
from pypdf import PdfReader, PdfWriter

from services.documents.document import MAX_TITLE_CHARACTERS, About
from tests.services.documents import files
from tests.services.documents.conftest import Extracted


def described(title: str) -> bytes:
    """A PDF of three pages with metadata and bookmarks."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(files.pdf(["one", "two", "three"]))))
    writer.add_metadata({"/Title": title, "/Author": "Ada", "/CreationDate": "D:20240531120000Z"})
    part = writer.add_outline_item(title="Part", page_number=0)
    writer.add_outline_item(title="Chapter", page_number=2, parent=part)
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def test_a_pdf_tells_its_title_author_day_and_outline(extracted: Extracted) -> None:
    assert extracted("a.pdf", described("Valves  and\nboilers")).about == About(
        "Valves and boilers", "Ada", "2024-05-31", ((1, "Part", 1), (2, "Chapter", 3))
    )


def test_a_title_is_cut_and_cleaned(extracted: Extracted) -> None:
    assert extracted("a.pdf", described("\x07" + "x" * 9000)).about.title == "x" * MAX_TITLE_CHARACTERS


def test_a_word_file_tells_the_same(extracted: Extracted) -> None:
    made = docx.Document()
    made.add_paragraph("Words.")
    made.core_properties.title, made.core_properties.author = "Valves", "Ada"
    made.core_properties.created = datetime(2024, 5, 31, tzinfo=UTC)
    assert extracted("a.docx", files.saved(made)).about == About("Valves", "Ada", "2024-05-31")


def test_other_files_tell_nothing(extracted: Extracted) -> None:
    assert extracted("a.csv", "a,b\n1,2\n").about == extracted("a.txt", "words").about == About()
