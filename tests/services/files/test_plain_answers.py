"""A small model answers in its own words; each sentence is traced to the passage that bears it out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.files.answers import ABSENT, NONE_FOUND
from services.files.support import strangers
from tests.services.files.make import ERRORS, passage, read_plain

PASSAGES = (passage(), passage(ERRORS, file_id="file-2", page=7))
TWO = "The warranty lasts 24 months. Open the valve and restart the unit."


@pytest.mark.parametrize("step", [1, 2, 5, 1000])
def test_each_sentence_gets_its_source(step: int) -> None:
    turn = read_plain(TWO, PASSAGES, step=step)
    assert turn.text == (
        "The warranty lasts 24 months.【1†file-1.pdf】 Open the valve and restart the unit.【2†file-2.pdf】"
    )
    assert [c.quote for c in turn.citations] == [
        "The warranty lasts 24 months.",
        "Open the valve and restart the unit.",
    ]
    assert all(turn.text[c.start : c.end] == c.marker for c in turn.citations)


def test_a_bare_number_is_traced_with_the_question() -> None:
    turn = read_plain("24 months", PASSAGES, "How long does the warranty last?")
    assert [c.quote for c in turn.citations] == ["The warranty lasts 24 months."]


@pytest.mark.parametrize("text", ["It lasts 36 months.", "The pump is painted blue and never rusts."])
def test_what_no_passage_says_is_marked(text: str) -> None:
    turn = read_plain(text, PASSAGES)
    (doubt,) = turn.unsupported
    assert turn.text[doubt.start : doubt.end] == text
    assert turn.text.endswith(NONE_FOUND)


@pytest.mark.parametrize(
    "text", [ABSENT, "Not in the passages.", "The passages do not mention the price of it.", "\n", ""]
)
def test_a_refusal_is_told_in_our_words_with_the_nearest_passages(text: str) -> None:
    turn = read_plain(text, PASSAGES, "How long is the warranty on tyres?")
    assert turn.text.startswith(ABSENT)
    assert turn.citations[0].file_id == "file-1"


@given(st.text(max_size=80), st.integers(1, 9))
def test_every_character_of_an_answer_arrives(text: str, step: int) -> None:
    turn = read_plain(f"The warranty {text}", PASSAGES, step=step)
    said = turn.text.replace("【1†file-1.pdf】", "").replace("【2†file-2.pdf】", "").removesuffix(NONE_FOUND)
    assert said.strip() == f"The warranty {text}".strip()


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("What does E27 mean?", ["E27"]),
        ("What does error E4 mean?", []),
        ("How loud is the Aro 20?", ["Aro 20"]),
        ("How many months?", []),
    ],
)
def test_codes_that_no_passage_has_are_noticed(question: str, named: list[str]) -> None:
    assert strangers(question, PASSAGES) == named


def test_a_bare_answer_from_a_place_that_speaks_of_something_else_is_marked() -> None:
    turn = read_plain("24 months.", PASSAGES, "Until when is the main library open on Thursdays?")
    assert not turn.citations and turn.unsupported


def test_a_long_sentence_of_a_passage_is_borne_out_whatever_was_asked() -> None:
    said = "Error E4 means that the flow sensor reports too little water."
    turn = read_plain(said, PASSAGES, "Somebody saw this sign on our machine this morning, what happened?")
    assert [c.file_id for c in turn.citations] == ["file-2"]


def test_a_place_that_does_not_answer_is_no_source() -> None:
    turn = read_plain("24 months", PASSAGES, "How long does the warranty last?", holds=False)
    assert turn.unsupported and not turn.citations
    assert turn.text.endswith(NONE_FOUND)


def test_a_sentence_goes_on_behind_an_abbreviation() -> None:
    turn = read_plain("The warranty, see p. 9, lasts 24 months.", [passage(f"See p. 9. {PASSAGES[0].text}")])
    assert turn.text.startswith("The warranty, see p. 9, lasts 24 months.【")


def test_numbers_far_from_the_words_bear_nothing_out() -> None:
    far = passage(
        "The warranty lasts long. " + "Wash it with water and soap. " * 30 + "The bag holds 24 litres."
    )
    turn = read_plain("The warranty lasts 24 months.", [far], "How long does the warranty last?")
    assert not turn.citations


def test_a_price_is_not_answered_from_pages_without_money() -> None:
    data = [passage("Data of the Aro 12: heating output 11.9 kW, weight 141 kg.")]
    assert not read_plain("The Aro 12 costs 11.9 kW.", data, "What does the Aro 12 cost?").citations
    priced = [passage("The Aro 12 costs 11,900 euros with delivery.")]
    assert read_plain("It costs 11,900 euros.", priced, "What does the Aro 12 cost?").citations


def test_a_sentence_that_runs_over_two_lines_is_quoted_whole() -> None:
    wrapped = [
        passage("Register the pump within 60 days of delivery at the address\non the card.\nModel Aro 9")
    ]
    turn = read_plain("You have 60 days to register the pump.", wrapped)
    assert (
        turn.citations[0].quote == "Register the pump within 60 days of delivery at the address\non the card."
    )
