"""Every view is drawn over a real server, and an empty collection says what to do."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from components.retrieval import points
from components.retrieval.desk import beginning, excerpt
from services.retrieval.records import Passage
from tests.components.retrieval.conftest import texts
from tests.support.collection import FILES, Reader

Draw = Callable[..., AppTest]
QUESTION = "When does the pump need new bearings?"


def choose(app: AppTest, label: str, value: str) -> AppTest:
    """Choose a value of a segmented control."""
    (control,) = [c for c in app.button_group if c.label == label]
    return control.set_value(value).run()


def test_without_files_the_tab_says_to_add_some(see: Draw, reader: Reader) -> None:
    assert "Add files first" in texts(see(reader.client.vector_stores.create().id))


def test_a_file_that_cannot_be_read_has_no_points(see: Draw, reader: Reader) -> None:
    store, _ = reader.collection({"a.png": b"\x89PNG\r\n\x1a\n" + bytes(100)})
    assert "could be read" in texts(see(store))


def test_the_map_places_a_question_and_lists_what_it_finds(see: Draw, reader: Reader) -> None:
    store, _ = reader.collection()
    app = see(store)
    said = texts(app)
    assert "384 numbers" in said and "score" not in said
    app.text_input[0].set_value(QUESTION).run()
    said = texts(app)
    assert "**1** · **pump\\.txt**" in said and "placed exactly" in said
    choose(app, "Lit is what is found", "words")
    said = texts(app)
    assert "**1** · **pump\\.txt**" in said and "**2**" not in said
    assert "number 1 by vectors" in said
    app.text_input[0].set_value("xylophone").run()
    assert "No passage has any of these words" in texts(app)


def test_the_map_can_be_drawn_by_neighbours(see: Draw, reader: Reader) -> None:
    store, _ = reader.collection(
        {f"{n}-{name}": f"{text} Number {n}." for n in range(4) for name, text in FILES.items()}
    )
    app = choose(see(store), "Drawn by", "tsne")
    app.text_input[0].set_value(QUESTION).run()
    assert "between its five nearest passages" in texts(app)


def test_texts_are_compared_as_a_matrix(see: Draw, reader: Reader) -> None:
    store, _ = reader.collection()
    app = choose(see(store), "View", "Similarity")
    app.text_area[0].set_value("The pump is red\nA red pump\nBaked salmon")
    app.button[0].click().run()
    said = texts(app)
    assert "**3** Baked salmon" in said and "Alike in meaning" in said
    app.text_area[0].set_value("alone")
    app.button[0].click().run()
    assert "Write two texts" in texts(app)


def test_the_cost_is_shown_for_each_model(see: Draw, reader: Reader) -> None:
    store, _ = reader.collection()
    app = choose(see(store), "View", "Cost")
    assert app.metric[0].value == "3"
    frame = app.dataframe[0].value
    assert next(iter(frame["Model"])) == "text-embedding-3-small"
    assert all(str(price).startswith("$") for price in frame["A million tokens"])
    assert "genai-prices" in texts(app)


def test_the_same_question_is_tried_on_three_ways_of_cutting(see: Draw, reader: Reader) -> None:
    text = "\n\n".join(f"Chapter {n}. " + f"Pump number {n} is oiled every {n} days. " * 20 for n in range(9))
    store, _ = reader.collection({"manual.txt": text})
    app = choose(see(store), "View", "Chunks")
    question = next(t for t in app.text_input if t.label == "Question")
    question.set_value("oiled pump 7").run()
    app.toggle[0].set_value(True).run()
    assert "to embed, about" in texts(app)
    app.button[0].click().run()
    said = texts(app)
    assert "**A** · 800 tokens, 400 overlap" in said and "**C** · 100 tokens, 0 overlap" in said
    assert "with a vector" in said
    app.number_input[1].set_value(500).run()
    assert "more than half of its chunk" in texts(app)


def test_what_a_file_says_commands_nothing(see: Draw, reader: Reader) -> None:
    store, _ = reader.collection({"<b>x</b>.txt": "pump :red[shout] **bold** <script>alert(1)</script> $1$"})
    app = see(store)
    app.text_input[0].set_value("pump").run()
    said = texts(app)
    assert ":red[shout]" not in said and "**bold**" not in said and "<script>" not in said


def test_another_owners_collection_is_not_there(see: Draw, library: object, reader: Reader) -> None:
    store, _ = library.person().collection()  # type: ignore[attr-defined]
    assert "does not have this" in texts(see(store))


def test_many_files_share_a_colour() -> None:
    passages = tuple(Passage(f"p{n}", f"f{n}", f"{n}.txt", "x") for n in range(9))
    shelf = points.Shelf(passages, [], 9)  # type: ignore[arg-type]
    names = points._colour_names(shelf)
    assert len(set(names.values())) == points.MOST_COLOURS
    assert names["8.txt"] == points.OTHERS
    assert len(points._short("a" * 100)) <= points.LONGEST_NAME


def test_an_excerpt_is_about_the_question() -> None:
    text = "Nothing of interest here. " * 40 + "The pump is oiled daily. " + "And so on. " * 40
    assert "The pump is oiled daily." in excerpt(text, "When is the pump oiled?", 300)
    assert excerpt("Short.", "pump", 300) == "Short."
    assert beginning("one two three four", 9) == "one two …"
