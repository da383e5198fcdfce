"""What can go wrong with an object store, each said in a sentence."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.errors import NotFound, StorageFailed
from services.settings import Settings
from services.storage.blobs import Blobs, open_blobs
from tests.support.object_store import BUCKET, ObjectStore


@pytest.fixture
def store() -> Iterator[ObjectStore]:
    with ObjectStore() as server:
        yield server


def opened(tmp_path: Path, told: dict[str, object], **other: object) -> Blobs:
    return open_blobs(Settings(home=tmp_path, **{**told, **other}))


def attempts(blobs: Blobs, tmp_path: Path):
    """Every way to need the store."""
    file = tmp_path / "file"
    file.write_bytes(b"x")
    key = "0" * 64
    return {
        "put": lambda: blobs.put(b"x"),
        "put_file": lambda: blobs.put_file(file),
        "get": lambda: blobs.get(key),
        "size_of": lambda: blobs.size_of(key),
        "stream": lambda: blobs.stream(key),
        "delete": lambda: blobs.delete(key),
        "size_bytes": blobs.size_bytes,
        "keys": lambda: list(blobs.keys()),
    }


def test_objects_lie_below_the_prefix_under_their_keys(store, tmp_path):
    key = opened(tmp_path, store.settings).put(b"x")
    assert list(store.objects) == [f"some/prefix/{key[:2]}/{key}"]


def test_a_bucket_needs_no_prefix(store, tmp_path):
    blobs = opened(tmp_path, store.settings, blob_url=f"s3://{BUCKET}")
    key = blobs.put(b"x")
    assert list(store.objects) == [f"{key[:2]}/{key}"]
    assert list(blobs.keys()) == [key]


def test_what_is_there_is_not_sent_again(store, tmp_path):
    blobs = opened(tmp_path, store.settings)
    blobs.put(b"x")
    blobs.put(b"x")
    assert [method for method, _ in store.requests].count("PUT") == 1


def test_a_large_file_goes_in_parts(store, tmp_path):
    blobs = opened(tmp_path, store.settings)
    file = tmp_path / "large"
    file.write_bytes(b"x" * 20 * 2**20)
    blobs.put_file(file)
    assert [method for method, path in store.requests if "uploadId" in path] == ["PUT"] * 3 + ["POST"]


def test_opening_asks_nothing_of_the_store(store, tmp_path):
    opened(tmp_path, store.settings)
    assert store.requests == []


def test_a_wrong_secret_is_said_so(store, tmp_path):
    blobs = opened(tmp_path, store.settings, aws_secret_access_key="wrong")
    for name, attempt in attempts(blobs, tmp_path).items():
        with pytest.raises(StorageFailed, match="refused access to the bucket tandem-test") as caught:
            attempt()
        assert "wrong" not in caught.value.user_message, name
    assert store.objects == {}


def test_a_bucket_that_is_not_there_is_said_so(store, tmp_path):
    blobs = opened(tmp_path, store.settings, blob_url="s3://elsewhere/prefix")
    for name in ("put", "put_file", "get", "size_bytes", "keys"):
        blobs_attempt = attempts(blobs, tmp_path)[name]
        with pytest.raises((StorageFailed, NotFound)) as caught:
            blobs_attempt()
        assert "has no bucket elsewhere" in caught.value.user_message, name


@pytest.mark.parametrize("status", [400, 500, 503, 507])
def test_an_answer_of_a_store_in_trouble_is_said_so(store, tmp_path, status):
    store.fail_with = status
    with pytest.raises(StorageFailed, match=f"answered {status}"):
        opened(tmp_path, store.settings).put(b"x")


def test_a_store_that_comes_back_is_used_again(store, tmp_path):
    blobs = opened(tmp_path, store.settings)
    store.fail_with = 400
    with pytest.raises(StorageFailed):
        blobs.put(b"x")
    store.fail_with = None
    assert blobs.get(blobs.put(b"x")) == b"x"


def test_a_store_that_cannot_be_reached_is_said_so(tmp_path, store):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    blobs = opened(tmp_path, store.settings, aws_endpoint_url=f"http://127.0.0.1:{port}")
    for attempt in attempts(blobs, tmp_path).values():
        with pytest.raises(StorageFailed, match="cannot be reached"):
            attempt()


def test_a_failed_upload_keeps_the_file(store, tmp_path):
    blobs = opened(tmp_path, store.settings)
    file = tmp_path / "file"
    file.write_bytes(b"x")
    store.fail_with = 400
    with pytest.raises(StorageFailed):
        blobs.put_file(file)
    assert file.read_bytes() == b"x"


def test_a_full_disk_is_said_so_when_a_blob_is_fetched(store, tmp_path):
    blobs = opened(tmp_path, store.settings)
    key = blobs.put(b"x")
    (tmp_path / "incoming").write_text("in the way")
    with pytest.raises(StorageFailed, match="TANDEM_HOME"), blobs.local_path(key):
        pass
