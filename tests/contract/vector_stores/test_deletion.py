"""What is deleted is gone: looked for in every file of the data folder, and in every table."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from services.storage.conversations import Conversations
from services.storage.folder_blobs import FolderBlobs
from services.turns import Attachment
from tests.services.storage.make import turn
from tests.support.retrieval import Gate, Ground, settled, stored, until, uploaded
from tests.support.traces import Traces, rows_left, traces

MORE_THAN_AN_INDEX_KEEPS_IN_MEMORY = 1200 * 60


@dataclass(frozen=True)
class Secret:
    """A text with words nobody else writes, long enough for several windows."""

    words: tuple[str, str]
    text: str


def secret(length: int = 400) -> Secret:
    words = f"zephyr{secrets.token_hex(6)}", f"mumble{secrets.token_hex(6)}"
    pick = random.Random(words[0])
    return Secret(words, " ".join([*words, *pick.choices([f"word{n}" for n in range(500)], k=length)]))


def owner_of(client: OpenAI) -> str:
    return f"owner{int(client.api_key[-4:])}"


def traced(shared: Ground, client: OpenAI) -> tuple[str, str, Traces]:
    """A store with one secret file: ids of both, and its traces."""
    hidden = secret()
    store, ids = stored(client, {"secret.txt": hidden.text, "other.txt": "Something that stays."})
    made = shared.read(traces, ids["secret.txt"], hidden.words)
    found = made.on_disk(shared.home)
    if shared.settings.resolved_database_url.startswith("sqlite"):
        assert {what.split()[0] for what in found} >= {"word", "block", "half", "vector"}
    return store, ids["secret.txt"], made


def test_a_deleted_file_is_nowhere(shared: Ground, client: OpenAI) -> None:
    store, file, made = traced(shared, client)
    client.files.delete(file)
    shared.erased()
    assert made.on_disk(shared.home) == set()
    assert client.vector_stores.search(store, query="something that stays").data[0].filename == "other.txt"


def test_a_deleted_file_leaves_no_rows(shared: Ground, client: OpenAI) -> None:
    _, ids = stored(client, {"secret.txt": secret().text})
    assert len(shared.read(rows_left, owner_of(client))) == 7
    client.files.delete(ids["secret.txt"])
    assert shared.read(rows_left, owner_of(client)) == {}


def test_vectors_go_from_the_files_of_a_large_index(shared: Ground, client: OpenAI) -> None:
    hidden = secret(MORE_THAN_AN_INDEX_KEEPS_IN_MEMORY)
    store, ids = stored(client, {"large.txt": hidden.text})
    kept = uploaded(client, "kept.txt", "The pump that stays is blue.")
    client.vector_stores.files.create_and_poll(kept, vector_store_id=store)
    made = shared.read(traces, ids["large.txt"], hidden.words)
    until(lambda: "vector in data_level0.bin" in made.on_disk(shared.home))
    client.files.delete(ids["large.txt"])
    assert client.vector_stores.search(store, query="blue pump").data[0].file_id == kept
    shared.erased()
    assert made.on_disk(shared.home) == set()
    assert client.vector_stores.search(store, query="blue pump").data[0].file_id == kept


def test_a_file_taken_out_of_its_store_leaves_no_vectors_there(shared: Ground, client: OpenAI) -> None:
    store, file, made = traced(shared, client)
    client.vector_stores.files.delete(file, vector_store_id=store)
    shared.erased()
    assert made.on_disk(shared.home / "vectors") == set()
    assert client.files.retrieve(file).filename == "secret.txt"


def test_a_deleted_store_leaves_no_words_and_no_vectors(shared: Ground, client: OpenAI) -> None:
    store, file, made = traced(shared, client)
    client.vector_stores.delete(store)
    shared.erased()
    assert made.on_disk(shared.home / "vectors") == set()
    assert set(shared.read(rows_left, owner_of(client))) == {"files", "documents", "blocks", "windows"}
    client.files.delete(file)
    shared.erased()
    assert made.on_disk(shared.home) == set()


def test_an_expired_store_leaves_no_words_and_no_vectors(shared: Ground, client: OpenAI, clock: Any) -> None:
    store, _, made = traced(shared, client)
    client.vector_stores.update(store, expires_after={"anchor": "last_active_at", "days": 1})
    clock.now_s += 86_400
    shared.expire()
    shared.erased()
    assert made.on_disk(shared.home / "vectors") == set()
    assert not {"segments", "postings"} & set(shared.read(rows_left, owner_of(client)))


def test_a_file_deleted_while_it_is_embedded_is_nowhere(
    shared: Ground, client: OpenAI, embedding_gate: Gate
) -> None:
    store, hidden = client.vector_stores.create().id, secret()
    file = uploaded(client, "secret.txt", hidden.text)
    client.vector_stores.files.create(store, file_id=file)
    assert embedding_gate.reached.wait(10)
    made = shared.read(traces, file, hidden.words)
    made.vectors = [shared.model.vector(hidden.text[a:b]) for a, b in shared.model.spans(hidden.text)]
    client.files.delete(file)
    embedding_gate.open()
    other = uploaded(client, "other.txt", "Something that stays.")
    client.vector_stores.files.create_and_poll(other, vector_store_id=store)
    shared.erased()
    assert made.on_disk(shared.home) == set()


def test_searches_go_on_while_an_index_is_renewed(
    shared: Ground, client: OpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, ids = stored(client, {f"{n}.txt": f"The pump {n} is blue." for n in range(4)})
    vectors, gate = shared.api.state.server.stateful.vectors, Gate()
    end_renewal = vectors.end_renewal

    def held(store: str) -> None:
        gate()
        end_renewal(store)

    monkeypatch.setattr(vectors, "end_renewal", held)
    client.files.delete(ids["0.txt"])
    assert gate.reached.wait(10)
    added = uploaded(client, "5.txt", "The valve is red.")
    client.vector_stores.files.create_and_poll(added, vector_store_id=store)
    assert {hit.filename for hit in client.vector_stores.search(store, query="blue pump")} >= {
        "1.txt",
        "2.txt",
    }
    gate.open()
    shared.erased()
    assert vectors.count(store) == 4
    assert client.vector_stores.search(store, query="red valve").data[0].file_id == added


def test_many_deletions_renew_an_index_once_or_twice(
    shared: Ground, client: OpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, ids = stored(client, {f"{n}.txt": f"The pump {n} is blue." for n in range(12)})
    vectors, renewed = shared.api.state.server.stateful.vectors, []
    begin_renewal = vectors.begin_renewal
    monkeypatch.setattr(vectors, "begin_renewal", lambda store: (renewed.append(store), begin_renewal(store)))
    with_gate = Gate()
    end_renewal = vectors.end_renewal
    monkeypatch.setattr(vectors, "end_renewal", lambda store: (with_gate(), end_renewal(store)))
    for name in list(ids)[:11]:
        client.files.delete(ids[name])
    with_gate.open()
    shared.erased()
    assert 1 <= len(renewed) <= 2
    assert vectors.count(store) == 1


def test_a_blob_that_a_chat_still_needs_stays(shared: Ground, client: OpenAI) -> None:
    data = b"attached to a chat, and a file as well"
    database, blobs = shared.api.state.server.database.opened(), FolderBlobs(shared.home / "blobs")
    chats = Conversations(database, blobs, owner_of(client))
    chat = chats.create()
    chats.save_turn(turn(chat.id, files=(Attachment("a.txt", "text/plain", data),)))
    file = uploaded(client, "a.txt", data)
    client.files.delete(file)
    shared.erased()
    assert chats.branch(chat.id)[0].user.attachments[0].data == data
    chats.delete(chat.id)
    assert not list(held_by(shared.home, data))


def test_a_blob_that_another_file_needs_stays(shared: Ground, client: OpenAI) -> None:
    stranger, data = shared.account(), b"the same bytes for two people"
    mine, theirs = uploaded(client, "a.txt", data), uploaded(stranger, "b.txt", data)
    client.files.delete(mine)
    shared.erased()
    assert stranger.files.content(theirs).read() == data
    stranger.files.delete(theirs)
    shared.erased()
    assert not list(held_by(shared.home, data))


def test_a_text_that_another_file_has_stays(shared: Ground, client: OpenAI) -> None:
    store, ids = stored(client, {"a.txt": "The pump is red.", "b.txt": "The pump is red."})
    client.files.delete(ids["a.txt"])
    shared.erased()
    assert client.vector_stores.search(store, query="red pump").data[0].file_id == ids["b.txt"]
    assert shared.api.state.server.stateful.vectors.count(store) == 1


def test_what_could_not_be_erased_is_tried_again(
    shared: Ground, client: OpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, folder = b"a blob on a disk that fails", shared.home / "blobs"
    file = uploaded(client, "a.txt", data)
    with monkeypatch.context() as broken:
        broken.setattr(Path, "unlink", failing)
        assert client.files.delete(file).deleted
        assert list(held_by(folder, data))
    shared.expire()
    until(lambda: not list(held_by(folder, data)))


def failing(*_: object, **__: object) -> None:
    raise OSError(5, "Input/output error")


def held_by(home: Path, data: bytes) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file() and data in path.read_bytes()]


def test_a_store_that_is_deleted_while_it_is_renewed_is_gone(
    shared: Ground, client: OpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = secret()
    store, ids = stored(client, {"a.txt": hidden.text, "b.txt": "The pump is blue."})
    made = shared.read(traces, ids["a.txt"], hidden.words)
    vectors, gate = shared.api.state.server.stateful.vectors, Gate()
    add_to_renewal = vectors.add_to_renewal
    monkeypatch.setattr(vectors, "add_to_renewal", lambda *args: (gate(), add_to_renewal(*args)))
    client.files.delete(ids["b.txt"])
    assert gate.reached.wait(10)
    client.vector_stores.delete(store)
    gate.open()
    shared.erased()
    assert made.on_disk(shared.home / "vectors") == set()
    assert not [name for name in vectors.counts() if name.startswith(store)]
    assert settled(client, client.vector_stores.create().id).status == "completed"
