"""Each measure against values worked out by hand."""

from __future__ import annotations

import math

import pytest

from services.retrieval.evaluation import (
    Expected,
    Outcome,
    Question,
    Setting,
    answered,
    citation_precision,
    hit_at,
    holds,
    measure,
    ndcg,
    normal,
    reciprocal_rank,
    shown,
)
from services.retrieval.records import Passage

NONE: frozenset[int] = frozenset()
A, B = frozenset({0}), frozenset({1})


def passage(
    text: str = "", filename: str = "a.pdf", page: int | None = None, last_page: int | None = None
) -> Passage:
    return Passage("p", "file-1", filename, text, page, last_page)


@pytest.mark.parametrize(
    ("found", "rank", "hit"),
    [([NONE, A], 1, False), ([NONE, A], 2, True), ([], 10, False), ([NONE] * 10 + [A], 10, False)],
)
def test_hit_rate_looks_at_the_first_passages_only(found: list[frozenset[int]], rank: int, hit: bool) -> None:
    assert hit_at(found, rank) is hit


@pytest.mark.parametrize(
    ("found", "value"), [([A], 1.0), ([NONE, NONE, A, A], 1 / 3), ([NONE], 0.0), ([], 0.0)]
)
def test_reciprocal_rank_is_that_of_the_first_right_one(found: list[frozenset[int]], value: float) -> None:
    assert reciprocal_rank(found) == pytest.approx(value)


@pytest.mark.parametrize(
    ("found", "expected", "value"),
    [
        ([A], 1, 1.0),
        ([NONE, A], 1, 0.6309297535714575),  # 1 / log2(3)
        ([A, NONE, B], 2, (1 + 0.5) / (1 + 1 / math.log2(3))),
        ([A, A, A], 2, 1 / (1 + 1 / math.log2(3))),  # the same passage thrice counts once
        ([A | B], 2, 1.0),  # both in one passage: as good as can be
        ([NONE] * 10 + [A], 1, 0.0),
        ([], 3, 0.0),
        ([A], 0, 0.0),
    ],
)
def test_ndcg(found: list[frozenset[int]], expected: int, value: float) -> None:
    assert ndcg(found, expected) == pytest.approx(value)


def test_ndcg_of_more_expected_passages_than_ranks_can_be_perfect() -> None:
    assert ndcg([frozenset({n}) for n in range(10)], 15) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("text", "quote", "is_held"),
    [
        ("The pump  is\nred.", "the pump is red", True),
        ("The ware-\nhouse burns.", "The warehouse burns.", True),
        ("It says “two years”.", 'says "two years"', True),
        (
            "ends with The warranty lasts two",
            "The warranty lasts two years",
            True,
        ),  # cut at the end of a chunk
        ("lasts two years and more", "The kettle lasts two years and more", True),  # cut at its beginning
        ("ends with The", "The warranty lasts two years", False),
        ("The pump is red.", "The pump is blue.", False),
        ("", "The pump", False),
    ],
)
def test_a_quote_is_found_through_its_typesetting(text: str, quote: str, is_held: bool) -> None:
    assert holds(passage(text), Expected("a.pdf", (), quote)) is is_held


@pytest.mark.parametrize(
    ("place", "expected", "is_held"),
    [
        (passage(page=3), Expected("a.pdf", (3,)), True),
        (passage(page=2, last_page=4), Expected("a.pdf", (4, 9)), True),
        (passage(page=2, last_page=4), Expected("a.pdf", (5,)), False),
        (passage(), Expected("a.pdf", (5,)), False),
        (passage(page=7), Expected("a.pdf"), True),
        (passage(page=3), Expected("b.pdf", (3,)), False),
        (passage("else", page=3), Expected("a.pdf", (3,), "the pump"), False),  # a quote says it more exactly
    ],
)
def test_a_passage_is_expected_by_file_and_page(place: Passage, expected: Expected, is_held: bool) -> None:
    assert holds(place, expected) is is_held


def test_citation_precision_is_the_share_of_right_ones() -> None:
    question = Question("?", (Expected("a.pdf", (1,)), Expected("b.pdf", (2,))))
    right = [passage(page=1), passage(filename="b.pdf", page=2)]
    assert citation_precision([*right, passage(page=9), passage(page=8)], question) == 0.5
    assert citation_precision(right, question) == 1.0
    assert citation_precision([], question) is None


def test_each_found_passage_is_told_what_it_holds() -> None:
    question = Question("?", (Expected("a.pdf", (1,)), Expected("a.pdf", (2,))))
    found = [passage(page=9), passage(page=1, last_page=2)]
    assert answered(found, question) == (NONE, A | B)


def test_a_setting_cuts_by_score_and_by_number() -> None:
    outcome = Outcome(Question("?", (Expected("a"),)), "both", (NONE, A, A), (0.9, 0.6, 0.2))
    assert shown(outcome, Setting("both", 10, 0.5)) == (NONE, A)
    assert shown(outcome, Setting("both", 1, 0.0)) == (NONE,)


def test_means_are_over_the_questions_of_one_side() -> None:
    question = Question("?", (Expected("a"),))
    outcomes = [
        Outcome(question, "both", (A,), (0.9,)),
        Outcome(question, "both", (NONE, A), (0.9, 0.3)),
        Outcome(question, "both", (), ()),
        Outcome(question, "words", (A,), (0.9,)),
    ]
    figures = measure(outcomes, Setting("both", 10, 0.0))
    assert figures is not None
    assert (figures.questions, figures.empty) == (3, 1)
    assert figures.hit_rates == pytest.approx({1: 1 / 3, 3: 2 / 3, 5: 2 / 3, 10: 2 / 3})
    assert figures.mrr == pytest.approx((1 + 0.5) / 3)
    assert figures.ndcg == pytest.approx((1 + 1 / math.log2(3)) / 3)
    assert figures.passages == pytest.approx(1.0)
    strict = measure(outcomes, Setting("both", 10, 0.5))
    assert strict is not None and strict.hit_rates[10] == pytest.approx(1 / 3)
    assert measure(outcomes, Setting("vectors", 10, 0.0)) is None


def test_text_is_compared_without_its_typesetting() -> None:
    assert normal("Co\u00adop\u2013era-\n tion \n IS") == "coop-eration is"
