"""What a server finds when it starts: work that was broken off, an index that lost something or has too much."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from services.documents.vectors import NEW, VectorIndex
from services.errors import StorageFailed
from services.server.store import outbox
from services.storage.backup import backup
from services.storage.database import open_database
from services.storage.folder_blobs import FolderBlobs
from services.storage.restore import restore
from tests.support.databases import KINDS, NewDatabase
from tests.support.retrieval import Ground, ground, stored, until, uploaded
from tests.support.traces import traces

LIBRARY = {
    f"{n}.txt": " ".join(f"Pump number {n} has colour{n} and part{n}x{part}." for part in range(30))
    for n in range(6)
}
QUESTIONS = ["Which pump has colour3?", "pump number 5", "Where is part4x17?"]


class House:
    """A data folder and a database, with servers that come and go."""

    def __init__(self, home: Path, url: str) -> None:
        self.home, self.url = home, url

    def open(self) -> AbstractContextManager[Ground]:
        return ground(self.home, self.url)


@pytest.fixture(params=KINDS)
def house(request: pytest.FixtureRequest, new_database: NewDatabase, tmp_path: Path) -> House:
    return House(tmp_path / "server", new_database(request.param))


def filled(house: House) -> tuple[str, dict[str, str], list[Any]]:
    """A store in a house whose server has stopped: its id, its files, and what it answers."""
    with house.open() as made:
        client = made.account()
        store, ids = stored(client, LIBRARY)
        # On a busy machine a file is complete by its words before its vectors are all there.
        until(lambda: index_of(made).count(store) == windows(made))
        return store, ids, answers(client, store)


def answers(client: OpenAI, store: str) -> list[Any]:
    pages = [client.vector_stores.search(store, query=question).data for question in QUESTIONS]
    return [[(hit.file_id, hit.score, hit.content[0].text) for hit in page] for page in pages]


def index_of(made: Ground) -> VectorIndex:
    index: VectorIndex = made.api.state.server.stateful.vectors
    return index


def windows(made: Ground) -> int:
    return sum(len(made.model.spans(text)) for text in LIBRARY.values())


def is_as_before(made: Ground, store: str, before: list[Any]) -> OpenAI:
    """The index is whole again, nothing was embedded anew, and the answers are the same."""
    until(lambda: index_of(made).count(store) == windows(made))
    assert made.model.embedded == []
    client = made.account()
    assert answers(client, store) == before
    return client


def test_a_restarted_server_answers_as_before(house: House) -> None:
    store, _, before = filled(house)
    with house.open() as made:
        is_as_before(made, store, before)


def test_an_index_that_is_gone_is_filled_from_the_database(house: House) -> None:
    store, _, before = filled(house)
    shutil.rmtree(house.home / "vectors")
    with house.open() as made:
        is_as_before(made, store, before)


def test_a_renewal_that_was_broken_off_is_done(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with house.open() as made:
        client = made.account()
        store, ids = stored(client, LIBRARY)
        left = made.read(traces, ids["3.txt"], ["colour3"])
        with monkeypatch.context() as broken:
            broken.setattr(VectorIndex, "end_renewal", failing)
            client.files.delete(ids["3.txt"])
            until(lambda: made.read(outbox.wanted_renewal))
            until(lambda: store + NEW in index_of(made).counts())
    with house.open() as made:
        made.erased()
        assert left.on_disk(made.home) == set()
        assert index_of(made).counts() == {store: windows(made) * 5 // 6}


def failing(*_: object) -> None:
    raise StorageFailed("The disk is full.")


def test_a_server_killed_between_the_old_index_and_the_new_has_it_whole(house: House) -> None:
    store, _, before = filled(house)
    with house.open() as made:
        index_of(made).begin_renewal(store)
        with index_of(made)._asking() as chroma:
            chroma.delete_collection(store)
    with house.open() as made:
        is_as_before(made, store, before)
        until(lambda: list(index_of(made).counts()) == [store])


def test_vectors_that_should_not_be_there_are_removed(house: House) -> None:
    store, _, before = filled(house)
    with house.open() as made:
        vector = made.model.vector("a file that was deleted just when the server died").reshape(1, -1)
        index_of(made).add(store, [(999, 0, 10)], vector)
        index_of(made).add("vs_" + "0" * 32, [(999, 0, 10)], vector)
    with house.open() as made:
        until(lambda: index_of(made).counts() == {store: windows(made)})
        made.erased()
        is_as_before(made, store, before)


def test_a_damaged_index_leaves_the_words(house: House, caplog: pytest.LogCaptureFixture) -> None:
    store, ids, _ = filled(house)
    (house.home / "vectors" / "chroma.sqlite3").write_bytes(b"no database " * 1000)
    with house.open() as made:
        client = made.account()
        assert client.vector_stores.search(store, query=QUESTIONS[0]).data[0].file_id == ids["3.txt"]
        assert "The vector index cannot be used." in caplog.text
        client.files.delete(ids["3.txt"])
        assert client.vector_stores.search(store, query="colour3").data == []
        added = uploaded(client, "new.txt", "The valve is red.")
        assert client.vector_stores.files.create_and_poll(added, vector_store_id=store).status == "completed"
        assert client.vector_stores.search(store, query="red valve").data[0].file_id == added


@pytest.fixture(params=KINDS)
def other(request: pytest.FixtureRequest, new_database: NewDatabase, tmp_path: Path) -> House:
    return House(tmp_path / "other", new_database(request.param))


def test_a_store_moves_with_a_backup_and_answers_the_same(house: House, other: House, tmp_path: Path) -> None:
    store, ids, before = filled(house)
    archive = tmp_path / "backup.tar"
    for database in opened(house):
        backup(database, FolderBlobs(house.home / "blobs"), archive)
    for database in opened(other):
        restore(database, FolderBlobs(other.home / "blobs"), archive)
    with other.open() as made:
        client = is_as_before(made, store, before)
        assert {f.id for f in client.vector_stores.files.list(store)} == set(ids.values())
        assert client.files.content(ids["0.txt"]).text == LIBRARY["0.txt"]
        client.vector_stores.files.create_and_poll(
            uploaded(client, "new.txt", "A valve."), vector_store_id=store
        )
        assert client.vector_stores.search(store, query="valve").data[0].filename == "new.txt"
        client.files.delete(ids["0.txt"])


def opened(house: House) -> Iterator[Any]:
    database = open_database(house.url)
    yield database
    database.close()
