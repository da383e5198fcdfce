"""The words of a passage that support a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.documents.quotes import LONGEST_QUOTE, best_quote

PASSAGE = "The pump is blue. It runs at 400 rpm, day and night.\nCall Anna when it leaks! Who else? 東京です。終わり。"


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("It turns at 400 rpm", "It runs at 400 rpm, day and night."),
        ("Anna is called", "Call Anna when it leaks!"),
        ("the blue pump", "The pump is blue."),
        ("東京", "東京です。終わり。"),
        ("nothing of this", "The pump is blue."),
        ("", "The pump is blue."),
    ],
)
def test_the_sentence_that_shares_most_is_quoted(claim: str, quote: str) -> None:
    assert best_quote(PASSAGE, claim) == quote


def test_a_short_sentence_outweighs_a_long_one_with_the_same_words() -> None:
    assert (
        best_quote("Pumps, valves, motors and oil are sold here every day. Oil is here.", "oil")
        == "Oil is here."
    )


def test_a_long_sentence_is_cut() -> None:
    assert len(best_quote("word " * 200, "word")) <= LONGEST_QUOTE


@given(st.text(max_size=400), st.text(max_size=80))
def test_a_quote_stands_in_the_passage_as_it_is(passage: str, claim: str) -> None:
    quote = best_quote(passage, claim)
    assert quote in passage
    assert len(quote) <= LONGEST_QUOTE
    assert quote == quote.strip()
