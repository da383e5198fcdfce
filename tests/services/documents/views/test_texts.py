"""A passage with what surrounds it."""

from __future__ import annotations

import pptx
import pytest

from services.documents.views.shapes import TextView
from tests.services.documents import files
from tests.services.documents.views.conftest import Seen

FILLING = "Some other words that nobody asked for. "
LONG = FILLING * 200 + "\nThe river rose.\n" + FILLING * 200


def text(view: object) -> TextView:
    assert isinstance(view, TextView)
    return view


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.py", "a.html", "a.json"])
def test_the_passage_stands_in_some_of_its_surroundings(seen: Seen, name: str) -> None:
    view = text(seen(name, LONG, quote="The river  rose."))
    assert view.passage == "The river rose."
    assert 300 < len(view.before) <= 500 and 300 < len(view.after) <= 500
    assert view.before.lstrip().startswith(("Some", "other", "words", "that", "nobody", "asked", "for"))
    assert not view.is_start and not view.is_end


def test_a_short_text_is_shown_whole(seen: Seen) -> None:
    view = text(seen("a.txt", "One.\nThe river rose.\nTwo.", quote="The river rose."))
    assert (view.before, view.passage, view.after) == ("One.\n", "The river rose.", "\nTwo.")
    assert view.is_start and view.is_end and view.found


def test_what_is_not_found_shows_the_beginning(seen: Seen) -> None:
    view = text(seen("a.txt", LONG, quote="The river fell."))
    assert not view.found
    assert view.before == "" and view.after.startswith("Some other words")
    assert view.is_start and not view.is_end


def test_a_line_of_code_has_its_number(seen: Seen) -> None:
    assert text(seen("a.py", "import os\n\n\ndef f():\n    return 1\n", quote="return 1")).line == 5
    assert text(seen("a.json", '{"a": 1}', quote='"a": 1')).line is None


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.md", "# One\n\nfirst\n\n## Two\n\n```sh\n# no heading\n```\n\nThe river rose.\n\n# Three\n"),
        ("a.html", "<h1>One</h1><p>first</p><h2>Two</h2><p>The river rose.</p><h2>Three</h2><p>last</p>"),
    ],
)
def test_a_passage_stands_under_a_heading(seen: Seen, name: str, data: str) -> None:
    assert text(seen(name, data, quote="The river rose.")).heading == "Two"
    assert text(seen(name, data, quote="Three")).heading == "Three"
    assert text(seen("a.txt", data, quote="The river rose.")).heading == ""


def test_a_word_document_is_shown_as_text(seen: Seen) -> None:
    data = files.word(files.PARAGRAPH.format("Before.") + files.PARAGRAPH.format("The river rose."))
    view = text(seen("a.docx", data, quote="The river rose."))
    assert (view.kind, view.before, view.passage) == ("docx", "Before.\n\n", "The river rose.")


def slides(*texts: str) -> bytes:
    deck = pptx.Presentation()
    for words in texts:
        deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = words
    return files.saved(deck)


def test_a_passage_on_a_slide_comes_with_that_slide_only(seen: Seen) -> None:
    data = slides("The river rose. One.", "The river rose. Two.", "Three.")
    view = text(seen("a.pptx", data, quote="The river rose.", page=2))
    assert (view.page, view.before, view.passage, view.after) == (2, "## ", "The river rose.", " Two.")
    assert view.is_start and view.is_end
    assert text(seen("a.pptx", data, quote="Three", page=1)).page == 3
    assert text(seen("a.pptx", data, quote="Four", page=2)).after == "## The river rose. Two."
