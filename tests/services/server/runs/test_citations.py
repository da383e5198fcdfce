from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import example, given, settings

from services.server.runs.citations import MARKER, Citer, Passage, Piece
from tests.services.server.runs.pieces import MARKERS, PASSAGES, check, splits, told

MANY = settings(deadline=None, max_examples=60)


def citer() -> Citer:
    return Citer(list(PASSAGES))


@MANY
@example(["【4:0†kettle.txt】【1234567", ":0†kettle.txt】"])
@given(splits())
def test_any_split_of_the_stream_gives_the_same_text_and_annotations(pieces: list[str]) -> None:
    assert check(citer(), pieces) == check(citer(), ["".join(pieces)])


@MANY
@given(splits())
def test_nothing_is_lost_but_markers_that_mean_nothing(pieces: list[str]) -> None:
    text, annotations = check(citer(), pieces)
    kept = {annotation["start_index"] for annotation in annotations}
    assert all(match.start() in kept for match in MARKER.finditer(text))
    written = "".join(pieces)
    assert MARKER.sub("", text) == MARKER.sub("", written) or "【" in MARKER.sub("", written)


@MANY
@given(splits())
def test_without_passages_everything_goes_out_at_once(pieces: list[str]) -> None:
    plain = Citer()
    assert [plain.feed(piece) for piece in pieces] == [[Piece(piece)] if piece else [] for piece in pieces]
    assert (plain.text, plain.annotations) == ("".join(pieces), [])


@pytest.mark.parametrize(
    ("written", "file_id"),
    [
        ("【4:0†kettle.txt】", "file-a"),
        ("【4:1†lamp 2.pdf】", "file-b"),
        ("【4:0†source】", "file-a"),
        ("【4:1†】", "file-b"),
        ("【4:0† kettle.txt 】", "file-a"),
        ("【7:1†lamp 2.pdf】", "file-b"),
        ("【4:5†kettle.txt】", "file-a"),
        ("【4:1†kettle.txt】", "file-a"),
    ],
)
def test_a_marker_leads_to_its_file_even_when_the_model_miscounts(written: str, file_id: str) -> None:
    text, (annotation,) = check(citer(), [f"So it is {written}."])
    assert text == f"So it is {written}."
    assert annotation["file_citation"]["file_id"] == file_id


@pytest.mark.parametrize("written", ["【4:0†other.txt】", "【99:0†source】", "【9:9†】"])
def test_a_marker_of_nothing_is_left_out(written: str) -> None:
    assert check(citer(), [f"So it is{written}."]) == ("So it is.", [])


def test_a_citation_says_where_and_quotes_what_supports_it() -> None:
    _, (annotation,) = check(citer(), ["The warranty of a kettle is two years ", MARKERS[0], "."])
    assert annotation == {
        "index": 0,
        "type": "file_citation",
        "text": "【4:0†kettle.txt】",
        "start_index": 38,
        "end_index": 54,
        "file_citation": {
            "file_id": "file-a",
            "quote": "The warranty of the kettle lasts two years.",
            "page": 3,
        },
    }


@pytest.mark.parametrize(
    ("marker", "where"),
    [(MARKERS[1], {"rows": [2, 2]}), (MARKERS[2], {"page": 5, "last_page": 6})],
)
def test_rows_and_last_pages_are_told_where_there_are_any(marker: str, where: dict[str, Any]) -> None:
    _, (annotation,) = check(citer(), [f"Look {marker}"])
    told_of = annotation["file_citation"]
    assert {name: told_of[name] for name in told_of.keys() - {"file_id", "quote"}} == where


def test_a_marker_is_held_back_until_it_is_whole() -> None:
    following = citer()
    pieces = ["Two years ", "【4", ":0†kett", "le.txt", "】", "."]
    out = [[piece.text for piece in following.feed(given)] for given in pieces]
    assert out == [["Two years "], [], [], [], ["【4:0†kettle.txt】"], ["."]]


def test_what_only_looks_like_a_marker_goes_out_in_the_end() -> None:
    assert told(citer(), ["See 【4:0†kettle"]) == ("See 【4:0†kettle", [])
    assert told(citer(), ["See 【", "this】."]) == ("See 【this】.", [])


def test_two_markers_in_a_row_are_two_citations() -> None:
    text, annotations = check(citer(), [f"Both {MARKERS[0]}{MARKERS[1]}"])
    assert [a["text"] for a in annotations] == MARKERS[:2]
    assert annotations[0]["end_index"] == annotations[1]["start_index"]
    assert text.endswith(MARKERS[1])


@pytest.mark.parametrize(
    ("claim", "pages"),
    [
        ("It is blue.", (2, 2)),
        ("The pump weighs nine kilograms.", (3, 4)),
        ("Nothing of this is there", (2, 2)),
    ],
)
def test_a_citation_names_the_pages_of_its_quote(claim: str, pages: tuple[int, int]) -> None:
    text = "It is blue. The pump weighs nine kilograms."
    shown = Passage(4, 0, "file-p", "pump.pdf", text, 1, 9, page_starts=((0, 2), (12, 3), (30, 4)))
    _, (annotation,) = check(Citer([shown]), [f"{claim}{shown.marker}"])
    citation = annotation["file_citation"]
    assert (citation["page"], citation["last_page"]) == pages


def test_a_quote_that_is_not_in_its_passage_has_the_pages_of_the_passage() -> None:
    shown = Passage(4, 0, "file-p", "pump.pdf", "It is blue.", 1, 9, page_starts=((0, 2),))
    assert shown.pages_of("It is red.") == (1, 9)


def test_a_passage_kept_as_json_is_the_same_passage() -> None:
    shown = Passage(4, 0, "file-p", "pump.pdf", "It is blue.", 1, 9, page_starts=((0, 2), (12, 3)))
    again = Passage.of(json.loads(json.dumps(asdict(shown))))
    assert {again: 1} == {shown: 1}
