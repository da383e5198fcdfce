"""Files that people took along from OpenAI, in the shapes that they have, and files that are none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.errors import InvalidInput
from services.migrate.exported import read
from services.migrate.talk import Said


def message(role: str, text: str, at: int = 1, **fields: Any) -> dict[str, Any]:
    content = [{"type": "text", "text": {"value": text, "annotations": []}}]
    return {"object": "thread.message", "created_at": at, "role": role, "content": content, **fields}


HI, HELLO = message("user", "Hi", 1), message("assistant", "Hello.", 1)
TALK = (Said("user", "Hi"), Said("assistant", "Hello."))


@pytest.mark.parametrize(
    "document",
    [
        {"object": "list", "data": [HELLO, HI], "has_more": False},
        [HI, HELLO],
        {"id": "thread_1", "messages": [HI, HELLO]},
        {"thread": {"id": "thread_1"}, "messages": {"data": [HELLO, HI]}},
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}],
    ],
)
def test_each_shape_gives_the_same_talk(document: Any) -> None:
    (thread,) = read(json.dumps(document).encode())
    assert thread.talk == TALK


def test_lines_are_sorted_by_the_thread_they_name() -> None:
    lines = [
        message("user", "Hi", thread_id="a"),
        message("user", "Ho", thread_id="b"),
        HELLO | {"thread_id": "a"},
    ]
    data = b"\xef\xbb\xbf" + "\n".join(map(json.dumps, lines)).encode()
    assert [thread.talk for thread in read(data)] == [TALK, (Said("user", "Ho"),)]


def test_what_stayed_behind_is_counted_and_named() -> None:
    picture = {"type": "image_file", "image_file": {"file_id": "file-1"}}
    asked = HI | {"content": [*HI["content"], picture], "attachments": [{"file_id": "file-2"}]}
    (thread,) = read(json.dumps({"messages": [asked], "metadata": {"title": " My\ncat "}}).encode())
    assert thread.talk == (Said("user", "Hi\n\n[picture: file-1]"),)
    assert (thread.title, thread.lost_files) == ("My cat", 2)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no json",
        b"[]",
        b"null",
        b'{"data": [{"role": "user", "content": [{"type": "text"}]}]}',
        b'{"role": "user", "content": "\\ud800"}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_what_is_no_thread_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        read(data)
