from __future__ import annotations

import pytest

from services.documents.document import row_at, rows_of
from tests.services.documents.conftest import Extracted


def test_each_record_can_be_understood_alone(extracted: Extracted) -> None:
    document = extracted("a.csv", 'name,age,note\nAda,36,"first\nprogrammer, ever"\n\nAlan,,\n')
    assert document.text == "name: Ada; age: 36; note: first programmer, ever\nname: Alan"
    assert row_at(document, document.text.index("Alan")) == 2


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", "name;age\nAda, Countess;36\n"),
        ("a.csv", "name\tage\nAda, Countess\t36\n"),
        ("a.tsv", "name\tage\nAda, Countess\t36\n"),
        ("a.csv", 'name,age\n"Ada, Countess",36\n'),
        ("a.csv", "\ufeffname|age\r\nAda, Countess|36\r\n"),
    ],
)
def test_columns_are_found_however_they_are_parted(extracted: Extracted, name: str, data: str) -> None:
    assert extracted(name, data).text == "name: Ada, Countess; age: 36"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("1,2\n3,4\n", "1; 2\n3; 4"),
        ("Ada,36\nAlan,41\n", "Ada; 36\nAlan; 41"),
        ("country,2024,2025\nFrance,1,2\n", "country: France; 2024: 1; 2025: 2"),
        ("name,age\n", "name; age"),
        ("name,,x\nAda,36,1,extra\n", "name: Ada; 36; x: 1; extra"),
        ("a\nb\n", "a: b"),
    ],
)
def test_only_names_are_taken_for_a_header(extracted: Extracted, data: str, text: str) -> None:
    assert extracted("a.csv", data).text == text


def test_a_large_table_has_few_sections_and_exact_rows(extracted: Extracted) -> None:
    document = extracted("a.csv", "id,value\n" + "".join(f"row{i},{i * 7}\n" for i in range(1, 20_001)))
    assert len(document.sections) == 200
    for number in (1, 100, 101, 12_345, 20_000):
        start = document.text.index(f"id: row{number};")
        assert row_at(document, start) == number
        assert rows_of(
            document, start, document.text.index("\n", start) + 5 if number < 20_000 else start + 9
        ) == (
            number,
            min(number + 1, 20_000),
        )


def test_a_quote_without_an_end_is_no_disaster(extracted: Extracted) -> None:
    text = extracted("a.csv", 'name,age\n"Ada,36\n' + "Alan,41\n" * 50_000).text
    assert text.startswith("name: Ada,36 Alan,41")


def test_json_lines_keep_their_records(extracted: Extracted) -> None:
    document = extracted("a.jsonl", '{"a": 1.50, "b": "\\u00e4\\n"}\n\n{broken\n' + "[" * 100_000 + "\n")
    assert document.text.startswith('{"a": 1.50, "b": "ä\\n"}\n{broken\n[[')
    assert rows_of(document, 0, len(document.text)) == (1, 3)
