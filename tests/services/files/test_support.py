"""A quote counts when it is in the document, and only then."""

from __future__ import annotations

import pytest

from services.files.support import nearest, support
from tests.services.files.make import ERRORS, WARRANTY, passage

PASSAGES = (passage(), passage(ERRORS, file_id="file-2", page=7))


def test_the_quote_is_given_as_it_stands_in_the_document() -> None:
    found = support("Two years.", "the  warranty lasts 24 months", 1, PASSAGES)
    assert found is not None
    assert (found.quote, found.page) == ("The warranty lasts 24 months", 3)


@pytest.mark.parametrize(
    "quote",
    [
        "The war-\nranty lasts 24 months.",
        "“The warranty lasts 24 months.”",
        "The warranty lasts 24 months…",
        "The compressor is covered for five years",
        "does not cover wear. The compressor",
    ],
)
def test_line_breaks_hyphens_and_quotation_marks_do_not_matter(quote: str) -> None:
    assert support("So it is.", quote, 1, PASSAGES) is not None


@pytest.mark.parametrize(
    "quote", ["", "…", "a", "The warranty lasts 36 months.", "The pump is painted blue and never rusts."]
)
def test_what_is_not_there_supports_nothing(quote: str) -> None:
    assert support("So it is.", quote, 1, PASSAGES) is None


def test_a_slip_of_a_word_is_quoted_as_the_document_has_it() -> None:
    found = support("It is low flow.", "Error E4 means the flow sensor reports too little water", 2, PASSAGES)
    assert found is not None
    assert found.quote == "Error E4 means that the flow sensor reports too little water."


def test_a_slip_in_a_number_is_no_slip() -> None:
    assert support("So.", "Error E5 means that the flow sensor reports too little water", 2, PASSAGES) is None


def test_the_passage_that_holds_the_quote_is_cited_whichever_was_named() -> None:
    found = support("Open it.", "Open the valve", 1, PASSAGES)
    assert found is not None
    assert found.passage.file_id == "file-2"


def test_a_statement_with_a_number_of_its_own_is_not_supported() -> None:
    assert support("It lasts 36 months.", "The warranty lasts 24 months", 1, PASSAGES) is None


@pytest.mark.parametrize("words", ["1,200.50 euros", "1.200,50 Euro", "1200.5 €"])
def test_numbers_are_the_same_however_they_are_written(words: str) -> None:
    paper = passage("The deposit is 1,200.50 euros.")
    assert support(f"You pay {words}.", "The deposit is", 1, [paper]) is not None


def test_the_row_of_a_table_that_a_statement_tells_is_quoted_though_another_was_copied() -> None:
    table = "Code Meaning What to do\nE03 Low pressure below 0.4 bar Look for leaks\nE14 Water flow below 55 % of nominal Clean filter\n"
    copied = "E03 Low pressure below 0.4 bar Look for leaks"
    found = support("E14 means that the water flow is below 55 % of nominal.", copied, 1, (passage(table),))
    assert found is not None
    assert found.quote == "E14 Water flow below 55 % of nominal Clean filter"
    same = support("E03 means low pressure.", copied, 1, (passage(table),))
    assert same is not None
    assert same.quote == copied


def test_the_nearest_sentences_are_told_with_their_pages() -> None:
    first, *_ = nearest("How long does the warranty last?", PASSAGES)
    assert (first.quote, first.page) == ("The warranty lasts 24 months.", 3)


def test_the_page_is_that_of_the_quote() -> None:
    long = passage(WARRANTY + "\n" + ERRORS)
    over_two = type(long)(
        long.file_id,
        long.filename,
        0.5,
        long.text,
        0,
        len(long.text),
        3,
        4,
        None,
        ((0, 3), (len(WARRANTY) + 1, 4)),
    )
    found = support("Open it.", "Open the valve", 1, [over_two])
    assert found is not None
    assert (found.page, found.last_page) == (4, 4)
