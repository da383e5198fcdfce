"""Whatever goes wrong has OpenAI's shape, and no status that the SDK misreads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.support.api import BASE_URL, KEY, MakeApi, Open
from tests.support.engines import CHAT_MODEL
from tests.support.upstream import Script, ScriptedUpstream

JSON = {"content-type": "application/json"}


def test_unknown_route(http: TestClient) -> None:
    answer = http.post("nothing/here", json={})
    assert answer.status_code == 404
    assert answer.json() == {
        "error": {
            "message": "Invalid URL (POST /v1/nothing/here)",
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        }
    }


def test_wrong_method(http: TestClient) -> None:
    answer = http.delete("chat/completions")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert answer.json()["error"]["message"] == "Not allowed to DELETE on /v1/chat/completions."


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"{'model': 1}",
        b'{"model": NaN}',
        b"\xff\xfe",
        b'{"model": "\xe9"}',
        b'{"a":' * 5000,
        b'{"model": "\\ud800"}',
    ],
)
def test_malformed_json(http: TestClient, raw: bytes) -> None:
    answer = http.post("chat/completions", content=raw, headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("We could not parse the JSON body of your request.")


@pytest.mark.parametrize("raw", [b"[]", b'"text"', b"1", b"null"])
def test_json_that_is_no_object(http: TestClient, raw: bytes) -> None:
    answer = http.post("chat/completions", content=raw, headers=JSON)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


@pytest.mark.parametrize(
    ("content_type", "code"),
    [
        ("text/plain", "unsupported_content_type"),
        ("application/x-www-form-urlencoded", "unsupported_content_type"),
        ("application/json; charset=latin-1", "unsupported_charset"),
    ],
)
def test_bodies_of_another_kind(http: TestClient, content_type: str, code: str) -> None:
    answer = http.post("chat/completions", content=b"{}", headers={"content-type": content_type})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_a_body_over_the_limit_is_refused_by_its_announced_length(make_api: MakeApi, open_api: Open) -> None:
    http = open_api(make_api(max_body_bytes=2000))
    answer = http.post("chat/completions", content=b"x" * 2001, headers=JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")


def test_a_body_over_the_limit_is_refused_while_it_is_read(make_api: MakeApi, open_api: Open) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(30):
            yield b" " * 100

    http = open_api(make_api(max_body_bytes=2000))
    answer = http.post("chat/completions", content=pieces(), headers=JSON)
    assert answer.status_code == 413


def test_unexpected_errors_show_a_request_id_and_nothing_else(
    make_api: MakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    api = make_api()
    api.state.server = None
    client = TestClient(api, base_url=BASE_URL, root_path="/v1", headers={"authorization": f"Bearer {KEY}"})
    answer = client.get("models")
    error = answer.json()["error"]
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in error["message"]
    assert error["type"] == "server_error"
    assert "Traceback" not in answer.text
    assert answer.headers["x-request-id"] in caplog.text


@pytest.mark.parametrize("path", ["models", "nothing", "chat/completions"])
def test_every_answer_carries_the_usual_headers(http: TestClient, path: str) -> None:
    headers = http.get(path).headers
    assert headers["openai-version"] == "2020-10-01"
    assert headers["x-request-id"].startswith("req_") and len(headers["x-request-id"]) == 36
    assert headers["openai-processing-ms"].isdigit()


def test_a_prompt_too_long_for_the_model_says_by_how_much(http: TestClient, llama: ScriptedUpstream) -> None:
    too_long = {"type": "exceed_context_size_error", "n_ctx": 8192, "n_prompt_tokens": 9000, "message": "x"}
    llama.play(Script(status=400, body={"error": too_long}))
    answer = http.post(
        "chat/completions", json={"model": CHAT_MODEL, "messages": [{"role": "user", "content": "x"}]}
    )
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "context_length_exceeded")
    assert "8192 tokens" in error["message"]
