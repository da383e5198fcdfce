from __future__ import annotations

import pytest
from hypothesis import example, given, settings

from services.server.runs.attribution import AttributingCiter
from tests.services.server.runs.pieces import MARKERS, PASSAGES, check, splits

KETTLE = "The warranty of the kettle lasts two years."
LAMP = "A bulb of sixty watts fits the lamp."

MANY = settings(deadline=None, max_examples=60)


def citer() -> AttributingCiter:
    return AttributingCiter(list(PASSAGES))


@MANY
@example(["The kettle's warranty: two years", "\n", "\nNext"])
@given(splits())
def test_any_split_of_the_stream_gives_the_same_text_and_annotations(pieces: list[str]) -> None:
    assert check(citer(), pieces) == check(citer(), ["".join(pieces)])


@pytest.mark.parametrize(
    ("written", "cited"),
    [
        (f"{KETTLE} ", f"{KETTLE}{MARKERS[0]} "),
        (KETTLE, f"{KETTLE}{MARKERS[0]}"),
        ("The kettle's warranty: two years\nNext", f"The kettle's warranty: two years{MARKERS[0]}\nNext"),
        (f"{KETTLE} {LAMP}", f"{KETTLE}{MARKERS[0]} {LAMP}{MARKERS[1]}"),
        ("It costs 3.50 euros.", "It costs 3.50 euros."),
        ("Cats sleep most of their days.", "Cats sleep most of their days."),
        ("Two years.", "Two years."),
    ],
)
def test_a_sentence_is_traced_to_the_passage_that_has_its_words(written: str, cited: str) -> None:
    assert check(citer(), [written])[0] == cited


def test_what_the_model_cited_itself_is_left_as_it_is() -> None:
    written = f"The warranty of the kettle lasts two years {MARKERS[0]}. {LAMP}"
    assert check(citer(), [written])[0] == written + MARKERS[1]


def test_one_passage_is_cited_once_in_a_row_and_anew_in_a_new_paragraph() -> None:
    twice = f"{KETTLE} {KETTLE}"
    assert check(citer(), [twice])[0] == f"{KETTLE}{MARKERS[0]} {KETTLE}"
    anew = f"{KETTLE}\n\n{KETTLE}"
    assert check(citer(), [anew])[0] == f"{KETTLE}{MARKERS[0]}\n\n{KETTLE}{MARKERS[0]}"
    assert check(citer(), list(anew)) == check(citer(), [anew])


def test_code_is_not_cited() -> None:
    written = f"```\n{KETTLE}\n```\n"
    assert check(citer(), [written]) == (written, [])


def test_without_passages_nothing_is_held_back() -> None:
    plain = AttributingCiter()
    assert [piece.text for piece in plain.feed("Wait.")] == ["Wait."]
    assert plain.flush() == []
