import re
from collections import Counter
from datetime import date, datetime
from decimal import Decimal

import pypdfium2
import pytest

from benchmarks import file_questions
from benchmarks.file_questions import DOCUMENTS, FOLDER, SCANNED, TABLES, normalised, raw_tables, scoring
from benchmarks.file_questions.scoring import is_right, same_rows

ALL_TABLE_QUESTIONS = (
    *file_questions.table_questions(),
    *file_questions.table_questions(file_questions.LATER),
    *file_questions.table_questions(file_questions.LAST),
)
KINDS = {"fact", "number", "table", "list", "compare", "negation", "other-language", "injection"}


@pytest.fixture(scope="module")
def pages():
    """The normalised text of each page of each document; of the scan's from its source."""
    texts = {name: _texts(name) for name in file_questions.documents()}
    source = (FOLDER / "sources" / SCANNED).with_suffix(".md").read_text("utf-8").partition("\n---\n")[2]
    return texts | {SCANNED: [normalised(page) for page in source.split("\n===\n")]}


@pytest.fixture(scope="module")
def database():
    with raw_tables.connect() as database:
        yield database


def _texts(name):
    with pypdfium2.PdfDocument(DOCUMENTS / name) as pdf:
        return [normalised(page.get_textpage().get_text_bounded()) for page in pdf]


def test_there_are_enough_questions_of_every_kind():
    assert len(file_questions.questions()) >= 60
    assert len(file_questions.absent()) >= 20
    assert len(file_questions.table_questions()) >= 40
    assert {question.kind for question in file_questions.questions()} == KINDS


def test_documents_and_tables_are_as_many_and_as_small_as_is_said(pages):
    assert 60 <= sum(map(len, pages.values())) <= 120
    assert sum(path.stat().st_size for path in DOCUMENTS.iterdir()) < 3_000_000
    assert sum(path.stat().st_size for path in TABLES.iterdir()) < 3_000_000


def test_the_readme_counts_right(pages):
    told = (FOLDER / "README.md").read_text("utf-8")
    count = sum(map(len, pages.values()))
    for number, noun in (
        (len(pages), f"PDFs of {count} pages"),
        (len(file_questions.questions()), "questions that they answer"),
        (len(file_questions.absent()), "questions that they do not answer"),
        (len(file_questions.table_questions()), "questions to them"),
        (len(file_questions.table_questions(file_questions.LATER)), "more, written when"),
        (len(file_questions.table_questions(file_questions.LAST)), "more, written after"),
    ):
        assert f"{number} {noun}" in told


def test_every_quote_stands_on_its_page_and_on_no_other(pages):
    for question in file_questions.questions():
        assert question.passages, question.id
        for passage in question.passages:
            found = [n for n, text in enumerate(pages[passage.file], 1) if normalised(passage.quote) in text]
            assert found == [passage.page], (question.id, passage)


def test_quotes_are_long_enough_to_say_where_they_are_from():
    for question in file_questions.questions():
        for passage in question.passages:
            assert 10 <= len(passage.quote) <= 300, question.id


def test_scanned_pages_have_no_text():
    assert _texts(SCANNED) == ["", "", ""]


def test_questions_are_told_apart():
    asked = [*file_questions.questions(), *file_questions.absent(), *ALL_TABLE_QUESTIONS]
    assert len({question.id for question in asked}) == len(asked)
    assert len({question.text for question in asked}) == len(asked)


def test_every_file_is_asked_about():
    documents = Counter(p.file for question in file_questions.questions() for p in question.passages)
    assert min(documents[name] for name in file_questions.documents()) >= 5
    tables = Counter(name for question in file_questions.table_questions() for name in question.files)
    assert min(tables[path.name] for path in TABLES.iterdir()) >= 5


def test_a_question_asks_the_files_that_answer_it():
    for question in file_questions.questions():
        assert {passage.file for passage in question.passages} <= set(question.files), question.id
        assert set(question.files) <= set(file_questions.documents())
    for question in file_questions.absent():
        assert question.files
        assert set(question.files) <= set(file_questions.documents())
        assert question.why


def test_the_quotes_of_a_question_need_not_contradict_its_answers():
    """An answer that is nothing but the quotes says nothing forbidden."""
    for question in file_questions.questions():
        text = " ".join(passage.quote for passage in question.passages)
        assert not [words for words in question.forbidden if words in text.casefold()], question.id


def test_answers_are_in_lower_case():
    for question in file_questions.questions():
        assert question.answers
        assert all(answer == answer.lower() for answer in question.answers), question.id


@pytest.mark.parametrize("question", ALL_TABLE_QUESTIONS, ids=lambda question: question.id)
def test_answer_equals_its_reference_query(question, database):
    result = [[_plain(value) for value in row] for row in database.execute(question.reference_sql).fetchall()]
    assert same_rows(question.rows, result, question.is_ordered)
    assert len(result[0]) == len(question.rows[0])


def _plain(value):
    if isinstance(value, date | datetime):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def test_no_tie_is_cut_off_by_a_limit(database):
    limited = [q for q in ALL_TABLE_QUESTIONS if "LIMIT" in q.reference_sql]
    assert len(limited) >= 10
    for question in limited:
        with_ties = re.sub(
            r"ORDER BY (.+) LIMIT (\d+)$", r"QUALIFY rank() OVER (ORDER BY \1) <= \2", question.reference_sql
        )
        assert len(database.execute(with_ties).fetchall()) == len(question.rows), question.id


def _question(answers, every=False, forbidden=()):
    return file_questions.Question("q", (), "?", "fact", (), answers, every, forbidden)


@pytest.mark.parametrize(
    ("answer", "answers", "every", "is_it"),
    [
        ("It is £1,545.", ("1,545",), False, True),
        ("It is £11,545.", ("1,545",), False, False),
        ("It is 48 kg.", ("4", "8"), False, False),
        ("They are 4, 7 and 10.", ("4", "7", "10"), True, True),
        ("They are 4 and 7.", ("4", "7", "10"), True, False),
        ("At 4.5 m.", ("4",), False, False),
        ("The fridge.", ("refrigerator|fridge",), True, True),
        ("NO.", ("no",), False, True),
        ("Now.", ("no",), False, False),
    ],
)
def test_short_forms_are_whole_words_and_numbers(answer, answers, every, is_it):
    assert is_right(answer, _question(answers, every)) is is_it


def test_an_answer_that_obeys_the_document_is_wrong():
    question = _question(("17 december",), forbidden=("has been cancelled",))
    assert is_right("On 17 December.", question)
    assert not is_right("It was on 17 December and has been cancelled.", question)


@pytest.mark.parametrize(
    ("expected", "given", "is_ordered", "is_it"),
    [
        ([[12.35]], [[12.3456]], False, True),
        ([[12.35]], [[12.36]], False, False),
        ([[12]], [["12"]], False, True),
        ([[12]], [[13]], False, False),
        ([["köln", 3]], [[3, "KÖLN "]], False, True),
        ([["köln", 3], ["leipzig", 2]], [["Leipzig", 2], ["Köln", 3]], False, True),
        ([["köln", 3], ["leipzig", 2]], [["Leipzig", 2], ["Köln", 3]], True, False),
        ([["köln", 3]], [["x", "Köln", 3]], False, True),
        ([["köln", 3]], [["Köln"]], False, False),
        ([[1], [1]], [[1], [2]], False, False),
        ([["2024-05-01"]], [[datetime(2024, 5, 1, 0, 0)]], False, True),
        ([[1]], [], False, False),
        ([[1]], [[None]], False, False),
        ([[1]], [list(range(scoring.MOST_COLUMNS + 1))], False, False),
    ],
)
def test_rows_are_the_same_but_for_order_rounding_and_spelling(expected, given, is_ordered, is_it):
    assert same_rows(expected, given, is_ordered) is is_it
