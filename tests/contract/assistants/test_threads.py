"""Threads: four operations."""

from __future__ import annotations

import re
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.support.assistants import Account


def test_a_thread_needs_no_body(me: Account) -> None:
    made = me.http.post("threads").json()
    assert re.fullmatch(r"thread_[0-9A-Za-z]{24}", made["id"])
    assert made == {
        "id": made["id"],
        "object": "thread",
        "created_at": made["created_at"],
        "metadata": {},
        "tool_resources": {"code_interpreter": {"file_ids": []}},
    }
    assert me.client.beta.threads.retrieve(made["id"]).to_dict() == made


def test_first_messages_stand_in_the_order_given(client: OpenAI) -> None:
    thread = client.beta.threads.create(
        messages=[
            {"role": "user", "content": "one", "metadata": {"n": "1"}},
            {"role": "assistant", "content": "two"},
            {"role": "user", "content": [{"type": "text", "text": "three"}]},
        ],
        metadata={"about": "numbers"},
    )
    messages = client.beta.threads.messages.list(thread.id, order="asc").data
    told = [(m.role, m.content[0].text.value) for m in messages if m.content[0].type == "text"]
    assert told == [("user", "one"), ("assistant", "two"), ("user", "three")]
    assert messages[0].metadata == {"n": "1"}
    assert thread.metadata == {"about": "numbers"}


def test_metadata_is_replaced_and_emptied(client: OpenAI) -> None:
    thread = client.beta.threads.create(metadata={"a": "1", "b": "2"})
    assert client.beta.threads.update(thread.id, metadata={"c": "3"}).metadata == {"c": "3"}
    assert client.beta.threads.update(thread.id).metadata == {"c": "3"}
    assert client.beta.threads.update(thread.id, metadata=None).metadata == {}


def test_tool_resources_are_changed_one_by_one(client: OpenAI) -> None:
    file = client.files.create(file=("a.csv", b"a,b\n1,2\n"), purpose="assistants")
    store = client.vector_stores.create()
    code: Any = {"code_interpreter": {"file_ids": [file.id]}}
    search: Any = {"file_search": {"vector_store_ids": [store.id]}}
    thread = client.beta.threads.create(tool_resources=code)
    changed = client.beta.threads.update(thread.id, tool_resources=search)
    assert changed.to_dict()["tool_resources"] == code | search
    assert client.beta.threads.retrieve(thread.id) == changed


def test_a_vector_store_described_with_a_thread_is_made_and_expires_after_a_week(client: OpenAI) -> None:
    thread = client.beta.threads.create(tool_resources={"file_search": {"vector_stores": [{}]}})
    assert thread.tool_resources is not None
    assert thread.tool_resources.file_search is not None
    (store_id,) = thread.tool_resources.file_search.vector_store_ids or []
    expiry = client.vector_stores.retrieve(store_id).expires_after
    assert expiry is not None
    assert (expiry.anchor, expiry.days) == ("last_active_at", 7)


def test_a_deleted_thread_takes_everything_in_it_along(me: Account) -> None:
    run = me.run()
    message = me.client.beta.threads.messages.list(run.thread_id).data[0]
    step = me.client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data[0]
    gone = me.client.beta.threads.delete(run.thread_id)
    assert gone.to_dict() == {"id": run.thread_id, "object": "thread.deleted", "deleted": True}
    place, words = f"threads/{run.thread_id}", f"No thread found with id '{run.thread_id}'."
    for path in (
        place,
        f"{place}/messages",
        f"{place}/messages/{message.id}",
        f"{place}/runs/{run.id}",
        f"{place}/runs/{run.id}/steps/{step.id}",
        f"{place}/runs/{run.id}/events",
    ):
        assert me.error("GET", path) == (404, words)


def test_a_thread_cannot_be_deleted_twice(client: OpenAI) -> None:
    thread = client.beta.threads.create()
    client.beta.threads.delete(thread.id)
    with pytest.raises(openai.NotFoundError):
        client.beta.threads.delete(thread.id)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"metadata": {"k": "v" * 513}}, "'metadata.k': string too long"),
        (
            {"messages": [{"role": "user", "content": "x" * 256_001}]},
            "'messages[0].content': string too long",
        ),
        ({"messages": [{"role": "user", "content": " "}]}, "Message content must be non-empty."),
        ({"messages": [{"role": "system", "content": "x"}]}, "Supported values are: 'user' and 'assistant'"),
        (
            {"messages": [{"role": "user", "content": "x", "metadata": {"k": "v" * 513}}]},
            "string too long",
        ),
        ({"tool_resources": {"file_search": {"vector_store_ids": ["vs_1", "vs_2"]}}}, "array too long"),
    ],
)
def test_what_a_thread_may_not_be_made_with(me: Account, body: dict[str, Any], words: str) -> None:
    status, message = me.error("POST", "threads", json=body)
    assert status == 400
    assert words in message


def test_a_thread_that_fails_half_way_is_not_there(me: Account) -> None:
    file_part = {"type": "image_file", "image_file": {"file_id": "file-none"}}
    messages = [{"role": "user", "content": "x"}, {"role": "user", "content": [file_part]}]
    body = {"messages": messages, "tool_resources": {"file_search": {"vector_stores": [{}]}}}
    assert me.error("POST", "threads", json=body) == (404, "No such File object: file-none")
    assert list(me.client.vector_stores.list()) == []
