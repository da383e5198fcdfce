import json
from collections import Counter

import pytest

from benchmarks.retrieval import FOLDER, QuoteNotFound, Span, load

KINDS = {"keyword", "paraphrase", "detail", "conceptual", "typo", "crosslingual"}


@pytest.fixture(scope="module")
def evaluation_set():
    return load()


@pytest.fixture
def write_set(tmp_path):
    def write(quote):
        (tmp_path / "corpus").mkdir()
        (tmp_path / "corpus" / "tea.md").write_text("Steep green tea at 80 degrees. Steep black tea longer.")
        (tmp_path / "corpus" / "milk.md").write_text("Heat milk slowly.")
        entry = {"id": 1, "kind": "detail", "question": "How hot?", "document": "tea.md", "quotes": [quote]}
        (tmp_path / "questions.jsonl").write_text(json.dumps(entry) + "\n")
        return tmp_path

    return write


def test_there_are_enough_questions_of_every_kind(evaluation_set):
    kinds = Counter(question.kind for question in evaluation_set.questions)
    assert kinds.total() >= 200
    assert set(kinds) == KINDS


def test_every_document_is_asked_about_at_least_twice(evaluation_set):
    asked = Counter(question.document for question in evaluation_set.questions)
    assert not [name for name in evaluation_set.documents if asked[name] < 2]


def test_every_quote_stands_once_in_its_document_and_is_short_enough_to_be_a_passage(evaluation_set):
    for question in evaluation_set.questions:
        assert question.spans
        for span in question.spans:
            text = evaluation_set.documents[span.document]
            quote = text[span.start : span.end]
            assert text.count(quote) == 1
            assert 60 <= len(quote) <= 400, (question.id, quote)


def test_questions_are_told_apart(evaluation_set):
    assert len({question.id for question in evaluation_set.questions}) == len(evaluation_set.questions)
    assert len({question.text for question in evaluation_set.questions}) == len(evaluation_set.questions)


def test_licence_and_source_of_every_document_are_named(evaluation_set):
    rows = (FOLDER / "LICENSES.md").read_text("utf-8")
    assert not [name for name in evaluation_set.documents if f"| `{name}` |" not in rows]
    assert not [
        path.name for path in (FOLDER / "licenses").iterdir() if f"(licenses/{path.name})" not in rows
    ]


def test_quote_may_come_from_another_document(write_set):
    folder = write_set({"document": "milk.md", "quote": "milk slowly"})
    assert load(folder).questions[0].spans == (Span("milk.md", 5, 16),)


@pytest.mark.parametrize("quote", ["Steep white tea", "Steep", {"document": "wine.md", "quote": "Chill."}])
def test_quote_that_is_not_found_once_is_refused(write_set, quote):
    with pytest.raises(QuoteNotFound, match="Question 1"):
        load(write_set(quote))
