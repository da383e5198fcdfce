"""A message that is written: markers become annotations, and leave no hole in the text."""

from __future__ import annotations

from typing import Any

import pytest

from services.server.responses.log import NumberedLog
from services.server.responses.message import Message
from services.server.responses.output import Output
from services.server.runs.citations import Citer, Passage

PASSAGE = Passage(4, 0, "file-1", "a.txt", "The pump is blue.")
MARKER = "【4:0†a.txt】"


def written(*pieces: str) -> tuple[str, list[int]]:
    """The text of a message written in these pieces, and where it is cited."""
    output = Output(NumberedLog())
    message = Message(output, Citer([PASSAGE]), lambda annotation: annotation)
    for piece in pieces:
        message.write(piece)
    message.close()
    part: dict[str, Any] = output.items[0].body["content"][0]
    return part["text"], [annotation["index"] for annotation in part["annotations"]]


@pytest.mark.parametrize(
    ("pieces", "text", "cited"),
    [
        (("It is blue ", MARKER, "."), "It is blue.", [10]),
        (("It is blue", MARKER, ". So"), "It is blue. So", [10]),
        (("Blue ", MARKER, " and big"), "Blue and big", [4]),
        (("Blue ", MARKER, "and big"), "Blue and big", [4]),
        (("Blue ", "【4:", "0†a.txt】", MARKER), "Blue", [4, 4]),
        (("Blue ", "big "), "Blue big ", []),
        (("Blue. ", MARKER, " ", MARKER, "\nBig"), "Blue.\nBig", [5, 5]),
    ],
)
def test_the_text_closes_up(pieces: tuple[str, ...], text: str, cited: list[int]) -> None:
    assert written(*pieces) == (text, cited)
