from __future__ import annotations

from services.documents.readers.layout import Line, text_of

LEFT = [
    "The left column begins here,",
    "goes on with a second line,",
    "is divided in an extra-",
    "ordinary place, and ends.",
]
RIGHT = [
    "The right column comes later",
    "although it stands beside the",
    "other one, line for line, and",
    "ends where that one ends.",
]


def column(texts: list[str], left: float, top: float, width: float = 200) -> list[Line]:
    """Lines below each other."""
    return [Line(left, top + 14 * i, left + width, top + 14 * i + 10, text) for i, text in enumerate(texts)]


def test_columns_are_read_one_after_the_other_under_their_title() -> None:
    title = Line(60, 20, 400, 34, "A title across both columns")
    text = text_of([*column(RIGHT, 250, 60), title, *column(LEFT, 20, 60)])
    joined = "\n".join(LEFT).replace("extra-\nordinary", "extraordinary")
    assert text == "A title across both columns\n\n" + joined + "\n\n" + "\n".join(RIGHT)


def test_three_columns_with_lines_at_different_heights_are_read_in_order() -> None:
    thirds = [column([f"column {name}, line number {n}" for n in range(6)], left, 60 + left / 50) for name, left in
              (("one", 0), ("two", 220), ("three", 440))]  # fmt: skip
    text = text_of([line for lines in zip(*thirds, strict=True) for line in lines])
    assert [text.index(f"column {name}, line number 5") for name in ("one", "two", "three")] == sorted(
        text.index(f"column {name}, line number 5") for name in ("one", "two", "three")
    )
    assert text.index("column one, line number 5") < text.index("column two, line number 0")


def test_a_table_is_read_row_by_row() -> None:
    names, sums = ["Rent", "Heating", "Water", "Total"], ["1,200.00", "310.50", "48.20", "1,558.70"]
    text = text_of([*column(sums, 250, 60, 60), *column(names, 20, 60, 50)])
    assert text == "Rent  1,200.00\nHeating  310.50\nWater  48.20\nTotal  1,558.70"


def test_paragraphs_part_where_there_is_room_between_them() -> None:
    assert text_of([*column(["One", "two."], 20, 20), *column(["Three."], 20, 90)]) == "One\ntwo.\n\nThree."


def test_pieces_of_one_line_are_put_together() -> None:
    assert text_of([Line(60, 21, 99, 31, "world"), Line(20, 20, 55, 30, "hello")]) == "hello world"


def test_no_lines_are_no_text() -> None:
    assert text_of([]) == ""


def test_a_table_of_sentences_is_read_row_by_row() -> None:
    meanings = [
        "E02 High pressure above 29 bar",
        "E03 Low pressure below 0.4 bar",
        "E14 Water flow below 55 %",
    ]
    what_to_do = ["Check water flow and filter", "Look for loss of refrigerant", "Clean the magnetite filter"]
    text = text_of([*column(meanings, 20, 60), *column(what_to_do, 250, 60)])
    assert text.split("\n") == [f"{left}  {right}" for left, right in zip(meanings, what_to_do, strict=True)]
