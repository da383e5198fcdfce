from __future__ import annotations

from services.documents.document import About, Document, Section
from services.documents.headings import MAX_PATH_CHARACTERS, heading_paths

MARKDOWN = """# Pumps

Intro.

## Care

Oil it.

```
# no heading
```

### Winter

Drain it.

## Spares

Order them.
"""
UNDERLINED = "Pumps\n=====\n\nIntro.\n\nCare\n----\n\nOil it.\n\nSpares\n------\n\nOrder them.\n"


def paths(document: Document, *words: str) -> list[str]:
    return heading_paths(document, [document.text.index(word) for word in words])


def test_a_stretch_stands_under_its_headings_outermost_first() -> None:
    found = paths(Document("markdown", MARKDOWN), "Intro", "Oil", "Drain", "Order")
    assert found == ["Pumps", "Pumps Care", "Pumps Care Winter", "Pumps Spares"]


def test_underlined_headings_count_too() -> None:
    assert paths(Document("text", UNDERLINED), "Intro", "Oil", "Order") == [
        "Pumps",
        "Pumps Care",
        "Pumps Spares",
    ]


def test_a_comment_in_code_is_no_heading() -> None:
    assert paths(Document("code", "# comment\nwords"), "words") == [""]


def test_a_pdf_has_its_title_and_bookmarks() -> None:
    about = About("Handbook", outline=((1, "Care", 1), (2, "Winter", 3), (1, "Spares", 9), (1, "Lost", None)))
    document = Document(
        "pdf", "one\n\ntwo\n\nsix", (Section(0, 3, 1), Section(5, 8, 2), Section(10, 13, 4)), about=about
    )
    assert paths(document, "one", "two", "six") == ["Handbook Care", "Handbook Care", "Handbook Care Winter"]


def test_a_title_that_is_a_heading_too_is_said_once_and_long_ones_are_cut() -> None:
    document = Document("docx", "# Pumps\n\nwords", about=About("Pumps"))
    assert paths(document, "words") == ["Pumps"]
    assert len(paths(Document("text", "words", about=About("x" * 900)), "words")[0]) == MAX_PATH_CHARACTERS
