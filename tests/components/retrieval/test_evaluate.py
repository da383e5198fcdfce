"""Questions are written, imported, drafted and approved; a run gives figures that can be taken away."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from components.house import house
from components.retrieval import drafts
from components.retrieval.desk import RetrievalDesk
from services.catalog import describe
from services.clients import Connection
from services.retrieval import questions
from services.retrieval.evaluation import Expected, Question
from tests.components.retrieval.conftest import preferences, texts
from tests.support.collection import FILES, Place, Reader
from tests.support.upstream import Script, error

Draw = Callable[..., AppTest]
PUMP = Question("When does the pump need new bearings?", (Expected("pump.txt", (), FILES["pump.txt"]),))
MENU = Question("xylophone", (Expected("menu.txt"),))
DRAFT = {"question": "What floods the tank?", "quote": FILES["valve.txt"]}


def button(app: AppTest, key: str) -> AppTest:
    """Press a button."""
    return app.button(key=key).click().run()


def choose(app: AppTest, label: str, value: object) -> AppTest:
    """Choose values of pills or a segmented control."""
    (control,) = [c for c in app.button_group if c.label == label]
    return control.set_value(value).run()


def drafted(library: Place, *answers: Script) -> None:
    """What the local model says next."""
    library.llama.play(*answers)


def test_without_files_the_tab_says_to_add_some(evaluate: Draw, reader: Reader) -> None:
    assert "Add files first" in texts(evaluate(reader.client.vector_stores.create().id))


def test_without_questions_it_says_how_to_get_some(evaluate: Draw, reader: Reader) -> None:
    store, _ = reader.collection()
    app = evaluate(store)
    assert "Write a question" in texts(app)
    assert "There are no questions yet" in texts(choose(app, "Step", "run"))


def test_a_run_compares_words_vectors_and_both(evaluate: Draw, reader: Reader) -> None:
    store, _ = reader.collection()
    questions.keep(preferences(), store, [PUMP, MENU])
    app = button(evaluate(store), "evaluate-go")
    figures, each = (frame.value for frame in app.dataframe)
    assert list(figures["setting"]) == ["words", "vectors", "both"]
    assert next(iter(figures["hit@1"])) == 0.5
    assert list(figures["hit@10"]) == [0.5, 1.0, 1.0]
    assert set(each["question"]) == {PUMP.text, MENU.text}
    assert "how right the citations are" in texts(app)


def test_settings_are_compared_without_another_search(evaluate: Draw, reader: Reader) -> None:
    store, _ = reader.collection()
    questions.keep(preferences(), store, [PUMP, MENU])
    app = choose(evaluate(store), "Find by", ["both"])
    app = choose(button(app, "evaluate-go"), "Passages at most", [1, 10])
    app = choose(app, "Least score", [0.0, 0.6])
    figures = app.dataframe[0].value
    assert list(figures["setting"]) == [
        "both, first 1, ≥ 0.0", "both, first 1, ≥ 0.6", "both, first 10, ≥ 0.0", "both, first 10, ≥ 0.6",
    ]  # fmt: skip
    assert list(figures["found nothing"]) == [0, 1, 0, 1]


def test_a_list_is_imported_and_can_be_taken_away(evaluate: Draw, reader: Reader) -> None:
    store, _ = reader.collection()
    app = evaluate(store)
    app.file_uploader[0].upload("questions.csv", questions.as_csv([PUMP, MENU]).encode(), "text/csv").run()
    app = button(app, "import-questions")
    assert questions.load(preferences(), store) == [PUMP, MENU]
    assert len(choose(app, "Step", "questions").get("download_button")) == 2
    app.file_uploader[0].upload("questions.csv", b"question,file\nWhy?,\n", "text/csv").run()
    app = button(app, "import-questions")
    assert "Row 1 needs a question and the file" in texts(app)
    assert questions.load(preferences(), store) == [PUMP, MENU]


def test_drafts_are_approved_one_by_one(evaluate: Draw, library: Place, reader: Reader) -> None:
    store, _ = reader.collection()
    app = evaluate(store)
    drafted(library, *(Script(text=(json.dumps(DRAFT | {"question": f"{n}?"}),)) for n in range(3)))
    app = button(app, "draft-go")
    assert "3 drafts to decide on" in texts(app)
    app.text_input[0].set_value("What floods\nthe tank?").run()
    app = button(app, "draft-approve")
    assert [q.text for q in questions.load(preferences(), store)] == ["What floods the tank?"]
    app = choose(app, "Step", "questions")
    app = button(app, "draft-discard")
    assert "1 draft to decide on" in texts(app)
    assert len(questions.load(preferences(), store)) == 1


def test_a_model_that_fails_loses_no_draft(evaluate: Draw, library: Place, reader: Reader) -> None:
    store, _ = reader.collection()
    app = evaluate(store)
    drafted(library, Script(text=(json.dumps(DRAFT),)), Script(text=("no JSON",)), error(400, "Too long"))
    app = button(app, "draft-go")
    said = texts(app)
    assert "1 draft to decide on" in said and "no question" in said


def test_what_the_model_says_commands_nothing(evaluate: Draw, library: Place, reader: Reader) -> None:
    store, _ = reader.collection({"a.txt": "**bold** :red[x] <script>alert(1)</script> " * 5})
    app = evaluate(store)
    drafted(library, Script(text=(json.dumps({"question": "<b>:red[x]</b>?", "quote": "**bold**"}),)))
    app = button(app, "draft-go")
    said = texts(app)
    assert "1 draft to decide on" in said
    assert ":red[x]" not in said and "<script>" not in said and "**bold**" not in said


class Left(BaseException):
    """The person has gone elsewhere: the page ends at its next word."""


def test_leaving_stops_the_model(library: Place, reader: Reader) -> None:
    library.llama.play(Script(hang=True))
    connection = Connection("There", "compatible", library.llama.base_url, "key")
    desk = RetrievalDesk(house(), "vs_1", "Docs", reader.api, (), "")

    def leave() -> None:
        if library.llama.requests:
            raise Left

    library.llama.requests.clear()
    with pytest.raises(Left):
        drafts._ask(desk, connection, describe("gpt-4.1", "There"), leave, "Hello")
    assert library.llama.client_left.wait(10)
