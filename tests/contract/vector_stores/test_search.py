"""Search in a vector store through the unmodified SDK."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types import VectorStoreSearchResponse

from services.errors import ModelUnavailable
from tests.support.retrieval import Gate, Ground, settled, stored, uploaded

LIBRARY: dict[str, str | bytes] = {
    "pump.txt": "The centrifugal pump needs new bearings every two thousand hours of work.",
    "valve.txt": "Close the red valve before you open the blue one, or the tank floods.",
    "menu.txt": "On Fridays the canteen serves baked salmon with potatoes and dill.",
}


@pytest.fixture(scope="session")
def library(shared: Ground) -> tuple[OpenAI, str]:
    """Three short files in one store, which no test changes."""
    client = shared.account()
    return client, stored(client, LIBRARY)[0]


def texts(page: Any) -> list[str]:
    return [hit.content[0].text for hit in page]


def test_the_passage_that_answers_comes_first(library: tuple[OpenAI, str]) -> None:
    client, store = library
    page = client.vector_stores.search(store, query="When does the pump need new bearings?")
    assert texts(page)[0] == LIBRARY["pump.txt"]
    best = page.data[0]
    assert (best.filename, best.content[0].type, best.attributes) == ("pump.txt", "text", {})
    assert 0.5 < best.score <= 1
    assert [hit.score for hit in page] == sorted((hit.score for hit in page), reverse=True)
    assert page.object == "vector_store.search_results.page"
    assert page.model_extra == {
        "search_query": ["When does the pump need new bearings?"], "has_more": False, "next_page": None,
    }  # fmt: skip


def test_words_in_another_form_are_found(library: tuple[OpenAI, str]) -> None:
    client, store = library
    assert client.vector_stores.search(store, query="PUMPS needed: bearing").data[0].filename == "pump.txt"


def test_nothing_is_found_where_nothing_fits(library: tuple[OpenAI, str]) -> None:
    client, store = library
    found = client.vector_stores.search(store, query="xylophone", ranking_options={"score_threshold": 0.3})
    assert found.data == []
    assert client.vector_stores.search(client.vector_stores.create().id, query="pump").data == []


def test_a_threshold_leaves_out_what_is_below_it(library: tuple[OpenAI, str]) -> None:
    client, store = library
    everything = client.vector_stores.search(store, query="red pump").data
    assert len(everything) == 3
    for threshold in (0.0, everything[1].score, 1.0):
        found = client.vector_stores.search(
            store, query="red pump", ranking_options={"ranker": "auto", "score_threshold": threshold}
        )
        assert [hit.file_id for hit in found] == [hit.file_id for hit in everything if hit.score >= threshold]


def test_no_more_results_than_asked(library: tuple[OpenAI, str]) -> None:
    client, store = library
    for most in (1, 2, 50):
        found = client.vector_stores.search(store, query="pump valve canteen", max_num_results=most)
        assert len(found.data) == min(most, 3)


def test_ten_results_unless_another_number_is_asked(client: OpenAI) -> None:
    store, _ = stored(client, {f"{n}.txt": f"Pump number {n}" for n in range(12)})
    assert len(client.vector_stores.search(store, query="pump").data) == 10
    assert len(client.vector_stores.search(store, query="pump", max_num_results=12).data) == 12


def test_several_queries_are_answered_together(library: tuple[OpenAI, str]) -> None:
    client, store = library
    page = client.vector_stores.search(store, query=["new bearings", "baked salmon"], max_num_results=2)
    assert {hit.filename for hit in page} == {"pump.txt", "menu.txt"}
    assert (page.model_extra or {})["search_query"] == ["new bearings", "baked salmon"]


def test_a_question_is_rewritten_only_by_a_model_that_is_free(library: tuple[OpenAI, str]) -> None:
    client, store = library
    page = client.vector_stores.search(store, query="Hello, what of the pump?", rewrite_query=True)
    assert (page.model_extra or {})["search_query"] == ["Hello, what of the pump?"]
    assert page.data[0].filename == "pump.txt"


def test_no_two_results_say_mostly_the_same(client: OpenAI) -> None:
    store, _ = stored(client, {"long.txt": " ".join(f"Sentence {n} is about pumps." for n in range(900))})
    found = texts(client.vector_stores.search(store, query="pumps", max_num_results=50))
    assert len(found) >= 4
    for one, other in combinations(found, 2):
        shared = len(set(one.split(". ")) & set(other.split(". ")))
        assert shared <= 0.5 * min(len(one.split(". ")), len(other.split(". ")))


def test_the_same_text_in_two_files_is_one_result(client: OpenAI) -> None:
    store, ids = stored(client, {"a.txt": "The pump is red.", "b.txt": "The pump is red."})
    (first,) = client.vector_stores.search(store, query="pump")
    client.vector_stores.files.delete(first.file_id, vector_store_id=store)
    (second,) = client.vector_stores.search(store, query="pump")
    assert {first.file_id, second.file_id} == set(ids.values())


def test_results_say_where_they_stand(client: OpenAI) -> None:
    rows = "name,price\n" + "".join(f"screw {n},{n} cents\n" for n in range(1, 400))
    small: Any = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0}}
    store, _ = stored(client, {"prices.csv": rows}, chunking_strategy=small)
    best = client.vector_stores.search(store, query="screw 287").data[0]
    first, last = (best.model_extra or {})["first_row"], (best.model_extra or {})["last_row"]
    shown = best.content[0].text.splitlines()
    assert first <= 287 <= last and f"screw {first}" in shown[0] and f"screw {last}" in shown[-1]


def test_words_alone_find_while_the_embedding_model_is_at_work(client: OpenAI, embedding_gate: Gate) -> None:
    store = client.vector_stores.create(file_ids=[uploaded(client, "a.txt", "The boiler hums.")]).id
    assert embedding_gate.reached.wait(10)
    embedding_gate.open()
    assert client.vector_stores.search(store, query="boiler").data[0].filename == "a.txt"


def test_words_alone_find_without_the_embedding_model(client: OpenAI, shared: Ground) -> None:
    store, _ = stored(client, {"a.txt": "The boiler hums.", "b.txt": "The cat sleeps."})
    shared.model.failure = ModelUnavailable("The embedding model is not there.")
    try:
        found = client.vector_stores.search(store, query="Why does the boiler hum?").data
        assert [hit.filename for hit in found] == ["a.txt"]
        assert found[0].score > 0.5
    finally:
        shared.model.failure = None
        shared.api.state.server.retrieval._by_words_until = 0.0


def test_a_file_taken_out_is_not_found_at_once(client: OpenAI) -> None:
    store, ids = stored(client, {"a.txt": "The pump is red.", "b.txt": "The pump is blue."})
    client.vector_stores.files.delete(ids["a.txt"], vector_store_id=store)
    assert texts(client.vector_stores.search(store, query="red pump")) == ["The pump is blue."]


def test_changed_attributes_count_at_once(client: OpenAI) -> None:
    store, ids = stored(client, {"a.txt": "The pump is red."})
    condition: Any = {"type": "eq", "key": "kind", "value": "manual"}
    assert client.vector_stores.search(store, query="pump", filters=condition).data == []
    client.vector_stores.files.update(ids["a.txt"], vector_store_id=store, attributes={"kind": "manual"})
    found = client.vector_stores.search(store, query="pump", filters=condition).data
    assert [hit.attributes for hit in found] == [{"kind": "manual"}]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "missing_required_parameter"),
    ({"query": ""}, "invalid_value"),
    ({"query": " \n"}, "invalid_value"),
    ({"query": []}, "empty_array"),
    ({"query": ["x", ""]}, "invalid_value"),
    ({"query": ["x"] * 33}, "array_above_max_length"),
    ({"query": "x" * 4097}, "string_above_max_length"),
    ({"query": 7}, "invalid_type"),
    ({"query": "x", "max_num_results": 0}, "integer_below_min_value"),
    ({"query": "x", "max_num_results": 51}, "integer_above_max_value"),
    ({"query": "x", "ranking_options": {"score_threshold": 1.1}}, "decimal_above_max_value"),
    ({"query": "x", "ranking_options": {"score_threshold": -0.1}}, "decimal_below_min_value"),
    ({"query": "x", "ranking_options": {"ranker": "best"}}, "invalid_value"),
    ({"query": "x", "rewrite_query": "yes"}, "invalid_type"),
    ({"query": "x", "limit": 3}, "unknown_parameter"),
]


@pytest.mark.parametrize(("body", "code"), WRONG)
def test_a_wrong_search_is_refused(library: tuple[OpenAI, str], body: dict[str, Any], code: str) -> None:
    client, store = library
    with pytest.raises(openai.BadRequestError) as refusal:
        client.post(f"/vector_stores/{store}/search", body=body, cast_to=VectorStoreSearchResponse)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    "query", ["?!", "的", "\U0001f600", "the of and", "\x00", "' OR 1=1 --", "*", "x" * 4096]
)
def test_any_words_at_all_may_be_looked_for(library: tuple[OpenAI, str], query: str) -> None:
    client, store = library
    assert len(client.vector_stores.search(store, query=query).data) <= 3


def test_languages_without_spaces_are_found(client: OpenAI) -> None:
    store, _ = stored(client, {"a.txt": "東京は日本の首都です。", "b.txt": "Größe und Maße der Pumpe"})
    assert client.vector_stores.search(store, query="日本の首都").data[0].filename == "a.txt"
    assert client.vector_stores.search(store, query="GROSSE pumpe").data[0].filename == "b.txt"


def test_a_store_being_filled_is_searched_as_far_as_it_is(client: OpenAI) -> None:
    store, _ = stored(client, {"a.txt": "The pump is red."})
    more = [uploaded(client, f"{n}.txt", f"The pump {n} is blue.") for n in range(5)]
    client.vector_stores.file_batches.create(store, file_ids=more)
    assert len(client.vector_stores.search(store, query="pump").data) >= 1
    settled(client, store)
    assert len(client.vector_stores.search(store, query="pump").data) == 6
