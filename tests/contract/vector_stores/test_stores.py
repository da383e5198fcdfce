"""/v1/vector_stores through the unmodified SDK."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types import VectorStore

from tests.contract.vector_stores.conftest import Clock
from tests.support.retrieval import Ground, settled, stored, uploaded

DAY_S = 86_400
WEEK: Any = {"anchor": "last_active_at", "days": 7}


def test_a_store_may_be_made_of_nothing(client: OpenAI) -> None:
    made = client.vector_stores.create()
    assert made.id.startswith("vs_") and len(made.id) == 35
    assert (made.object, made.name, made.metadata, made.status) == ("vector_store", "", {}, "completed")
    assert (made.usage_bytes, made.expires_after, made.expires_at) == (0, None, None)
    assert made.last_active_at == made.created_at
    assert set(made.file_counts.to_dict().values()) == {0}
    assert client.vector_stores.retrieve(made.id) == made


def test_a_store_with_files_is_in_progress_until_they_are_read(shared: Ground, client: OpenAI) -> None:
    ids = [uploaded(client, f"{n}.txt", f"word{n} " * 50) for n in range(3)]
    made = client.vector_stores.create(file_ids=ids, name="Manuals", metadata={"a": "b"})
    assert (made.status, made.file_counts.in_progress, made.file_counts.total) == ("in_progress", 3, 3)
    done = settled(client, made.id)
    assert (done.status, done.file_counts.completed, done.file_counts.total) == ("completed", 3, 3)
    assert done.usage_bytes == sum(f.usage_bytes for f in client.vector_stores.files.list(made.id)) > 0


def test_a_file_named_twice_is_one_file(client: OpenAI) -> None:
    only = uploaded(client, "a.txt", "word")
    made = client.vector_stores.create(file_ids=[only, only])
    assert made.file_counts.total == 1


def test_a_store_of_a_file_that_is_not_there_is_not_made(client: OpenAI) -> None:
    only = uploaded(client, "a.txt", "word")
    with pytest.raises(openai.NotFoundError, match="No such File object: file-nowhere"):
        client.vector_stores.create(file_ids=[only, "file-nowhere"])
    assert list(client.vector_stores.list()) == []


def test_what_is_named_changes_and_the_rest_stays(client: OpenAI) -> None:
    made = client.vector_stores.create(name="one", metadata={"a": "b"}, expires_after=WEEK)
    changed = client.vector_stores.update(made.id, name="two")
    assert (changed.name, changed.metadata, changed.expires_after) == ("two", {"a": "b"}, made.expires_after)
    emptied = client.vector_stores.update(made.id, name=None, metadata=None, expires_after=None)
    assert (emptied.name, emptied.metadata, emptied.expires_after, emptied.expires_at) == ("", {}, None, None)
    assert client.vector_stores.retrieve(made.id) == emptied


def test_a_description_is_kept_though_the_sdk_does_not_show_it(client: OpenAI) -> None:
    made = client.vector_stores.create(description="All about pumps")
    assert (made.model_extra or {})["description"] == "All about pumps"


def test_a_deleted_store_is_gone_and_its_files_stay(client: OpenAI) -> None:
    store, ids = stored(client, {"a.txt": "some words"})
    deleted = client.vector_stores.delete(store)
    assert deleted.to_dict() == {"id": store, "object": "vector_store.deleted", "deleted": True}
    for ask in (client.vector_stores.retrieve, client.vector_stores.delete):
        with pytest.raises(openai.NotFoundError, match=f"No vector store found with id '{store}'"):
            ask(store)
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.search(store, query="words")
    assert client.files.content(ids["a.txt"]).text == "some words"


def test_lists_page_through_everything_in_either_order(client: OpenAI) -> None:
    made = [client.vector_stores.create(name=str(n)).id for n in range(7)]
    assert [store.id for store in client.vector_stores.list(limit=3)] == made[::-1]
    assert [store.id for store in client.vector_stores.list(limit=2, order="asc")] == made
    before = client.vector_stores.list(before=made[2], limit=2)
    assert ([store.id for store in before.data], before.has_more) == ([made[4], made[3]], True)
    assert len(client.vector_stores.list().data) == 7


def test_a_page_has_twenty_stores_unless_another_number_is_asked(client: OpenAI) -> None:
    for _ in range(21):
        client.vector_stores.create()
    page = client.vector_stores.list()
    assert (len(page.data), page.has_more) == (20, True)
    assert len(client.vector_stores.list(limit=100).data) == 21
    for limit in (0, 101):
        with pytest.raises(openai.BadRequestError):
            client.vector_stores.list(limit=limit)


def test_a_strangers_store_is_not_found(shared: Ground, client: OpenAI) -> None:
    store, stranger = client.vector_stores.create().id, shared.account()
    for call in (
        lambda: stranger.vector_stores.retrieve(store),
        lambda: stranger.vector_stores.update(store, name="mine"),
        lambda: stranger.vector_stores.delete(store),
        lambda: stranger.vector_stores.search(store, query="x"),
        lambda: stranger.vector_stores.files.list(store),
    ):
        with pytest.raises(openai.NotFoundError):
            call()
    assert list(stranger.vector_stores.list()) == []


def test_an_id_of_another_kind_is_said_to_be_one(client: OpenAI) -> None:
    file = uploaded(client, "a.txt", "x")
    with pytest.raises(openai.BadRequestError, match="Expected an ID that begins with 'vs'") as refusal:
        client.vector_stores.retrieve(file)
    assert refusal.value.param == "vector_store_id"


def test_each_use_puts_the_expiry_off(client: OpenAI, clock: Clock) -> None:
    store, _ = stored(client, {"a.txt": "some words"}, expires_after=WEEK)
    for days, use in enumerate(
        (
            lambda: client.vector_stores.search(store, query="words"),
            lambda: client.vector_stores.files.create(store, file_id=uploaded(client, "b.txt", "more")),
            lambda: client.vector_stores.update(store, expires_after=WEEK),
        ),
        3,
    ):
        clock.now_s += days * DAY_S
        use()
        found = client.vector_stores.retrieve(store)
        assert (found.last_active_at, found.expires_at) == (clock.now_s, clock.now_s + 7 * DAY_S)


def test_an_expired_store_is_still_shown_and_not_searched(
    shared: Ground, client: OpenAI, clock: Clock
) -> None:
    store, ids = stored(client, {"a.txt": "some words"}, expires_after=WEEK)
    clock.now_s += 7 * DAY_S
    shared.expire()
    assert client.vector_stores.retrieve(store).status == "expired"
    assert client.vector_stores.list().data[0].status == "expired"
    file = uploaded(client, "b.txt", "more")
    for call in (
        lambda: client.vector_stores.search(store, query="words"),
        lambda: client.vector_stores.files.create(store, file_id=file),
        lambda: client.vector_stores.file_batches.create(store, file_ids=[file]),
        lambda: client.vector_stores.update(store, expires_after=WEEK),
    ):
        with pytest.raises(openai.BadRequestError, match=f"Vector store '{store}' has expired"):
            call()
    assert client.vector_stores.update(store, name="old").name == "old"
    assert client.files.content(ids["a.txt"]).text == "some words"
    assert client.vector_stores.delete(store).deleted


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": "x" * 257}, "string_above_max_length"),
    ({"name": 3}, "invalid_type"),
    ({"metadata": {str(n): "x" for n in range(17)}}, "object_above_max_length"),
    ({"metadata": {"k" * 65: "x"}}, "string_above_max_length"),
    ({"metadata": {"k": "v" * 513}}, "string_above_max_length"),
    ({"metadata": {"k": 3}}, "invalid_type"),
    ({"expires_after": {"anchor": "last_active_at", "days": 0}}, "integer_below_min_value"),
    ({"expires_after": {"anchor": "last_active_at", "days": 366}}, "integer_above_max_value"),
    ({"expires_after": {"anchor": "created_at", "days": 7}}, "invalid_value"),
    ({"expires_after": {"days": 7}}, "missing_required_parameter"),
    ({"colour": "red"}, "unknown_parameter"),
]
WRONG_AT_FIRST: list[tuple[dict[str, Any], str]] = [
    ({"file_ids": [f"file-{n}" for n in range(501)]}, "array_above_max_length"),
    ({"file_ids": [3]}, "invalid_type"),
    ({"description": "x" * 513}, "string_above_max_length"),
    ({"chunking_strategy": {"type": "clever"}}, "invalid_value"),
    ({"chunking_strategy": {"type": "static"}}, "missing_required_parameter"),
]


@pytest.mark.parametrize(("body", "code"), WRONG + WRONG_AT_FIRST)
def test_a_wrong_store_is_refused(client: OpenAI, body: dict[str, Any], code: str) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        client.post("/vector_stores", body=body, cast_to=VectorStore)
    assert refusal.value.code == code
    assert list(client.vector_stores.list()) == []


@pytest.mark.parametrize(("body", "code"), WRONG)
def test_a_wrong_change_changes_nothing(client: OpenAI, body: dict[str, Any], code: str) -> None:
    made = client.vector_stores.create(name="as it was")
    with pytest.raises(openai.BadRequestError) as refusal:
        client.post(f"/vector_stores/{made.id}", body=body, cast_to=VectorStore)
    assert refusal.value.code == code
    assert client.vector_stores.retrieve(made.id) == made
