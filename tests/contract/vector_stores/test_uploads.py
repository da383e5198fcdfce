"""/v1/uploads through the unmodified SDK: files that arrive in parts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types import Upload

from tests.contract.vector_stores.conftest import Clock
from tests.support.retrieval import Ground

Begin = Callable[..., Upload]


@pytest.fixture
def begin(client: OpenAI) -> Begin:
    """Begins an upload of so many bytes."""

    def make(size_bytes: int = 6, filename: str = "a.txt", **params: Any) -> Upload:
        return client.uploads.create(
            filename=filename, bytes=size_bytes, purpose="assistants", mime_type="text/plain", **params
        )

    return make


def part(client: OpenAI, upload: Upload, data: bytes) -> str:
    return client.uploads.parts.create(upload.id, data=data).id


def blobs_of(shared: Ground) -> set[bytes]:
    return {path.read_bytes() for path in (shared.home / "blobs").glob("??/*")}


def test_parts_are_joined_in_the_order_given(client: OpenAI, begin: Begin) -> None:
    upload = begin()
    last, first = part(client, upload, b"def"), part(client, upload, b"abc")
    done = client.uploads.complete(upload.id, part_ids=[first, last])
    assert (upload.object, upload.status, upload.bytes, upload.file) == ("upload", "pending", 6, None)
    assert upload.expires_at == upload.created_at + 3600
    assert done.status == "completed" and done.file is not None
    assert (done.file.filename, done.file.bytes, done.file.purpose) == ("a.txt", 6, "assistants")
    assert client.files.content(done.file.id).read() == b"abcdef"


def test_parts_may_come_at_the_same_time(client: OpenAI, begin: Begin) -> None:
    pieces = [bytes([n]) * 1000 for n in range(16)]
    upload = begin(16_000)
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda piece: part(client, upload, piece), pieces))
    done = client.uploads.complete(upload.id, part_ids=ids, md5=hashlib.md5(b"".join(pieces)).hexdigest())
    assert done.file and client.files.content(done.file.id).read() == b"".join(pieces)


def test_the_sdks_chunked_upload_makes_one_file(client: OpenAI, tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(range(256)) * 4000)
    done = client.uploads.upload_file_chunked(
        file=path, mime_type="text/plain", purpose="user_data", part_size=300_000
    )
    assert done.file and client.files.content(done.file.id).read() == path.read_bytes()
    assert done.file.filename == "large.bin"


def test_only_the_file_is_left_of_an_upload(shared: Ground, client: OpenAI, begin: Begin) -> None:
    upload = begin(len(b"left-whole"))
    ids = [
        part(client, upload, b"left-"),
        part(client, upload, b"whole"),
        part(client, upload, b"left-unused"),
    ]
    client.uploads.complete(upload.id, part_ids=ids[:2])
    shared.expire()
    assert [blob for blob in blobs_of(shared) if b"left-" in blob or blob == b"whole"] == [b"left-whole"]


def test_a_file_of_an_upload_may_expire(client: OpenAI, begin: Begin, clock: Clock) -> None:
    upload = begin(1, expires_after={"anchor": "created_at", "seconds": 3600})
    clock.now_s += 100
    done = client.uploads.complete(upload.id, part_ids=[part(client, upload, b"x")])
    assert done.file and done.file.expires_at == clock.now_s + 3600


@pytest.mark.parametrize("ending", ["complete", "cancel"])
def test_an_upload_that_has_ended_takes_nothing_more(client: OpenAI, begin: Begin, ending: str) -> None:
    upload = begin(1)
    only = part(client, upload, b"x")
    if ending == "complete":
        client.uploads.complete(upload.id, part_ids=[only])
    else:
        client.uploads.cancel(upload.id)
    status = {"complete": "completed", "cancel": "cancelled"}[ending]
    calls: dict[str, Callable[[], Any]] = {
        "add Parts to": lambda: part(client, upload, b"y"),
        "complete": lambda: client.uploads.complete(upload.id, part_ids=[only]),
        "cancel": lambda: client.uploads.cancel(upload.id),
    }
    for what, call in calls.items():
        with pytest.raises(openai.BadRequestError, match=f"Cannot {what} an Upload with status '{status}'"):
            call()


def test_a_cancelled_upload_leaves_no_bytes(shared: Ground, client: OpenAI, begin: Begin) -> None:
    upload = begin(100)
    part(client, upload, b"given up")
    assert client.uploads.cancel(upload.id).status == "cancelled"
    assert b"given up" not in blobs_of(shared)


def test_an_upload_left_alone_for_an_hour_has_expired(
    shared: Ground, client: OpenAI, begin: Begin, clock: Clock
) -> None:
    upload = begin(100)
    part(client, upload, b"never completed")
    clock.now_s += 3600
    with pytest.raises(openai.BadRequestError, match="with status 'expired'"):
        part(client, upload, b"too late")
    shared.expire()
    assert not {b"never completed", b"too late"} & blobs_of(shared)


def test_a_refused_part_leaves_no_bytes(shared: Ground, client: OpenAI, begin: Begin) -> None:
    ended = begin(1)
    client.uploads.cancel(ended.id)
    for wanted in (ended.id, "upload_unknown", "file-of-another-kind"):
        with pytest.raises(openai.APIStatusError):
            client.uploads.parts.create(wanted, data=b"nobody wants this")
    assert b"nobody wants this" not in blobs_of(shared)


def test_parts_of_another_upload_are_refused(client: OpenAI, begin: Begin) -> None:
    mine, other = begin(3), begin(3)
    foreign = part(client, other, b"abc")
    with pytest.raises(openai.NotFoundError, match=f"No part found with id '{foreign}'"):
        client.uploads.complete(mine.id, part_ids=[foreign])
    assert client.uploads.complete(other.id, part_ids=[foreign]).status == "completed"


def test_parts_must_add_up_to_what_was_announced(client: OpenAI, begin: Begin) -> None:
    upload = begin(7)
    ids = [part(client, upload, b"abc"), part(client, upload, b"def")]
    with pytest.raises(openai.BadRequestError, match="hold 6 bytes, but the upload was created for 7") as no:
        client.uploads.complete(upload.id, part_ids=ids)
    assert no.value.param == "part_ids"
    assert (
        client.uploads.complete(upload.id, part_ids=[*ids, part(client, upload, b"g")]).status == "completed"
    )


def test_a_wrong_md5_keeps_the_upload_open(client: OpenAI, begin: Begin, incoming: Path) -> None:
    upload = begin(3)
    only = part(client, upload, b"abc")
    with pytest.raises(openai.BadRequestError, match="md5 checksum") as refusal:
        client.uploads.complete(upload.id, part_ids=[only], md5="0" * 32)
    assert refusal.value.param == "md5"
    assert list(incoming.iterdir()) == []
    sum_of_it = hashlib.md5(b"abc").hexdigest().upper()
    assert client.uploads.complete(upload.id, part_ids=[only], md5=sum_of_it).status == "completed"


def test_a_strangers_upload_is_not_found(shared: Ground, client: OpenAI, begin: Begin) -> None:
    upload, stranger = begin(1), shared.account()
    for call in (
        lambda: stranger.uploads.cancel(upload.id),
        lambda: stranger.uploads.complete(upload.id, part_ids=["part_x"]),
        lambda: part(stranger, upload, b"x"),
    ):
        with pytest.raises(openai.NotFoundError, match="No upload found with id"):
            call()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"bytes": 0}, "integer_below_min_value"),
        ({"bytes": 8 * 2**30 + 1}, "integer_above_max_value"),
        ({"bytes": "7"}, "invalid_type"),
        ({"purpose": "homework"}, "invalid_value"),
        ({"filename": None}, "missing_required_parameter"),
        ({"expires_after": {"anchor": "created_at", "seconds": 60}}, "integer_below_min_value"),
        ({"colour": "red"}, "unknown_parameter"),
    ],
)
def test_a_wrong_beginning_is_refused(shared: Ground, client: OpenAI, changed: Any, code: str) -> None:
    body = {"filename": "a", "bytes": 1, "purpose": "assistants", "mime_type": "text/plain"} | changed
    with pytest.raises(openai.BadRequestError) as refusal:
        client.post("/uploads", body=body, cast_to=Upload)
    assert refusal.value.code == code


@pytest.mark.parametrize("ids", [[], ["x"] * 10_001, [3]])
def test_a_wrong_end_is_refused(client: OpenAI, begin: Begin, ids: list[Any]) -> None:
    with pytest.raises(openai.BadRequestError):
        client.uploads.complete(begin().id, part_ids=ids)
