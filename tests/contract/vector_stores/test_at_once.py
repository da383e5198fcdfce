"""What happens when several do something to the same object at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
from openai import OpenAI

from tests.support.retrieval import settled, stored, uploaded


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Make all calls together; what each gives, or the status it was refused with."""

    def made(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except openai.APIStatusError as error:
            return error.status_code

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(made, calls))


def test_one_file_added_by_many_is_there_once(client: OpenAI) -> None:
    store, file = client.vector_stores.create().id, uploaded(client, "a.txt", "words")
    calls = [lambda: client.vector_stores.files.create(store, file_id=file).id] * 12
    assert at_once(calls) == [file] * 12
    assert settled(client, store).file_counts.total == 1


def test_a_file_is_added_or_deleted_and_nothing_breaks(client: OpenAI) -> None:
    store = client.vector_stores.create().id
    for _ in range(8):
        file = uploaded(client, "a.txt", "words")
        done = at_once(
            [
                lambda file=file: client.vector_stores.files.create(store, file_id=file).id,  # type: ignore[misc]
                lambda file=file: client.files.delete(file).deleted,  # type: ignore[misc]
            ]
        )
        assert done[0] in (file, 404) and done[1] is True
    assert settled(client, store).file_counts.total == 0


def test_a_store_is_deleted_while_files_are_added(client: OpenAI) -> None:
    file = uploaded(client, "a.txt", "words")
    for _ in range(8):
        store, _ = stored(client, {})
        done = at_once(
            [
                lambda store=store: client.vector_stores.files.create(store, file_id=file).id,  # type: ignore[misc]
                lambda store=store: client.vector_stores.delete(store).deleted,  # type: ignore[misc]
                lambda store=store: client.vector_stores.search(store, query="words").data,  # type: ignore[misc]
            ]
        )
        assert done[0] in (file, 404) and done[1] is True and (done[2] == 404 or isinstance(done[2], list))


def test_a_deleted_file_and_its_twin_do_not_meet(client: OpenAI) -> None:
    for number in range(8):
        text = f"the same {number}"
        first = uploaded(client, "a.txt", text)
        gone, second = at_once(
            [
                lambda first=first: client.files.delete(first).deleted,
                lambda text=text: uploaded(client, "b", text),
            ]  # type: ignore[misc]
        )
        assert gone is True
        assert second == 503 or client.files.content(second).text == text


def test_an_upload_is_completed_once(client: OpenAI) -> None:
    upload = client.uploads.create(filename="a", bytes=1, purpose="batch", mime_type="text/plain").id
    part = client.uploads.parts.create(upload, data=b"x").id
    done = at_once([lambda: client.uploads.complete(upload, part_ids=[part]).status] * 6)
    assert sorted(map(str, done)) == ["400"] * 5 + ["completed"]
    assert len(client.files.list().data) == 1
    assert client.files.content(client.files.list().data[0].id).read() == b"x"
