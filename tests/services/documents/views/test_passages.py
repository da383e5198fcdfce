"""A quotation is found wherever its letters stand, however they are set."""

from __future__ import annotations

import time

import pytest

from services.documents.views.passages import find, split

TEXT = "One. The river rose by four metres. Two."


@pytest.mark.parametrize(
    "quote",
    [
        "The river rose by four metres.",
        "The  river\nrose by\u00a0four metres.",
        "The ri-\nver rose by four metres.",
        "Theriverrosebyfourmetres.",
        "the RIVER rose by four metres.",
    ],
)
def test_white_space_hyphens_and_capitals_do_not_matter(quote: str) -> None:
    start, end = find(TEXT, quote) or (0, 0)
    assert TEXT[start:end] == "The river rose by four metres."


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("the ri\u00adver", "river"),
        ("the ri\x02ver", "river"),
        ("the ri\ufffever", "river"),
        ("the ri-\r\nver", "river"),
        ("an eﬃcient oﬀer, ﬁrst ﬂoor", "efficient offer, first floor"),
        ("an efficient offer", "an eﬃcient oﬀer"),
        ("an effi cient offer", "efficient"),
        ("ﬆill", "still"),
        ("a cafe\u0301 here", "caf\u00e9"),
        ("a caf\u00e9 here", "cafe\u0301"),
        ("\u212b and more", "\u212b and"),
        ("“Yes”, it’s so", '"Yes", it\'s so'),
        ('\'tis "so"', "‘tis „so“"),
        ("wait … now", "wait... now"),
        ("wait. . . now", "wait… now"),
        ("pages 3–5", "pages 3-5"),
        ("中文的句子\n在这里", "句子在这里"),
        ("a (b) [c] *d* $5 \\e", "(b) [c] *d* $5 \\e"),
    ],
)
def test_the_same_letters_may_be_written_differently(text: str, quote: str) -> None:
    assert find(text, quote)


@pytest.mark.parametrize("quote", ["", " \n-", "The river fell", "metres. Three"])
def test_what_is_not_there_is_not_found(quote: str) -> None:
    assert find(TEXT, quote) is None


def test_capitals_tell_between_two_places() -> None:
    assert find("Total and total", "total") == (10, 15)
    assert find("Total and total", "TOTAL") == (0, 5)


def test_the_search_begins_where_it_is_told() -> None:
    assert find("again and again", "again", 3) == (10, 15)


FIRST = "Header\nIt began slowly. The river rose by four\n12"
SECOND = "Header\nmetres in one night. Then it fell.\n13"


def test_a_passage_that_runs_over_is_found_in_both_parts() -> None:
    head, tail = split(FIRST, SECOND, "The river rose by four metres in one night.") or ((0, 0), (0, 0))
    assert FIRST[slice(*head)] == "The river rose by four"
    assert SECOND[slice(*tail)] == "metres in one night."


@pytest.mark.parametrize(
    "quote",
    [
        "It began slowly.",  # it is whole on the first page
        "Then it fell.",  # it is whole on the second
        "The river rose by five metres in one night.",
        "Header metres in one hour",
        "",
    ],
)
def test_a_passage_that_does_not_run_over_is_not_split(quote: str) -> None:
    assert split(FIRST, SECOND, quote) is None


def test_two_letters_at_the_edge_are_chance() -> None:
    assert split("the cat", "xyz", "the catx") is None


def test_a_text_made_to_slow_the_search_down_does_not() -> None:
    started = time.process_time()
    assert find("a " * 20_000, "a" * 300 + "b") is None
    assert find("ffi" * 10_000, "ffi" * 100 + "x") is None
    assert time.process_time() - started < 10
