"""Whatever order a page was written in, its text comes in the order of reading."""

from __future__ import annotations

import pytest

from tests.services.documents import files
from tests.services.documents.conftest import Extracted

LEFT = [
    "The left column begins here",
    "goes on with a second line",
    "tells of the pressure valve",
    "and it ends with this line",
]
RIGHT = [
    "The right column comes later",
    "although it stands beside it",
    "telling of turbines, pumps",
    "and ends where that ends",
]
TABLE = [("Item", "Qty", "Price"), ("Valve", "3", "4.50"), ("Pump", "12", "180.00")]


def at(x: float, y: float, text: str, matrix: str = "1 0 0 1") -> str:
    return f"BT /F1 10 Tf {matrix} {x} {y} Tm ({text}) Tj ET\n"


def down(texts: list[str], left: float, top: float = 700) -> list[str]:
    return [at(left, top - 14 * i, text) for i, text in enumerate(texts)]


def written(pieces: list[str], rotation: int = 0) -> bytes:
    data = files.pdf(["".join(pieces).encode()])
    return data.replace(b"/MediaBox", b"/Rotate %d /MediaBox" % rotation) if rotation else data


@pytest.mark.parametrize("offset", [0, 5])
@pytest.mark.parametrize("is_across", [False, True])
def test_two_columns_are_read_one_after_the_other(extracted: Extracted, is_across: bool, offset: int) -> None:
    left, right = down(LEFT, 50), down(RIGHT, 320, 700 - offset)
    pieces = [piece for row in zip(left, right, strict=True) for piece in row] if is_across else left + right
    assert extracted("a.pdf", written(pieces)).text.split() == " ".join(LEFT + RIGHT).split()


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_page_is_read_from_top_to_bottom_however_it_is_turned(extracted: Extracted, rotation: int) -> None:
    assert extracted("a.pdf", written(down(LEFT, 50), rotation)).text.split("\n") == LEFT


def test_a_page_written_from_bottom_to_top_is_read_downwards(extracted: Extracted) -> None:
    assert extracted("a.pdf", written(down(LEFT, 50)[::-1])).text.split("\n") == LEFT


@pytest.mark.parametrize(
    ("matrix", "x", "step"), [("0 1 -1 0", 300, 14), ("0 -1 1 0", 300, -14), ("-1 0 0 -1", 0, 0)]
)
@pytest.mark.parametrize("rotation", [0, 90])
def test_lines_written_sideways_or_upside_down_keep_their_words(
    extracted: Extracted, matrix: str, x: float, step: float, rotation: int
) -> None:
    pieces = [
        at(x + step * i, 400, text, matrix) if step else at(400, 300 + 14 * i, text, matrix)
        for i, text in enumerate(LEFT)
    ]
    assert extracted("a.pdf", written(pieces, rotation)).text.split("\n") == LEFT


def test_cells_of_a_table_stay_apart_and_in_their_rows(extracted: Extracted) -> None:
    pieces = [
        at(50 + 150 * j, 700 - 14 * i, cell) for i, row in enumerate(TABLE) for j, cell in enumerate(row)
    ]
    assert extracted("a.pdf", written(pieces)).text.split() == [cell for row in TABLE for cell in row]


def test_a_word_divided_in_a_column_is_one_word(extracted: Extracted) -> None:
    left, right = (
        [*LEFT, "an extra-", "ordinary ending of it all"],
        [*RIGHT, "and more that fills", "the column to its end"],
    )
    pieces = [piece for row in zip(down(left, 50), down(right, 320), strict=True) for piece in row]
    assert "an extraordinary ending of it all" in extracted("a.pdf", written(pieces)).text


def test_letters_from_right_to_left_come_in_the_order_they_are_spoken(extracted: Extracted) -> None:
    # Drawn from left to right, as the eye sees it: the last letter of the word comes first.
    assert "שלום" in extracted("a.pdf", hebrew("םולש")).text


def hebrew(seen: str) -> bytes:
    """A page that shows these letters, from left to right."""
    mapping = "".join(f"<{65 + i:02x}> <{ord(letter):04x}>\n" for i, letter in enumerate(seen))
    head = "begincmap 1 begincodespacerange <00> <ff> endcodespacerange"
    unicode = f"{head} {len(seen)} beginbfchar\n{mapping}endbfchar endcmap".encode()
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 99] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>"
    )
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>"
    shown = "".join(chr(65 + i) for i in range(len(seen)))
    content = f"BT /F1 20 Tf 20 40 Td ({shown}) Tj ET".encode()
    return files.numbered([*files.tree(b"3 0 R"), page, files.stream(content), font, files.stream(unicode)])
