"""What the pages ask, of a real server over HTTP."""

from __future__ import annotations

import numpy as np
import pytest

from services.errors import NotFound
from services.retrieval import cost, measuring, similarity
from services.retrieval.api import local_embedding_model
from services.retrieval.evaluation import Expected, Question
from services.retrieval.records import Side
from tests.support.collection import FILES, Place, Reader

MODEL = local_embedding_model()


def test_a_shelf_has_every_passage_with_its_vector(library: Place, reader: Reader) -> None:
    store, ids = reader.collection()
    told: list[tuple[int, int]] = []
    shelf = reader.api.shelf(store, 100, lambda done, of: told.append((done, of)))
    assert {p.filename: p.text for p in shelf.passages} == FILES
    assert (shelf.total, shelf.every, shelf.is_sample, shelf.without_vector) == (3, 1, False, 0)
    assert told[-1] == (3, 3)
    own = library.model.vector(shelf.passages[0].text)
    assert float(shelf.vectors[0] @ own) == pytest.approx(1, abs=1e-2)
    assert shelf.passages[0].file_id in ids.values()


def test_of_too_many_passages_a_part_is_read(reader: Reader) -> None:
    store, _ = reader.collection({f"{n}.txt": f"Pump number {n} is oiled." for n in range(7)})
    shelf = reader.api.shelf(store, 3)
    assert (len(shelf.passages), shelf.total, shelf.every, shelf.is_sample) == (3, 7, 3, True)


def test_an_empty_collection_is_an_empty_shelf(reader: Reader) -> None:
    shelf = reader.api.shelf(reader.client.vector_stores.create().id, 10)
    assert (shelf.passages, len(shelf.vectors), shelf.total) == ((), 0, 0)


@pytest.mark.parametrize(("side", "found"), [("words", ["pump.txt"]), ("vectors", ["pump.txt", "*", "*"])])
def test_words_and_vectors_can_be_asked_alone(reader: Reader, side: Side, found: list[str]) -> None:
    store, _ = reader.collection()
    names = [passage.filename for passage in reader.api.search(store, "bearings", side)]
    assert len(names) == len(found) and names[0] == found[0]


def test_the_text_of_a_file_is_what_was_read_from_it(reader: Reader) -> None:
    store, ids = reader.collection()
    assert reader.api.text(store, ids["menu.txt"]) == FILES["menu.txt"]


def test_what_is_not_there_is_told_in_words(reader: Reader) -> None:
    with pytest.raises(NotFound):
        reader.api.shelf("vs_of_nobody", 10)


def test_texts_are_compared_by_meaning_and_by_words(reader: Reader) -> None:
    texts = ["The red pump", "a red pump", "salmon and dill"]
    likeness = similarity.compare(reader.api, texts, MODEL)
    assert np.allclose(np.diag(likeness.cosines), 1, atol=1e-4)
    assert likeness.cosines[0][1] > 0.5 > likeness.cosines[0][2]
    assert (likeness.shared_words[0][1], likeness.shared_words[0][2]) == (1.0, 0.0)
    assert likeness.usage.prompt_tokens


def test_an_evaluation_asks_every_question_by_every_side(reader: Reader) -> None:
    store, _ = reader.collection()
    asked = [
        Question("When does the pump need bearings?", (Expected("pump.txt", (), FILES["pump.txt"]),)),
        Question("xylophone", (Expected("menu.txt"),)),
    ]
    told: list[tuple[int, int]] = []
    made = measuring.evaluate(reader.api, store, asked, ("words", "both"), lambda *at: told.append(at))
    assert told[-1] == (4, 4)
    words, both = measuring.measures(made, [10], [0.0])
    assert (words.setting.side, words.hit_rates[1], words.empty) == ("words", 0.5, 1)
    assert both.hit_rates[10] == 1.0 and both.mrr >= words.mrr
    first, second = measuring.by_question(made)
    assert (first["words"], second["words"]) == (1, None)
    assert measuring.as_row(words)["hit@1"] == 0.5


def test_cost_counts_tokens_and_says_what_it_knows() -> None:
    bill = cost.bill(["hello world"] * 10, 10)
    small = bill.estimates[0]
    assert (bill.tokens, bill.is_exact, small.model) == (20, True, "text-embedding-3-small")
    assert small.usd is not None and small.usd_per_million_tokens is not None
    assert small.usd == small.usd_per_million_tokens * 20 / 1_000_000
    assert small.source and small.priced_on


def test_cost_of_a_sample_is_scaled_and_marked() -> None:
    bill = cost.bill(["hello world"] * 10, 100)
    assert (bill.tokens, bill.is_exact, bill.passages) == (200, False, 100)
    assert cost.bill([], 0).tokens == 0


def test_cost_nobody_knows_stays_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "EMBEDDING_MODELS", ("text-embedding-of-tomorrow",))
    (estimate,) = cost.bill(["hello"], 1).estimates
    assert (estimate.usd, estimate.usd_per_million_tokens, estimate.source) == (None, None, None)
