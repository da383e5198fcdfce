"""Questions come back from where they were kept and from files as they went there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.errors import InvalidInput
from services.retrieval import questions
from services.retrieval.evaluation import Expected, Question
from services.storage.database import open_database
from services.storage.preferences import Preferences

WARRANTY = Question("How long is the warranty?", (Expected("kettle.pdf", (3, 7, 8, 9), "two years"),))
TWICE = Question("What is red?", (Expected("a.txt", (), "the valve"), Expected("b.csv")))
LIVE = Question("=1+1", (Expected("'=x.csv", (), "-2"),))
LINES = Question("Where?", (Expected("a.txt", (), 'one\u2028line, "quoted"\nand another'),))
ALL = [WARRANTY, TWICE, LIVE, LINES]


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    return Preferences(open_database(f"sqlite:///{tmp_path}/tandem.db"), "ada")


def test_each_collection_and_each_owner_has_its_own(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/tandem.db")
    ada, bob = Preferences(database, "ada"), Preferences(database, "bob")
    questions.keep(ada, "vs_1", ALL)
    assert questions.load(ada, "vs_1") == ALL
    assert questions.load(ada, "vs_2") == questions.load(bob, "vs_1") == []
    questions.forget(ada, "vs_1")
    assert questions.load(ada, "vs_1") == []


def test_no_more_questions_than_can_be_asked(preferences: Preferences) -> None:
    many = [Question(f"{n}?", (Expected("a"),)) for n in range(501)]
    with pytest.raises(InvalidInput, match="500"):
        questions.keep(preferences, "vs_1", many)


@pytest.mark.parametrize("question", ALL, ids=lambda q: q.text)
def test_files_bring_back_what_went_out(question: Question) -> None:
    assert questions.read_file("q.csv", questions.as_csv([question]).encode()) == [question]
    assert questions.read_file("q.jsonl", questions.as_json_lines([question]).encode()) == [question]


def test_no_cell_of_an_export_is_a_formula() -> None:
    written = questions.as_csv([LIVE, Question("@SUM(A1)", (Expected("+a"),))])
    cells = [cell for line in written.splitlines()[1:] for cell in line.split(",")]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


def test_a_simple_line_of_json_is_a_question() -> None:
    line = json.dumps({"question": "Why?", "file": "a.pdf", "pages": [2, 3], "other": 1})
    assert questions.read_file("q.jsonl", line.encode()) == [Question("Why?", (Expected("a.pdf", (2, 3)),))]


def test_rows_of_the_same_question_are_one() -> None:
    text = b"\xef\xbb\xbfQuestion,file,PAGES\nWhy?,a.pdf,2-4\nWhy?,b.pdf,\n,,\n"
    (question,) = questions.read_file("q.csv", text)
    assert question.expected == (Expected("a.pdf", (2, 3, 4)), Expected("b.pdf"))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("q.csv", b""),
        ("q.csv", b"question,file\nWhy?,\n"),
        ("q.csv", b"question,file,pages\nWhy?,a,two\n"),
        ("q.csv", b"question,file,pages\nWhy?,a,9-3\n"),
        ("q.csv", b"question,file,pages\nWhy?,a,1-9999999\n"),
        ("q.csv", b"\xff\xfe\x00"),
        ("q.csv", b"question,file\n" + b"x" * 1001 + b",a\n"),
        ("q.jsonl", b"[1]\n"),
        ("q.jsonl", b"{"),
        ("q.jsonl", b"[" * 100_000),
        ("q.jsonl", b'{"question": "Why?", "expected": ["a"]}'),
        ("q.jsonl", b'{"question": 7}'),
        ("q.jsonl", b"x" * (4 * 2**20 + 1)),
    ],
)
def test_what_is_no_question_is_refused_in_words(name: str, data: bytes) -> None:
    with pytest.raises(InvalidInput):
        questions.read_file(name, data)


def test_characters_no_database_takes_are_left_out(preferences: Preferences) -> None:
    line = b'{"question": "a\\u0000b \\ud800?", "file": "a.txt"}'
    found = questions.read_file("q.jsonl", line)
    questions.keep(preferences, "vs_1", found)
    assert questions.load(preferences, "vs_1")[0].text == "ab ??"
    questions.as_csv(found).encode()


def test_a_question_with_the_same_words_is_replaced() -> None:
    other = Question(TWICE.text, (Expected("c.txt"),))
    assert questions.added([TWICE, WARRANTY], [other]) == [other, WARRANTY]


@pytest.mark.parametrize(("pages", "shown"), [((), ""), ((3,), "3"), ((9, 7, 8, 3), "3, 7-9")])
def test_pages_are_written_as_ranges(pages: tuple[int, ...], shown: str) -> None:
    assert questions.as_ranges(pages) == shown
