"""/v1/vector_stores/{id}/file_batches through the unmodified SDK."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types.vector_stores import VectorStoreFileBatch

from tests.support.retrieval import Gate, settled, stored, until, uploaded

SMALL: Any = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0}}


@pytest.fixture
def store(client: OpenAI) -> str:
    return client.vector_stores.create().id


def three(client: OpenAI) -> list[str]:
    return [uploaded(client, f"{n}.txt", f"Valve number {n} is open.") for n in range(3)]


def test_a_batch_counts_its_own_files(client: OpenAI) -> None:
    store, _ = stored(client, {"before.txt": "not in the batch"})
    made = client.vector_stores.file_batches.create(store, file_ids=three(client))
    assert made.id.startswith("vsfb_") and len(made.id) == 37
    assert (made.object, made.vector_store_id, made.status) == (
        "vector_store.files_batch",
        store,
        "in_progress",
    )
    assert (made.file_counts.in_progress, made.file_counts.total) == (3, 3)
    done = client.vector_stores.file_batches.poll(made.id, vector_store_id=store)
    assert (done.status, done.file_counts.completed, done.file_counts.total) == ("completed", 3, 3)
    assert client.vector_stores.retrieve(store).file_counts.total == 4


def test_the_sdks_helpers_wait_until_it_is_done(client: OpenAI, store: str) -> None:
    batches = client.vector_stores.file_batches
    ids = three(client)
    assert batches.create_and_poll(store, file_ids=ids[:2]).file_counts.completed == 2
    files = [(f"{n}.md", b"# Title\n\nText") for n in range(3)]
    done = batches.upload_and_poll(store, files=files, file_ids=ids[2:])
    assert (done.status, done.file_counts.completed) == ("completed", 4)
    assert client.vector_stores.retrieve(store).file_counts.completed == 6


def test_files_of_a_batch_share_what_it_says_or_say_it_each(client: OpenAI, store: str) -> None:
    one, two, three_ = three(client)
    client.vector_stores.file_batches.create(
        store, file_ids=[one], attributes={"shared": True}, chunking_strategy=SMALL
    )
    each: Any = [
        {"file_id": two, "attributes": {"own": 2}, "chunking_strategy": SMALL}, {"file_id": three_},
    ]  # fmt: skip
    client.vector_stores.file_batches.create(store, files=each)
    found = {f.id: f for f in client.vector_stores.files.list(store)}
    assert [found[i].attributes for i in (one, two, three_)] == [{"shared": True}, {"own": 2}, {}]
    sizes = [found[i].chunking_strategy.static.max_chunk_size_tokens for i in (one, two, three_)]  # type: ignore[union-attr]
    assert sizes == [100, 100, 800]


def test_a_batch_lists_its_files_by_state_and_page(client: OpenAI) -> None:
    store, _ = stored(client, {"before.txt": "not in the batch"})
    ids = [*three(client), uploaded(client, "bad.txt", " ")]
    batches = client.vector_stores.file_batches
    batch = batches.create_and_poll(store, file_ids=ids).id
    assert [f.id for f in batches.list_files(batch, vector_store_id=store, limit=2)] == ids[::-1]
    assert [f.id for f in batches.list_files(batch, vector_store_id=store, order="asc", limit=1)] == ids
    assert [f.id for f in batches.list_files(batch, vector_store_id=store, filter="failed")] == [ids[3]]
    assert len(batches.list_files(batch, vector_store_id=store, filter="completed").data) == 3
    assert [f.id for f in batches.list_files(batch, vector_store_id=store, after=ids[1]).data] == [ids[0]]


def test_cancelling_leaves_what_is_finished(client: OpenAI, store: str, embedding_gate: Gate) -> None:
    ids = [uploaded(client, "bad.txt", " "), *three(client)]
    batch = client.vector_stores.file_batches.create(store, file_ids=ids)
    until(
        lambda: client.vector_stores.file_batches.retrieve(batch.id, vector_store_id=store).file_counts.failed
    )
    assert embedding_gate.reached.wait(10)
    cancelled = client.vector_stores.file_batches.cancel(batch.id, vector_store_id=store)
    assert (cancelled.status, cancelled.file_counts.cancelled, cancelled.file_counts.failed) == (
        "cancelled", 3, 1,
    )  # fmt: skip
    embedding_gate.open()
    assert client.vector_stores.search(store, query="valve").data == []
    again = client.vector_stores.file_batches.retrieve(batch.id, vector_store_id=store)
    assert again == cancelled
    assert client.vector_stores.retrieve(store).file_counts.cancelled == 3


def test_a_finished_batch_stays_finished(client: OpenAI, store: str) -> None:
    done = client.vector_stores.file_batches.create_and_poll(store, file_ids=three(client))
    assert client.vector_stores.file_batches.cancel(done.id, vector_store_id=store) == done
    assert len(client.vector_stores.search(store, query="valve").data) == 3


def test_a_cancelled_file_can_be_added_again(client: OpenAI, store: str, embedding_gate: Gate) -> None:
    (only,) = three(client)[:1]
    batch = client.vector_stores.file_batches.create(store, file_ids=[only])
    assert embedding_gate.reached.wait(10)
    client.vector_stores.file_batches.cancel(batch.id, vector_store_id=store)
    embedding_gate.open()
    client.vector_stores.files.create(store, file_id=only)
    assert settled(client, store).file_counts.completed == 1
    assert len(client.vector_stores.search(store, query="valve").data) == 1


def test_a_batch_of_failures_has_failed(client: OpenAI, store: str) -> None:
    bad = [uploaded(client, f"{n}.txt", " ") for n in range(2)]
    done = client.vector_stores.file_batches.create_and_poll(store, file_ids=bad)
    assert (done.status, done.file_counts.failed) == ("failed", 2)


def test_a_batch_with_a_file_that_is_not_there_adds_none(client: OpenAI, store: str) -> None:
    with pytest.raises(openai.NotFoundError, match="No such File object"):
        client.vector_stores.file_batches.create(store, file_ids=[*three(client), "file-nowhere"])
    assert client.vector_stores.retrieve(store).file_counts.total == 0


def test_two_thousand_files_are_one_batch(client: OpenAI, store: str) -> None:
    (only,) = three(client)[:1]
    assert client.vector_stores.file_batches.create(store, file_ids=[only] * 2000).file_counts.total == 1
    for body in ({"file_ids": [only] * 2001}, {"files": [{"file_id": only}] * 2001}):
        with pytest.raises(openai.BadRequestError) as refusal:
            client.vector_stores.file_batches.create(store, **body)  # type: ignore[arg-type]
        assert refusal.value.code == "array_above_max_length"


@pytest.mark.parametrize(
    "body", [{}, {"file_ids": []}, {"files": []}, {"files": [{}]}, {"file_ids": "file-x"}]
)
def test_a_batch_needs_files(client: OpenAI, store: str, body: dict[str, Any]) -> None:
    path = f"/vector_stores/{store}/file_batches"
    with pytest.raises(openai.BadRequestError):
        client.post(path, body=body, cast_to=VectorStoreFileBatch)


def test_a_batch_belongs_to_its_store(client: OpenAI, store: str) -> None:
    batch = client.vector_stores.file_batches.create(store, file_ids=three(client)).id
    other = client.vector_stores.create().id
    for call in (
        client.vector_stores.file_batches.retrieve,
        client.vector_stores.file_batches.cancel,
        client.vector_stores.file_batches.list_files,
    ):
        with pytest.raises(openai.NotFoundError, match=f"No file batch found with id '{batch}'"):
            call(batch, vector_store_id=other)
        with pytest.raises(openai.BadRequestError, match="begins with 'vsfb'"):
            call(other, vector_store_id=store)
