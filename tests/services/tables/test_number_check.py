"""Numbers in a sentence are those of the result, or are found out."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from services.tables.number_check import states, unsupported_numbers
from services.tables.shapes import Result


def result(*rows: tuple[Any, ...]) -> Result:
    width = len(rows[0])
    return Result(tuple(f"column {chr(97 + n)}" for n in range(width)), ("text",) * width, rows, 0.1)


SUPPORTED = [
    ("Revenue was 1,234.5.", [(1234.5,)]),
    ("Der Umsatz war 1.234,5 Euro.", [(1234.5,)]),
    ("Le total est 1 234,5.", [(1234.5,)]),
    ("Le total est 1\u202f234,5.", [(1234.5,)]),
    ("Es sind 1'234.50 Franken.", [(Decimal("1234.50"),)]),
    ("There are 12,34,567 voters.", [(1234567,)]),
    ("The total was 100,000, then.", [(100000,)]),
    ("Total: €552,101.60", [(552101.6000000007,)]),
    ("It is 12 %.", [(12.0,)]),
    ("It is 12%.", [(0.1234,)]),
    ("It is 36.4 percent.", [(36.3636,)]),
    ("About 3 million people.", [(3_210_000,)]),
    ("Gesamt 2 Mrd. Euro", [(2_000_000_000,)]),
    ("Some 3.2 million people.", [(3_210_000,)]),
    ("1.2M units and $1.2k", [(1_190_000, 1_210)]),
    ("1.2e6 cells", [(1_200_000,)]),
    ("In 2024 it was 5.", [(date(2024, 3, 1), 5)]),
    ("On July 12, 2025 it was 33.5 degrees.", [(33.5, date(2025, 7, 12))]),
    ("On 2025-07-12 it was 33.5.", [(33.5, date(2025, 7, 12))]),
    ("Am 12.07.2025 waren es 33,5 Grad.", [(33.5, date(2025, 7, 12))]),
    ("On the 3rd of May", [(date(2024, 5, 3),)]),
    ("At 2:30 pm", [(datetime(2025, 1, 1, 14, 30),)]),
    ("The 1st is the chair, the 2nd the desk.", [("Chair",), ("Desk",)]),
    ("There are three products.", [("a",), ("b",), ("c",)]),
    ("The group 18-24 has 5.", [("18-24", 5)]),
    ("The A320 flew in Q3.", [("A320", "Q3")]),
    ("It fell by 3.2.", [(-3.2,)]),
    ("Es waren −3,2 Grad.", [(-3.2,)]),
    ("Between 10–20 items", [(10, 20)]),
    ("They are 4, 5 and 6.", [(4,), (5,), (6,)]),
    ("They are 4,5,6.", [(4,), (5,), (6,)]),
    ("1.234 units", [(1234,)]),
    ("1.234 metres", [(1.234,)]),
    ("٤٥٢ طلب", [(452,)]),
    ("No number at all.", [(1,)]),
]

UNSUPPORTED = [
    ("It was 453.", [(452,)], "453"),
    ("About 3.4 million people.", [(3_210_000,)], "3.4 million"),
    ("In 2024 it was 5.", [(5,)], "2024"),
    ("It is 36.37 %.", [(36.3636,)], "36.37 %"),
    ("It is 1.234.", [(12.34,)], "1.234"),
    ("It is -3.2.", [(3.2,)], "-3.2"),
    ("The 5th is the chair.", [("Chair",)], "5th"),
    ("The A321 flew.", [("A320",)], "321"),
    ("There are four products.", [("a",), ("b",), ("c",)], "four"),
    ("Together they are 9.", [(4,), (5,)], "9"),
]


@pytest.mark.parametrize(("sentence", "rows"), SUPPORTED)
def test_numbers_of_the_result_are_known_however_they_are_written(sentence: str, rows: list[Any]) -> None:
    assert unsupported_numbers(sentence, result(*rows)) == ()


@pytest.mark.parametrize(("sentence", "rows", "wrong"), UNSUPPORTED)
def test_a_number_the_result_lacks_is_told_with_its_place(sentence: str, rows: list[Any], wrong: str) -> None:
    (found,) = unsupported_numbers(sentence, result(*rows))
    assert found.text == wrong
    assert sentence[found.start : found.end].strip() == wrong


def test_numbers_of_the_question_may_be_repeated() -> None:
    question = "How many days had more than 5 mm in 2024?"
    assert unsupported_numbers("In 2024, 39 days had more than 5 mm.", result((39,)), question) == ()


@pytest.mark.parametrize(
    ("sentence", "value", "told"),
    [
        ("It is 1.234,50.", 1234.5, True),
        ("It is 7.", 8, False),
        ("Chair sold best.", "chair", True),
        ("It was sold best.", "Chair", False),
        ("Nothing.", None, True),
    ],
)
def test_a_sentence_states_a_value_or_does_not(sentence: str, value: Any, told: bool) -> None:
    assert states(sentence, value) is told
