from __future__ import annotations

import pptx
from pptx.util import Inches

from services.documents.document import Section
from tests.services.documents import files
from tests.services.documents.conftest import Extracted


def presentation() -> bytes:
    deck = pptx.Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[1])
    first.shapes.title.text = "Results"
    first.placeholders[1].text = "More users\nLess cost"
    first.notes_slide.notes_text_frame.text = "Smile here."
    deck.slides.add_slide(deck.slide_layouts[6])
    third = deck.slides.add_slide(deck.slide_layouts[6])
    table = third.shapes.add_table(2, 2, *(Inches(1),) * 4).table
    for place, text in {(0, 0): "year", (0, 1): "users", (1, 0): "2025", (1, 1): "40"}.items():
        table.cell(*place).text = text
    order = deck.slides._sldIdLst
    order.insert(0, order[2])
    return files.saved(deck)


def test_slides_come_as_shown_with_tables_and_notes(extracted: Extracted) -> None:
    document = extracted("a.pptx", presentation())
    slides = ["year | users\n2025 | 40", "## Results\n\nMore users\nLess cost\n\nNotes: Smile here."]
    assert document.kind == "pptx"
    assert document.text == "\n\n".join(slides)
    start = len(slides[0]) + 2
    assert document.sections == (Section(0, start - 2, 1), Section(start, len(document.text), 2))


def test_progress_counts_slides(tmp_path, workers) -> None:
    from services.documents.extraction import extract

    seen: list[tuple[int, int]] = []
    path = files.written(tmp_path, "a.pptx", presentation())
    extract(path, "a.pptx", workers, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]
