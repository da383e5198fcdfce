"""Forms that are none, too large, or lie: refused with a sentence, and nothing is left of them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from openai import OpenAI
from starlette.testclient import TestClient

from services.server.rules import files as rules
from tests.support.api import KEY, MakeApi
from tests.support.retrieval import Ground, until
from tests.support.server import served

KIND = "multipart/form-data; boundary=frontier"
PURPOSE = b'--frontier\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nassistants\r\n'
FILE = b'--frontier\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nsome text\r\n'
END = b"--frontier--\r\n"
MB = 2**20


@pytest.fixture(autouse=True)
def nothing_left(incoming: Path) -> Iterator[None]:
    """Whatever a test sends, no half a file stays behind."""
    yield
    assert list(incoming.glob("*")) == []


class Sender:
    """Sends bytes as they are, for one owner."""

    def __init__(self, http: TestClient, key: str) -> None:
        self.http, self.headers = http, {"authorization": f"Bearer {key}"}

    def post(self, path: str, content: Any, kind: str = KIND) -> tuple[int, dict[str, Any]]:
        headers = self.headers | {"content-type": kind}
        answer = self.http.post(path, content=content, headers=headers)
        return answer.status_code, answer.json().get("error", answer.json())


@pytest.fixture
def sender(shared: Ground, client: OpenAI) -> Sender:
    return Sender(shared.http, client.api_key)


def field(name: str, value: bytes) -> bytes:
    return b'--frontier\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value)


def test_the_form_itself_is_right(sender: Sender, client: OpenAI) -> None:
    status, made = sender.post("files", PURPOSE + FILE + END)
    assert (status, made["filename"], made["bytes"]) == (200, "a.txt", 9)
    assert client.files.content(made["id"]).text == "some text"


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "x" * 300,
        "application/json",
        "text/plain; boundary=frontier",
        "",
    ],
)
def test_a_body_that_is_no_form_is_refused(sender: Sender, kind: str) -> None:
    status, error = sender.post("files", PURPOSE + FILE + END, kind)
    assert (status, error["code"]) == (400, "unsupported_content_type")
    assert "multipart/form-data" in error["message"]


BROKEN: dict[str, bytes] = {
    "empty": b"",
    "cut in a file": PURPOSE + FILE[:-5],
    "cut before its end": PURPOSE + FILE,
    "cut in a header": PURPOSE + FILE[:30],
    "another boundary": (PURPOSE + FILE + END).replace(b"frontier", b"border"),
    "no boundary at all": b"some text",
    "a header without end": b"--frontier\r\nContent-Disposition: " + b"x" * 20_000,
    "a header without colon": b"--frontier\r\nnonsense\r\n\r\n" + END,
    "no header": b"--frontier\r\n\r\n\r\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_form_is_refused(sender: Sender, client: OpenAI, name: str) -> None:
    status, error = sender.post("files", BROKEN[name])
    assert (status, error["type"]) == (400, "invalid_request_error")
    assert "could not parse the form" in error["message"]
    assert list(client.files.list()) == []


@pytest.mark.parametrize(
    ("body", "param", "words"),
    [
        (FILE + END, "purpose", "'purpose' is a required property"),
        (PURPOSE + END, "file", "'file' is a required property"),
        (PURPOSE + FILE.replace(b"file", b"data", 1) + END, "file", "'file' is a required property"),
        (PURPOSE + FILE + FILE + END, "file", "Only one 'file' can be sent at a time."),
        (
            field("purpose", b"x") + FILE + END,
            "purpose",
            f"'x' is not one of {list(rules.PURPOSES)} - 'purpose'",
        ),
        (
            field("purpose", b"") + FILE + END,
            "purpose",
            f"'' is not one of {list(rules.PURPOSES)} - 'purpose'",
        ),
        (field("purpose", b"\xff\x00") + FILE + END, "purpose", "is not one of"),
        (field("purpose", b"x" * 70_000) + FILE + END, "purpose", "The field 'purpose' is too long."),
        (b"".join(field(f"f{n}", b"x") for n in range(70)) + END, None, "The form has too many fields."),
    ],
)
def test_a_form_that_lacks_something_says_what(
    sender: Sender, client: OpenAI, body: bytes, param: str | None, words: str
) -> None:
    status, error = sender.post("files", body)
    assert (status, error["param"]) == (400, param)
    assert words in error["message"]
    assert list(client.files.list()) == []


def test_a_part_is_called_data(sender: Sender, client: OpenAI) -> None:
    upload = client.uploads.create(filename="a", bytes=9, purpose="batch", mime_type="text/plain").id
    status, error = sender.post(f"uploads/{upload}/parts", FILE + END)
    assert (status, error["message"]) == (400, "'data' is a required property")
    assert sender.post(f"uploads/{upload}/parts", FILE.replace(b"file", b"data", 1) + END)[0] == 200


@pytest.mark.parametrize("path", ["files", "parts"])
def test_a_file_over_the_limit_is_refused_while_it_arrives(
    sender: Sender, client: OpenAI, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(rules, "MOST_FILE_BYTES", 3 * MB)
    monkeypatch.setattr(rules, "MOST_PART_BYTES", 3 * MB)
    upload = client.uploads.create(filename="a", bytes=9, purpose="batch", mime_type="text/plain").id
    place = path if path == "files" else f"uploads/{upload}/parts"
    name, sent = ("file" if path == "files" else "data"), []

    def pieces(size_bytes: int) -> Iterator[bytes]:
        yield FILE.replace(b"file", name.encode(), 1).removesuffix(b"some text\r\n")
        for start in range(0, size_bytes, 2**16):
            sent.append(min(2**16, size_bytes - start))
            yield b"x" * sent[-1]
        yield b"\r\n" + PURPOSE + END

    status, error = sender.post(place, pieces(3 * MB + 1))
    assert (status, error["code"], error["param"]) == (413, "file_too_large", "file")
    assert "larger than 3 MB" in error["message"]
    assert sender.post(place, pieces(3 * MB))[0] == 200


def test_what_stands_around_a_file_is_limited_too(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_FILE_BYTES", MB)

    def endless() -> Iterator[bytes]:
        yield PURPOSE + FILE + END
        for _ in range(64):
            yield b"x" * 2**16

    assert sender.post("files", endless())[0] == 413


def announce(base_url: str, key: str, size_bytes: int) -> str:
    """What the server says to a request that only announces its body."""
    place = urlsplit(base_url)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as connection:
        head = (
            f"POST /v1/files HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: {KIND}\r\nContent-Length: {size_bytes}\r\n\r\n"
        )
        connection.sendall(head.encode())
        return connection.recv(4096).decode()


def test_a_file_announced_too_large_is_refused_before_it_comes(make_api: MakeApi) -> None:
    with served(make_api(allowed_hosts=("127.0.0.1",))) as base_url:
        said = announce(base_url, KEY, 514 * MB)
    assert said.startswith("HTTP/1.1 413") and "512 MB" in said and "file_too_large" in said


def test_a_client_that_leaves_in_the_middle_leaves_nothing(make_api: MakeApi, own_home: Path) -> None:
    folder = own_home / "blobs" / ".incoming"
    with served(make_api(allowed_hosts=("127.0.0.1",))) as base_url:
        place = urlsplit(base_url)
        with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as connection:
            head = f"POST /v1/files HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {KEY}\r\n"
            connection.sendall(f"{head}Content-Type: {KIND}\r\nContent-Length: 9000000\r\n\r\n".encode())
            connection.sendall(PURPOSE + FILE + b"x" * 2 * MB)
            until(lambda: list(folder.glob("*")))
        until(lambda: not list(folder.glob("*")))


NAMES: list[tuple[str, str]] = [
    ("../../etc/passwd", "passwd"),
    ("C:\\Users\\x\\plan.docx", "plan.docx"),
    ("..", "file"),
    ("", "file"),
    ("   ", "file"),
    ("a\u202etxt.exe", "atxt.exe"),
    ("a\u200b\u2066b.txt", "ab.txt"),
    ("日本語 😀.txt", "日本語 😀.txt"),
    (".env", "env"),
    ("x" * 500 + ".pdf", "x" * 115 + "….pdf"),
    ("x" * 500, "x" * 120),
]


@pytest.mark.parametrize(("given", "kept"), NAMES)
def test_a_name_is_made_harmless(client: OpenAI, given: str, kept: str) -> None:
    made = client.files.create(file=(given, b"x"), purpose="assistants")
    assert made.filename == kept
    upload = client.uploads.create(filename=given, bytes=1, purpose="batch", mime_type="text/plain")
    assert upload.filename == kept


def test_a_name_with_a_zero_byte_is_made_harmless(sender: Sender, client: OpenAI) -> None:
    status, made = sender.post("files", PURPOSE + FILE.replace(b"a.txt", b"a\x00b\xff.txt") + END)
    assert (status, made["filename"]) == (200, "ab\ufffd.txt")
    upload = client.uploads.create(filename="a\x00b", bytes=1, purpose="batch", mime_type="x")
    assert upload.filename == "ab"


@pytest.mark.parametrize("cursor", ["\x00", "file-\x00", "é" * 99, "' OR 1=1"])
def test_a_cursor_may_be_any_nonsense(shared: Ground, client: OpenAI, cursor: str) -> None:
    for path in ("files", "vector_stores"):
        for name in ("after", "before", "purpose"):
            answer = shared.http.get(
                path, params={name: cursor}, headers={"authorization": f"Bearer {client.api_key}"}
            )
            assert answer.status_code in (200, 400, 404)
