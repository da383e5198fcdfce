"""/v1/vector_stores/{id}/files through the unmodified SDK."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types.vector_stores import VectorStoreFile

from tests.support.retrieval import Gate, Ground, settled, stored, uploaded

SMALL: Any = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0}}
AUTO = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}


@pytest.fixture
def store(client: OpenAI) -> str:
    return client.vector_stores.create().id


def test_a_file_is_read_and_its_bytes_counted(client: OpenAI, store: str) -> None:
    file = uploaded(client, "a.txt", "Pumps need oil. " * 20)
    made = client.vector_stores.files.create(store, file_id=file, attributes={"year": 2026, "draft": False})
    assert (made.id, made.object, made.vector_store_id) == (file, "vector_store.file", store)
    assert (made.status, made.usage_bytes, made.last_error) == ("in_progress", 0, None)
    assert made.chunking_strategy and made.chunking_strategy.to_dict() == AUTO
    assert made.attributes == {"year": 2026, "draft": False}
    done = client.vector_stores.files.poll(file, vector_store_id=store)
    assert (done.status, done.usage_bytes) == ("completed", len("Pumps need oil. " * 20) - 1)
    assert client.vector_stores.retrieve(store).usage_bytes == done.usage_bytes


def test_the_sdks_helpers_wait_until_it_is_done(client: OpenAI, store: str) -> None:
    first = client.vector_stores.files.upload_and_poll(vector_store_id=store, file=("a.txt", b"one word"))
    second = client.vector_stores.files.create_and_poll(
        uploaded(client, "b.txt", "more words"), vector_store_id=store, chunking_strategy=SMALL
    )
    assert (first.status, second.status) == ("completed", "completed")
    assert (
        second.chunking_strategy
        == client.vector_stores.files.retrieve(second.id, vector_store_id=store).chunking_strategy
    )
    assert [file.id for file in client.vector_stores.files.list(store)] == [second.id, first.id]


def test_words_are_found_while_vectors_are_still_made(
    client: OpenAI, store: str, embedding_gate: Gate
) -> None:
    file = uploaded(client, "a.txt", "The impeller is made of bronze.")
    client.vector_stores.files.create(store, file_id=file)
    assert embedding_gate.reached.wait(10)
    assert client.vector_stores.retrieve(store).file_counts.in_progress == 1
    embedding_gate.open()
    assert settled(client, store).file_counts.completed == 1


def test_a_file_whose_vectors_take_long_is_completed_by_its_words(
    client: OpenAI, store: str, embedding_gate: Gate
) -> None:
    file = uploaded(client, "a.txt", "The impeller is made of bronze.")
    client.vector_stores.files.create(store, file_id=file)
    assert embedding_gate.reached.wait(10)
    assert settled(client, store).file_counts.completed == 1
    embedding_gate.open()


def test_a_file_that_cannot_be_read_says_why(client: OpenAI, store: str) -> None:
    picture = uploaded(client, "a.png", b"\x89PNG\r\n\x1a\n" + bytes(50))
    empty = uploaded(client, "b.txt", " \n")
    for file in (picture, empty):
        client.vector_stores.files.create(store, file_id=file)
    counts = settled(client, store).file_counts
    assert (counts.failed, counts.total) == (2, 2)
    errors = [
        client.vector_stores.files.retrieve(f, vector_store_id=store).last_error for f in (picture, empty)
    ]
    assert [error and error.code for error in errors] == ["unsupported_file", "invalid_file"]
    assert [error and error.message for error in errors] == [
        "a.png is a picture and holds no text for a search. Attach it to a message instead.",
        "b.txt is empty. Upload a file with something in it.",
    ]


def test_lists_go_by_state_and_page(client: OpenAI, store: str) -> None:
    good = [uploaded(client, f"{n}.txt", f"word {n}") for n in range(5)]
    bad = uploaded(client, "bad.txt", " ")
    for file in (*good, bad):
        client.vector_stores.files.create(store, file_id=file)
    settled(client, store)
    files = client.vector_stores.files
    assert [file.id for file in files.list(store, limit=2)] == [bad, *good[::-1]]
    assert [file.id for file in files.list(store, filter="completed", order="asc", limit=2)] == good
    assert [file.id for file in files.list(store, filter="failed")] == [bad]
    assert list(files.list(store, filter="cancelled")) == list(files.list(store, filter="in_progress")) == []
    assert [file.id for file in files.list(store, after=good[2])] == [good[1], good[0]]
    assert [file.id for file in files.list(store, before=good[2]).data] == [bad, good[4], good[3]]


def test_a_state_there_is_not_is_refused(client: OpenAI, store: str) -> None:
    with pytest.raises(openai.BadRequestError, match="Supported values are: 'in_progress'") as refusal:
        client.vector_stores.files.list(store, filter="lost")  # type: ignore[arg-type]
    assert refusal.value.param == "filter"


def test_attributes_are_replaced_and_may_be_emptied(client: OpenAI) -> None:
    store, ids = stored(client, {"a.txt": "words"})
    change = client.vector_stores.files.update
    assert change(ids["a.txt"], vector_store_id=store, attributes={"a": "x", "b": 1.5}).attributes == {
        "a": "x", "b": 1.5,
    }  # fmt: skip
    assert change(ids["a.txt"], vector_store_id=store, attributes={"c": True}).attributes == {"c": True}
    assert change(ids["a.txt"], vector_store_id=store, attributes=None).attributes == {}


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({str(n): n for n in range(17)}, "object_above_max_length"),
        ({"k" * 65: 1}, "string_above_max_length"),
        ({"k": "v" * 513}, "string_above_max_length"),
        ({"k": ["x"]}, "invalid_type"),
        ({"k": {"x": 1}}, "invalid_type"),
        ("red", "invalid_type"),
    ],
)
def test_wrong_attributes_are_refused(client: OpenAI, attributes: Any, code: str) -> None:
    store, ids = stored(client, {"a.txt": "words"})
    path, body = f"/vector_stores/{store}/files", {"attributes": attributes}
    for place, told in ((path, {"file_id": ids["a.txt"]}), (f"{path}/{ids['a.txt']}", {})):
        with pytest.raises(openai.BadRequestError) as refusal:
            client.post(place, body=body | told, cast_to=VectorStoreFile)
        assert refusal.value.code == code


def test_an_infinite_number_is_no_attribute(shared: Ground, client: OpenAI) -> None:
    store, ids = stored(client, {"a.txt": "words"})
    answer = shared.http.post(
        f"vector_stores/{store}/files/{ids['a.txt']}",
        content=b'{"attributes": {"far": 1e999}}',
        headers={"authorization": f"Bearer {client.api_key}"},
    )
    assert (answer.status_code, "could not parse" in answer.json()["error"]["message"]) == (400, True)


def test_the_limits_themselves_are_allowed(client: OpenAI, store: str) -> None:
    attributes: dict[str, str | float | bool] = {
        f"{n}" * (64 if n < 10 else 32): "v" * 512 for n in range(16)
    }
    file = uploaded(client, "a.txt", "words")
    for size, overlap in ((100, 50), (4096, 2048), (100, 0)):
        chunking: Any = {
            "type": "static",
            "static": {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap},
        }
        made = client.vector_stores.files.create(
            store, file_id=file, attributes=attributes, chunking_strategy=chunking
        )
        assert made.attributes == attributes
        assert made.chunking_strategy and made.chunking_strategy.to_dict() == chunking


@pytest.mark.parametrize(("size", "overlap"), [(99, 0), (4097, 0), (100, 51), (100, -1)])
def test_chunks_have_a_sensible_size(client: OpenAI, store: str, size: int, overlap: int) -> None:
    static: Any = {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap}
    with pytest.raises(openai.BadRequestError, match=r"max_chunk_size_tokens|chunk_overlap_tokens"):
        client.vector_stores.files.create(
            store, file_id="file-x", chunking_strategy={"type": "static", "static": static}
        )


def test_a_file_in_two_stores_leaves_one_and_stays_in_the_other(client: OpenAI) -> None:
    first, ids = stored(client, {"a.txt": "The valve is red."})
    second = client.vector_stores.create(file_ids=list(ids.values())).id
    settled(client, second)
    gone = client.vector_stores.files.delete(ids["a.txt"], vector_store_id=first)
    assert gone.to_dict() == {"id": ids["a.txt"], "object": "vector_store.file.deleted", "deleted": True}
    assert client.vector_stores.search(first, query="valve").data == []
    assert client.vector_stores.search(second, query="valve").data[0].file_id == ids["a.txt"]
    assert client.vector_stores.retrieve(first).file_counts.total == 0
    with pytest.raises(openai.NotFoundError, match="No file found with id"):
        client.vector_stores.files.retrieve(ids["a.txt"], vector_store_id=first)
    assert client.files.retrieve(ids["a.txt"]).filename == "a.txt"


def test_the_same_text_is_embedded_once(shared: Ground, client: OpenAI) -> None:
    _, ids = stored(client, {"a.txt": "A sentence nobody else has written yet, twice."})
    second, _ = stored(client, {"b.txt": "A sentence nobody else has written yet, twice."})
    third = client.vector_stores.create(file_ids=list(ids.values())).id
    settled(client, third)
    assert shared.model.embedded.count("A sentence nobody else has written yet, twice.") == 1
    for store, name in ((second, "b.txt"), (third, "a.txt")):
        hit = client.vector_stores.search(store, query="a sentence written twice").data[0]
        assert hit.filename == name


def test_a_file_added_twice_is_there_once_with_the_new_attributes(client: OpenAI) -> None:
    store, ids = stored(client, {"a.txt": "words"})
    again = client.vector_stores.files.create(store, file_id=ids["a.txt"], attributes={"new": True})
    assert (again.status, again.attributes) == ("completed", {"new": True})
    assert client.vector_stores.retrieve(store).file_counts.total == 1
    assert len(client.vector_stores.search(store, query="words").data) == 1


def test_a_file_added_with_other_chunks_is_cut_anew(client: OpenAI) -> None:
    store, ids = stored(client, {"a.txt": "\n\n".join(f"Paragraph {n} on pumps. " * 8 for n in range(20))})
    assert len(client.vector_stores.search(store, query="pumps", max_num_results=50).data) == 1
    client.vector_stores.files.create(store, file_id=ids["a.txt"], chunking_strategy=SMALL)
    settled(client, store)
    assert len(client.vector_stores.search(store, query="pumps", max_num_results=50).data) > 5


def test_a_file_that_failed_is_tried_again_when_it_is_added_again(client: OpenAI, store: str) -> None:
    file = uploaded(client, "a.txt", " ")
    for _ in range(2):
        assert client.vector_stores.files.create(store, file_id=file).status == "in_progress"
        assert settled(client, store).file_counts.failed == 1


def test_a_deleted_file_leaves_every_store(client: OpenAI) -> None:
    first, ids = stored(client, {"a.txt": "The valve is red.", "b.txt": "The valve is blue."})
    second = client.vector_stores.create(file_ids=list(ids.values())).id
    settled(client, second)
    client.files.delete(ids["a.txt"])
    for store in (first, second):
        assert [file.id for file in client.vector_stores.files.list(store)] == [ids["b.txt"]]
        assert {hit.file_id for hit in client.vector_stores.search(store, query="valve")} == {ids["b.txt"]}


def test_the_text_of_a_file_can_be_read(client: OpenAI) -> None:
    store, ids = stored(client, {"a.html": "<h1>Pumps</h1><p>Made of bronze.</p>"})
    page = client.vector_stores.files.content(ids["a.html"], vector_store_id=store)
    assert [(part.type, part.text) for part in page] == [("text", "# Pumps\n\nMade of bronze.")]
    assert page.object == "vector_store.file_content.page"


def test_a_long_text_is_read_whole(client: OpenAI) -> None:
    text = "\n".join(f"Line {n} – grün 日本 😀" for n in range(4500))
    store, ids = stored(client, {"a.txt": text})
    (part,) = client.vector_stores.files.content(ids["a.txt"], vector_store_id=store)
    assert part.text == text


def test_a_file_without_text_has_no_content(client: OpenAI) -> None:
    store, ids = stored(client, {"a.txt": " "})
    assert list(client.vector_stores.files.content(ids["a.txt"], vector_store_id=store)) == []


def test_a_file_of_another_store_is_not_found(client: OpenAI, store: str) -> None:
    _, ids = stored(client, {"a.txt": "words"})
    for call in (
        lambda: client.vector_stores.files.retrieve(ids["a.txt"], vector_store_id=store),
        lambda: client.vector_stores.files.content(ids["a.txt"], vector_store_id=store),
        lambda: client.vector_stores.files.update(ids["a.txt"], vector_store_id=store, attributes={}),
        lambda: client.vector_stores.files.delete(ids["a.txt"], vector_store_id=store),
    ):
        with pytest.raises(
            openai.NotFoundError, match=f"No file found with id '{ids['a.txt']}' in vector store"
        ):
            call()


def test_a_file_deleted_while_it_is_read_leaves_nothing(
    client: OpenAI, store: str, reading_gate: Gate
) -> None:
    file = uploaded(client, "a.txt", "words of a file that is deleted early")
    client.vector_stores.files.create(store, file_id=file)
    assert reading_gate.reached.wait(10)
    client.files.delete(file)
    reading_gate.open()
    other = uploaded(client, "b.txt", "words of a file that stays")
    client.vector_stores.files.create(store, file_id=other)
    settled(client, store)
    assert [hit.file_id for hit in client.vector_stores.search(store, query="words of a file")] == [other]
