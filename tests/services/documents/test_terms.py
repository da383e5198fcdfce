"""The terms a text is searched by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.documents.terms import SILENT, question_terms, terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("pumps", "pump"),
        ("Connected", "connection"),
        ("CAFÉ", "cafe"),
        ("Straße", "STRASSE"),
        ("ﬁle", "files"),
        ("Ｗｉｄｅ", "wide"),
    ],
)
def test_forms_of_a_word_are_one_term(one: str, other: str) -> None:
    assert terms(one) == terms(other)


def test_each_occurrence_counts() -> None:
    assert terms("pump, pumps; PUMP!") == ["pump"] * 3


def test_languages_without_spaces_are_told_apart_by_letter() -> None:
    assert terms("東京は") == ["東", "京", "は"]


def test_a_question_is_asked_once_and_without_words_that_say_nothing() -> None:
    assert question_terms("What is the pump, and what are pumps?") == ["pump"]


def test_a_question_of_such_words_alone_keeps_them() -> None:
    assert question_terms("Who is who?") == ["who", "is"]
    assert question_terms("?!") == []


@given(st.text(max_size=200))
def test_any_question_asks_for_terms_of_its_own_text(question: str) -> None:
    asked = question_terms(question)
    assert set(asked) <= set(terms(question))
    assert len(set(asked)) == len(asked)
    assert all(term and len(term) <= 64 for term in terms(question))


def test_the_words_that_say_nothing_are_words() -> None:
    assert all(word.isalpha() and word == word.lower() for word in SILENT)
