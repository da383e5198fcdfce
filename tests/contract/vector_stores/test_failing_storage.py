"""A disk that is full, or an index that fails, in the middle of the work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from openai import OpenAI

from services.errors import StorageFailed
from services.server.retrieval import reader
from services.server.store import passages, texts
from services.storage.failures import FULL
from services.storage.folder_blobs import FolderBlobs
from tests.support.retrieval import Ground, settled, uploaded

Fail = Callable[[int], None]


class Failing:
    """Raises for the first few calls, then does what it stands for."""

    def __init__(self, real: Callable[..., object], times: int) -> None:
        self.real, self.left = real, times

    def __call__(self, *args: object) -> object:
        self.left -= 1
        if self.left >= 0:
            raise StorageFailed(FULL, code="disk_full")
        return self.real(*args)


def added(client: OpenAI) -> tuple[str, str]:
    """A store and a new file in it."""
    file = uploaded(client, "a.txt", "The pump is blue.")
    return client.vector_stores.create(file_ids=[file]).id, file


@pytest.fixture(autouse=True)
def short_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "REST_S", 0.05)


@pytest.fixture(params=["the text is written", "the words are written", "the bytes are fetched"])
def fail(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Fail:
    """Lets a step of reading fail so many times."""

    def make(times: int) -> None:
        if request.param == "the text is written":
            monkeypatch.setattr(texts, "add", Failing(texts.add, times))
        elif request.param == "the words are written":
            monkeypatch.setattr(passages, "replace_segment", Failing(passages.replace_segment, times))
        else:
            monkeypatch.setattr(FolderBlobs, "local_path", failing_path(times))

    return make


def failing_path(times: int) -> Callable[..., object]:
    real, left = FolderBlobs.local_path, [times]

    @contextmanager
    def local_path(self: FolderBlobs, key: str) -> Iterator[Path]:
        left[0] -= 1
        if left[0] >= 0:
            raise StorageFailed(FULL, code="disk_full")
        with real(self, key) as path:
            yield path

    return local_path


def test_a_file_is_read_once_the_disk_has_room_again(client: OpenAI, fail: Fail) -> None:
    fail(2)
    store, file = added(client)
    assert settled(client, store).file_counts.completed == 1
    assert [hit.file_id for hit in client.vector_stores.search(store, query="blue pump")] == [file]


def test_a_file_that_finds_no_room_fails_with_a_sentence(client: OpenAI, fail: Fail) -> None:
    fail(3)
    store, file = added(client)
    assert settled(client, store).file_counts.failed == 1
    error = client.vector_stores.files.retrieve(file, vector_store_id=store).last_error
    assert error and (error.code, error.message) == ("server_error", FULL)
    client.vector_stores.files.create(store, file_id=file)
    assert settled(client, store).file_counts.completed == 1


def test_a_fault_costs_one_file_and_the_next_is_read(client: OpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(texts, "add", lambda *_: 1 / 0)
        store, file = added(client)
        assert settled(client, store).file_counts.failed == 1
    error = client.vector_stores.files.retrieve(file, vector_store_id=store).last_error
    assert error and error.message == "The file could not be read, through a fault of the server."
    other = uploaded(client, "b.txt", "The valve is red.")
    client.vector_stores.files.create(store, file_id=other)
    assert settled(client, store).file_counts.completed == 1


def test_a_fault_of_the_embedding_model_costs_one_files_vectors(shared: Ground, client: OpenAI) -> None:
    shared.model.failure = ZeroDivisionError()
    try:
        store, file = added(client)
        assert settled(client, store).file_counts.completed == 1
    finally:
        shared.model.failure = None
    other = uploaded(client, "b.txt", "The valve is red, and new.")
    client.vector_stores.files.create(store, file_id=other)
    assert settled(client, store).file_counts.completed == 2
    assert "The valve is red, and new." in shared.model.embedded
    assert client.vector_stores.search(store, query="blue pump").data[0].file_id == file
