"""An answer is read while it is written, and checked statement by statement."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.files.answers import ABSENT, NONE_FOUND
from services.files.prompting import Exchange, prompt
from services.files.quoted_answers import QuotedAnswer, form
from services.structured import check_schema
from services.turns import TextDelta
from tests.services.files.make import ERRORS, answer, passage, read

PASSAGES = (passage(), passage(ERRORS, file_id="file-2", page=7))
TWO = answer(
    (1, "The warranty lasts 24 months.", "The warranty lasts 24 months."),
    (2, "Open the valve", "Open the valve first."),
)


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_each_statement_is_followed_by_its_source(step: int) -> None:
    turn = read(TWO, PASSAGES, step=step)
    assert turn.text == (
        "The warranty lasts 24 months.【1†file-1.pdf】 Open the valve first.【2†file-2.pdf】"
    )
    assert [(c.file_id, c.page, c.quote) for c in turn.citations] == [
        ("file-1", 3, "The warranty lasts 24 months."),
        ("file-2", 7, "Open the valve"),
    ]
    assert all(turn.text[c.start : c.end] == c.marker for c in turn.citations)
    assert not turn.unsupported


def test_text_is_told_before_the_answer_is_whole() -> None:
    reader = QuotedAnswer("What?", PASSAGES)
    begun = TWO[: TWO.index('24 months."}') + 2]
    told = "".join(e.text for e in reader.feed(begun) if isinstance(e, TextDelta))
    assert told == "The warranty lasts 24"


def test_a_statement_without_its_quote_in_the_documents_is_marked() -> None:
    made_up = (1, "The warranty lasts ten years.", "The warranty lasts ten years.")
    turn = read(answer(made_up, (2, "Open the valve", "Open the valve.")), PASSAGES)
    (doubt,) = turn.unsupported
    assert turn.text[doubt.start : doubt.end] == "The warranty lasts ten years."
    assert [c.file_id for c in turn.citations] == ["file-2"]
    assert NONE_FOUND not in turn.text


def test_an_answer_that_is_all_made_up_is_said_to_be() -> None:
    turn = read(answer((1, "Nothing of the kind.", "It is blue.")), PASSAGES)
    assert turn.text.endswith(NONE_FOUND)
    assert not turn.citations


def test_what_is_not_there_is_said_not_to_be_there_with_the_nearest_passages() -> None:
    turn = read(answer(), PASSAGES, "How long is the warranty on tyres?")
    assert turn.text.startswith(ABSENT)
    assert turn.citations[0].quote == "The warranty lasts 24 months."


def test_statements_of_a_model_that_found_nothing_are_not_told() -> None:
    turn = read(answer((1, "wear", "It is about wear."), answers=False), PASSAGES)
    assert "about wear" not in turn.text


@given(st.text(max_size=60) | st.sampled_from([TWO[:n] for n in range(0, len(TWO), 9)]))
def test_whatever_a_model_writes_is_survived(text: str) -> None:
    assert read(text, PASSAGES).text


@pytest.mark.parametrize(
    "odd",
    [
        [],
        {"statements": ["words"]},
        {"statements": [{"passage": "x", "answers": True, "quote": None, "statement": 3}]},
        {"statements": {}},
        {"answers": True},
    ],
)
def test_json_of_another_shape_is_no_answer(odd: Any) -> None:
    assert read(json.dumps(odd), PASSAGES).citations is not None


def test_the_schema_allows_only_passages_that_were_shown() -> None:
    schema = form(2)["json_schema"]["schema"]
    check_schema(json.dumps(schema))
    assert schema["properties"]["statements"]["items"]["properties"]["passage"]["enum"] == [1, 2]


def test_passages_come_first_and_the_question_last() -> None:
    text = prompt("And the pump?", PASSAGES, [Exchange("How long?", "24 months.")])
    places = [
        text.index(part)
        for part in ("[1] file-1.pdf, page 3", "[2] file-2.pdf", "How long?", "And the pump?")
    ]
    assert places == sorted(places)
