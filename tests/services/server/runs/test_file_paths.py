"""Links to written files: held back until they are whole, annotated, and handed over where a model forgets them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from services.server.runs.attribution import AttributingCiter
from services.server.runs.citations import Citer, Piece
from services.server.runs.file_paths import Links

FILES = {
    "/mnt/data/a.csv": "file-a",
    "/mnt/data/a.csv.gz": "file-gz",
    "/mnt/data/two words.txt": "file-words",
    "/mnt/data/deep/er.json": "file-deep",
}


def cited(citer: Citer, pieces: Iterable[str]) -> list[Piece]:
    """What went out, each piece that can be told on its own."""
    told = [piece for fed in pieces for piece in citer.feed(fed)]
    return [*told, *citer.flush()]


def linked(text: str) -> list[tuple[str, str]]:
    """The links of a text and the files behind them, whatever the pieces it comes in."""
    found = []
    for pieces in ([text], list(text), [text[:7], text[7:19], text[19:]]):
        citer = Citer(links=Links(FILES))
        told = cited(citer, pieces)
        assert "".join(piece.text for piece in told) == citer.text == text
        annotations = [piece.annotation for piece in told if piece.annotation]
        for number, annotation in enumerate(annotations):
            assert annotation["index"] == number
            assert text[annotation["start_index"] : annotation["end_index"]] == annotation["text"]
        assert [{k: v for k, v in a.items() if k != "index"} for a in annotations] == citer.annotations
        found.append([(a["text"], a["file_path"]["file_id"]) for a in annotations])
    assert found[0] == found[1] == found[2]
    return found[0]


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("[a](sandbox:/mnt/data/a.csv) is it.", ["file-a"]),
        ("sandbox:/mnt/data/a.csv", ["file-a"]),
        ("See sandbox:/mnt/data/a.csv. And that.", ["file-a"]),
        ("sandbox:/mnt/data/a.csv.gz", ["file-gz"]),
        ("sandbox:/mnt/data/a.csv.bz2", []),
        ("sandbox:/mnt/data/a.csv/more", []),
        ("sandbox:/mnt/data/b.csv", []),
        ("/mnt/data/a.csv", []),
        ("sandbox:/mnt/data/two words.txt sandbox:/mnt/data/two%20words.txt", ["file-words", "file-words"]),
        ("sandbox:/mnt/data/deep/er.json", ["file-deep"]),
        ("sandbox", []),
        ("ssandbox:/mnt/data/a.csv", ["file-a"]),
        ("sandbox:sandbox:/mnt/data/a.csv!", ["file-a"]),
    ],
)
def test_links_are_followed(text: str, files: list[str]) -> None:
    assert [file_id for _, file_id in linked(text)] == files


def test_what_is_no_link_goes_out_at_once() -> None:
    citer = Citer(links=Links(FILES))
    assert [piece.text for piece in citer.feed("Plain words, said")] == ["Plain words, said"]
    assert citer.feed("sand") == []
    assert [piece.text for piece in citer.feed("wich")] == ["sandwich"]


def test_a_small_models_answer_hands_over_what_it_has_not_linked() -> None:
    links = Links(FILES, ("/mnt/data/a.csv", "/mnt/data/two words.txt"))
    citer = AttributingCiter(links=links)
    cited(citer, ["It is in sandbox:/mnt/data/a.csv."])
    told = "".join(piece.text for piece in citer.hand_over())
    assert told == "\n\n[two words.txt](sandbox:/mnt/data/two%20words.txt)"
    assert [a["file_path"]["file_id"] for a in citer.annotations] == ["file-a", "file-words"]
    assert Citer(links=links).hand_over() == []
