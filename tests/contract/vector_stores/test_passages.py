"""The passages of a vector store in pages, with and without vectors. An extra of our server."""

from __future__ import annotations

from typing import Any

import numpy as np
import openai
import pytest
from openai import OpenAI

from tests.support.retrieval import Gate, Ground, settled, stored, uploaded

SMALL: Any = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0}}


def passages(client: OpenAI, store: str, **query: Any) -> dict[str, Any]:
    params = {"include[]" if name == "include" else name: value for name, value in query.items()}
    page: dict[str, Any] = client.get(
        f"/vector_stores/{store}/passages", cast_to=dict[str, Any], options={"params": params}
    )
    return page


def manual(pages: int) -> str:
    return "\n\n".join(
        f"Chapter {n}. " + f"Pump number {n} is oiled every {n} days. " * 8 for n in range(pages)
    )


@pytest.fixture(scope="module")
def shelf(shared: Ground) -> tuple[OpenAI, str]:
    """Two files cut into several passages each."""
    client = shared.account()
    return client, stored(client, {"a.txt": manual(4), "b.txt": manual(3)}, chunking_strategy=SMALL)[0]


def test_passages_are_what_a_search_finds(shelf: tuple[OpenAI, str]) -> None:
    client, store = shelf
    listed = passages(client, store)["data"]
    found = client.vector_stores.search(store, query="pump", max_num_results=50)
    assert {hit.content[0].text for hit in found} <= {p["content"][0]["text"] for p in listed}
    first = listed[0]
    assert (first["object"], first["filename"], first["span"][0]) == ("vector_store.passage", "a.txt", 0)
    assert first["id"] == f"{first['file_id']}:0"
    assert first["content"][0]["text"].startswith("Chapter 0.")
    assert "vector" not in first


def test_pages_give_every_passage_once_and_in_order(shelf: tuple[OpenAI, str]) -> None:
    client, store = shelf
    whole = [p["id"] for p in passages(client, store, limit=100)["data"]]
    seen: list[str] = []
    page = passages(client, store, limit=2)
    while True:
        seen += [p["id"] for p in page["data"]]
        assert page["total"] == len(whole)
        if not page["has_more"]:
            break
        page = passages(client, store, limit=2, after=page["last_id"])
    assert seen == whole


@pytest.mark.parametrize("every", [2, 3, 1000])
def test_a_sample_is_spread_over_the_store_and_comes_in_pages(shelf: tuple[OpenAI, str], every: int) -> None:
    client, store = shelf
    whole = [p["id"] for p in passages(client, store, limit=100)["data"]]
    first = passages(client, store, every=every, limit=2)
    rest = passages(client, store, every=every, limit=100, after=first["last_id"])
    assert [p["id"] for p in first["data"] + rest["data"]] == whole[::every]
    assert first["total"] == len(whole)


def test_a_vector_has_length_one_and_lies_near_its_own_words(
    shared: Ground, shelf: tuple[OpenAI, str]
) -> None:
    client, store = shelf
    listed = passages(client, store, include="vector", limit=100)["data"]
    vectors = np.array([p["vector"] for p in listed])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    own = np.stack([shared.model.vector(p["content"][0]["text"]) for p in listed])
    assert (np.sum(vectors * own, axis=1) > 0.8).all()


def test_without_vectors_yet_a_passage_says_so(client: OpenAI, embedding_gate: Gate) -> None:
    store = client.vector_stores.create(file_ids=[uploaded(client, "a.txt", "The boiler hums.")]).id
    assert embedding_gate.reached.wait(10)
    (passage,) = passages(client, store, include="vector")["data"]
    assert passage["vector"] is None
    embedding_gate.open()
    settled(client, store)
    (passage,) = passages(client, store, include="vector")["data"]
    assert len(passage["vector"]) == 384


def test_an_empty_store_has_none(client: OpenAI) -> None:
    page = passages(client, client.vector_stores.create().id)
    assert page == {
        "object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False, "total": 0,
    }  # fmt: skip


def test_another_owner_sees_nothing(shared: Ground, shelf: tuple[OpenAI, str]) -> None:
    with pytest.raises(openai.NotFoundError):
        passages(shared.account(), shelf[1])


def test_a_deleted_store_or_file_has_no_passages(client: OpenAI) -> None:
    store, ids = stored(client, {"a.txt": "The pump is red.", "b.txt": "The pump is blue."})
    client.vector_stores.files.delete(ids["a.txt"], vector_store_id=store)
    assert [p["filename"] for p in passages(client, store)["data"]] == ["b.txt"]
    with pytest.raises(openai.NotFoundError):
        passages(client, store, after=f"{ids['a.txt']}:0")
    client.vector_stores.delete(store)
    with pytest.raises(openai.NotFoundError):
        passages(client, store)


def test_passages_say_where_they_stand(client: OpenAI) -> None:
    rows = "name,price\n" + "".join(f"screw {n},{n} cents\n" for n in range(1, 60))
    store, _ = stored(client, {"prices.csv": rows}, chunking_strategy=SMALL)
    first, second = passages(client, store, limit=2)["data"]
    assert first["first_row"] == 1
    assert second["first_row"] == first["last_row"] + 1
    assert f"screw {second['first_row']}" in second["content"][0]["text"].splitlines()[0]


WRONG = [
    ({"limit": 0}, "integer_below_min_value"),
    ({"limit": 101}, "integer_above_max_value"),
    ({"every": 0}, "integer_below_min_value"),
    ({"every": "x"}, "invalid_type"),
    ({"include": "text"}, "invalid_value"),
]


@pytest.mark.parametrize(("query", "code"), WRONG)
def test_a_wrong_query_is_refused(shelf: tuple[OpenAI, str], query: dict[str, Any], code: str) -> None:
    client, store = shelf
    with pytest.raises(openai.BadRequestError) as refusal:
        passages(client, store, **query)
    assert refusal.value.code == code


@pytest.mark.parametrize("after", ["x", "file-1:0", ":0", "file-1:-1", "file-1:99999999999"])
def test_a_cursor_that_is_none_is_not_found(shelf: tuple[OpenAI, str], after: str) -> None:
    client, store = shelf
    with pytest.raises(openai.NotFoundError):
        passages(client, store, after=after)
