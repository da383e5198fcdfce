"""/v1/files through the unmodified SDK."""

from __future__ import annotations

import openai
import pytest
from openai import OpenAI

from tests.contract.vector_stores.conftest import Clock
from tests.support.retrieval import Ground, uploaded

PURPOSES = ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]
DAY_S = 86_400


def lasting(seconds: int) -> openai.types.file_create_params.ExpiresAfter:
    return {"anchor": "created_at", "seconds": seconds}


def test_a_file_comes_back_byte_for_byte(client: OpenAI) -> None:
    data = bytes(range(256)) * 5000
    made = client.files.create(file=("a.bin", data), purpose="assistants")
    assert client.files.content(made.id).read() == data
    assert client.files.retrieve(made.id) == made
    assert made.id.startswith("file-") and len(made.id) == 27
    assert (made.object, made.bytes, made.filename, made.purpose, made.status, made.expires_at) == (
        "file", len(data), "a.bin", "assistants", "processed", None,
    )  # fmt: skip


def test_an_empty_file_is_a_file(client: OpenAI) -> None:
    made = client.files.create(file=("empty.txt", b""), purpose="assistants")
    assert (made.bytes, client.files.content(made.id).read()) == (0, b"")


def test_a_download_is_never_run_by_a_browser(client: OpenAI) -> None:
    made = uploaded(client, "grün.html", "<script>alert(1)</script>")
    headers = client.files.content(made).response.headers
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''gr%C3%BCn.html"
    assert (headers["x-content-type-options"], headers["content-type"]) == (
        "nosniff", "application/octet-stream",
    )  # fmt: skip


@pytest.mark.parametrize("purpose", PURPOSES)
def test_every_purpose_is_kept_and_listed_by(client: OpenAI, purpose: str) -> None:
    wanted = uploaded(client, "a.txt", "x", purpose)
    uploaded(client, "b.txt", "y", "vision" if purpose != "vision" else "evals")
    assert [file.id for file in client.files.list(purpose=purpose)] == [wanted]
    assert client.files.retrieve(wanted).purpose == purpose


def test_a_purpose_nobody_knows_lists_nothing(client: OpenAI) -> None:
    uploaded(client, "a.txt", "x")
    assert list(client.files.list(purpose="assistants_output")) == []


def test_a_deleted_file_is_gone(client: OpenAI) -> None:
    made = uploaded(client, "a.txt", "x")
    assert client.files.delete(made).to_dict() == {"id": made, "object": "file", "deleted": True}
    for ask in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(openai.NotFoundError, match=f"No such File object: {made}") as refusal:
            ask(made)
        assert refusal.value.param == "id"
    assert list(client.files.list()) == []


def test_two_uploads_of_the_same_bytes_are_two_files(client: OpenAI) -> None:
    first, second = uploaded(client, "a.txt", "same"), uploaded(client, "b.txt", "same")
    assert first != second
    client.files.delete(first)
    assert client.files.content(second).text == "same"
    assert client.files.retrieve(second).filename == "b.txt"


def test_a_file_is_its_owners_alone(shared: Ground, client: OpenAI) -> None:
    made, stranger = uploaded(client, "a.txt", "x"), shared.account()
    for ask in (stranger.files.retrieve, stranger.files.content, stranger.files.delete):
        with pytest.raises(openai.NotFoundError):
            ask(made)
    assert list(stranger.files.list()) == []
    assert client.files.content(made).text == "x"


def test_lists_page_through_everything_in_either_order(client: OpenAI) -> None:
    made = [uploaded(client, f"{n}.txt", str(n)) for n in range(7)]
    assert [file.id for file in client.files.list(limit=3, order="asc")] == made
    assert [file.id for file in client.files.list(limit=2)] == made[::-1]
    page = client.files.list(limit=3, after=made[5])
    assert ([file.id for file in page.data], page.has_more) == (made[4:1:-1], True)
    last = page.get_next_page()
    assert ([file.id for file in last.data], last.has_more) == (made[1::-1], False)


def test_an_empty_list_has_no_ends(client: OpenAI) -> None:
    page = client.files.list()
    assert (page.data, page.has_more) == ([], False)
    assert page.model_extra == {"object": "list", "first_id": None, "last_id": None}


def test_a_page_may_hold_ten_thousand_files(client: OpenAI) -> None:
    assert client.files.list(limit=10_000).data == []
    for limit, code in ((10_001, "integer_above_max_value"), (0, "integer_below_min_value")):
        with pytest.raises(openai.BadRequestError) as refusal:
            client.files.list(limit=limit)
        assert refusal.value.code == code


def test_a_cursor_from_elsewhere_is_not_found(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="no object with id 'file-x' in this list"):
        client.files.list(after="file-x")


def test_a_file_that_expires_says_when(client: OpenAI, clock: Clock) -> None:
    made = client.files.create(file=("a.txt", b"x"), purpose="batch", expires_after=lasting(3600))
    assert made.expires_at == made.created_at + 3600 == clock.now_s + 3600


def test_an_expired_file_is_gone_with_its_bytes(shared: Ground, client: OpenAI, clock: Clock) -> None:
    made = client.files.create(file=("a.txt", b"short-lived"), purpose="batch", expires_after=lasting(3600))
    kept = client.files.create(file=("b.txt", b"longer"), purpose="batch", expires_after=lasting(7200))
    store = client.vector_stores.create().id
    clock.now_s += 3599
    assert client.files.content(made.id).read() == b"short-lived"
    clock.now_s += 1
    for ask in (client.files.retrieve, client.files.content):
        with pytest.raises(openai.NotFoundError):
            ask(made.id)
    with pytest.raises(openai.NotFoundError):
        client.vector_stores.files.create(store, file_id=made.id)
    assert [file.id for file in client.files.list()] == [kept.id]
    shared.expire()
    assert not any(b"short-lived" in path.read_bytes() for path in (shared.home / "blobs").rglob("??/*"))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3599, ">= 3600"), (2_592_001, "<= 2592000"), ("soon", "expected an integer"), ("9" * 5000, "integer")],
)
def test_a_life_too_short_or_too_long_is_refused(client: OpenAI, seconds: int, words: str) -> None:
    with pytest.raises(openai.BadRequestError, match=words) as refusal:
        client.files.create(file=("a.txt", b"x"), purpose="batch", expires_after=lasting(seconds))
    assert refusal.value.param == "expires_after"
    assert list(client.files.list()) == []


def test_only_the_creation_is_an_anchor(client: OpenAI) -> None:
    anchor = {"anchor": "last_active_at", "seconds": DAY_S}
    with pytest.raises(openai.BadRequestError, match="only 'created_at' is supported"):
        client.files.create(file=("a.txt", b"x"), purpose="batch", expires_after=anchor)  # type: ignore[arg-type]


def test_a_wrong_purpose_is_refused_in_the_services_words(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        client.files.create(file=("a.txt", b"x"), purpose="homework")  # type: ignore[arg-type]
    assert refusal.value.message.endswith(f"'homework' is not one of {PURPOSES} - 'purpose'")
    assert (refusal.value.type, refusal.value.param) == ("invalid_request_error", "purpose")
