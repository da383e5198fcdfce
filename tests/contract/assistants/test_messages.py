"""Messages: five operations, every kind of content, and the lock while a run is active."""

from __future__ import annotations

import re
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.support.assistants import Account

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16


def test_a_message_has_every_key_the_sdk_and_the_service_know(client: OpenAI) -> None:
    thread = client.beta.threads.create()
    made = client.beta.threads.messages.create(
        thread.id, role="user", content="Hello", metadata={"mood": "good"}
    )
    assert re.fullmatch(r"msg_[0-9A-Za-z]{24}", made.id)
    assert made.to_dict() == {
        "id": made.id,
        "object": "thread.message",
        "created_at": made.created_at,
        "thread_id": thread.id,
        "assistant_id": None,
        "run_id": None,
        "status": "completed",
        "incomplete_details": None,
        "incomplete_at": None,
        "completed_at": made.created_at,
        "role": "user",
        "content": [{"type": "text", "text": {"value": "Hello", "annotations": []}}],
        "attachments": [],
        "metadata": {"mood": "good"},
    }
    assert client.beta.threads.messages.retrieve(made.id, thread_id=thread.id) == made


def test_content_may_have_parts_of_every_kind(client: OpenAI) -> None:
    thread = client.beta.threads.create()
    picture = client.files.create(file=("dot.png", PNG), purpose="vision")
    content: Any = [
        {"type": "text", "text": "Look:"},
        {"type": "image_file", "image_file": {"file_id": picture.id, "detail": "low"}},
        {"type": "image_file", "image_file": {"file_id": picture.id}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0K", "detail": "high"}},
    ]
    made = client.beta.threads.messages.create(thread.id, role="user", content=content)
    assert [part.to_dict() for part in made.content] == [
        {"type": "text", "text": {"value": "Look:", "annotations": []}},
        content[1],
        {"type": "image_file", "image_file": {"file_id": picture.id, "detail": "auto"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "auto"}},
        content[4],
    ]


def test_an_attachment_joins_what_the_tools_of_its_thread_may_use(client: OpenAI) -> None:
    thread = client.beta.threads.create()
    file = client.files.create(file=("a.txt", b"Words."), purpose="assistants")
    tools: Any = [{"type": "code_interpreter"}, {"type": "file_search"}]
    attached: Any = [{"file_id": file.id, "tools": tools}]
    made = client.beta.threads.messages.create(thread.id, role="user", content="Read", attachments=attached)
    assert made.to_dict()["attachments"] == attached
    resources = client.beta.threads.retrieve(thread.id).to_dict()["tool_resources"]
    (store_id,) = resources["file_search"]["vector_store_ids"]  # type: ignore[index]
    assert resources["code_interpreter"] == {"file_ids": [file.id]}  # type: ignore[index]
    assert [entry.id for entry in client.vector_stores.files.list(store_id)] == [file.id]


def test_only_metadata_can_be_changed(me: Account) -> None:
    thread = me.thread("Hello")
    message = me.client.beta.threads.messages.list(thread.id).data[0]
    change = me.client.beta.threads.messages.update
    assert change(message.id, thread_id=thread.id, metadata={"a": "1"}).metadata == {"a": "1"}
    again = me.client.beta.threads.messages.retrieve(message.id, thread_id=thread.id)
    assert again.to_dict() == message.to_dict() | {"metadata": {"a": "1"}}
    path = f"threads/{thread.id}/messages/{message.id}"
    refused = me.error("POST", path, json={"content": "Other"})
    assert refused == (400, "Unknown parameter: 'content'.")


def test_a_deleted_message_is_gone_and_the_rest_stays(me: Account) -> None:
    thread = me.thread("one", "two", "three")
    messages = me.client.beta.threads.messages
    _, two, _ = messages.list(thread.id, order="asc").data
    gone = messages.delete(two.id, thread_id=thread.id)
    assert gone.to_dict() == {"id": two.id, "object": "thread.message.deleted", "deleted": True}
    assert [m.content[0].to_dict()["text"]["value"] for m in messages.list(thread.id, order="asc")] == [  # type: ignore[index]
        "one",
        "three",
    ]
    with pytest.raises(openai.NotFoundError, match=f"No message found with id '{two.id}'"):
        messages.delete(two.id, thread_id=thread.id)


def test_a_message_of_another_thread_is_not_found(me: Account) -> None:
    message = me.client.beta.threads.messages.list(me.thread("one").id).data[0]
    elsewhere = f"threads/{me.thread().id}/messages/{message.id}"
    for method in ("GET", "POST", "DELETE"):
        assert me.error(method, elsewhere) == (404, f"No message found with id '{message.id}'.")


def test_messages_of_one_run_can_be_listed(me: Account) -> None:
    thread, assistant = me.thread("Hi"), me.assistant()
    first, second = me.run(thread, assistant), me.run(thread, assistant)
    written = me.client.beta.threads.messages.list(thread.id, run_id=second.id).data
    assert [(m.run_id, m.assistant_id, m.role) for m in written] == [(second.id, assistant.id, "assistant")]
    assert len(me.client.beta.threads.messages.list(thread.id).data) == 3
    assert me.client.beta.threads.messages.list(me.thread().id, run_id=first.id).data == []


def test_a_thread_takes_no_message_while_a_run_is_active(me: Account) -> None:
    run = me.held()
    words = f"Can't add messages to {run.thread_id} while a run {run.id} is active."
    body = {"role": "user", "content": "And?"}
    assert me.error("POST", f"threads/{run.thread_id}/messages", json=body) == (400, words)
    me.upstream.release()
    me.finished(run)
    me.client.beta.threads.messages.create(run.thread_id, role="user", content="And?")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"role": "user"}, "Missing required parameter: 'content'."),
        ({"content": "x"}, "Missing required parameter: 'role'."),
        ({"role": "user", "content": ""}, "Message content must be non-empty."),
        ({"role": "user", "content": []}, "'content': empty array"),
        ({"role": "user", "content": [{"type": "text", "text": ""}]}, "Message content must be non-empty."),
        ({"role": "user", "content": [{"type": "text", "text": {"value": "x"}}]}, "'content[0].text'"),
        ({"role": "user", "content": "x" * 256_001}, "'content': string too long"),
        ({"role": "user", "content": [{"type": "sound"}]}, "Invalid value: 'sound'."),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "ftp://x/y.png"}}]},
            "Invalid 'content[0].image_url.url'. Expected a valid URL",
        ),
        (
            {
                "role": "user",
                "content": [{"type": "image_url", "image_url": {"url": "https://x", "detail": "ultra"}}],
            },
            "Invalid value: 'ultra'.",
        ),
        ({"role": "user", "content": "x", "attachments": [{"tools": []}]}, "'attachments[0].file_id'"),
        ({"role": "user", "content": "x", "metadata": {"a": 1}}, "Invalid type for 'metadata.a'"),
        ({"role": "tool", "content": "x"}, "Invalid value: 'tool'."),
    ],
)
def test_what_a_message_may_not_say(me: Account, body: dict[str, Any], words: str) -> None:
    thread = me.thread()
    status, message = me.error("POST", f"threads/{thread.id}/messages", json=body)
    assert status == 400
    assert words in message
    assert list(me.client.beta.threads.messages.list(thread.id)) == []


@pytest.mark.parametrize(
    "body",
    [
        {"content": [{"type": "image_file", "image_file": {"file_id": "file-none"}}]},
        {"content": "x", "attachments": [{"file_id": "file-none", "tools": [{"type": "file_search"}]}]},
    ],
)
def test_a_file_that_is_not_there_is_named(me: Account, body: dict[str, Any]) -> None:
    path = f"threads/{me.thread().id}/messages"
    assert me.error("POST", path, json={"role": "user"} | body) == (404, "No such File object: file-none")


def test_text_of_every_script_comes_back_as_it_was(me: Account) -> None:
    text = 'नमस्ते 🦊 مرحبا 你好\u200d\n\ttabs and \u0000 nothing \\u0000 "quotes"'
    thread = me.thread(text)
    message = me.client.beta.threads.messages.list(thread.id).data[0]
    assert message.content[0].to_dict()["text"]["value"] == text  # type: ignore[index]
