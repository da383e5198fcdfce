"""No key, no answer; no strange host or page gets through."""

from __future__ import annotations

import logging

import openai
import pytest
from openai import OpenAI
from pydantic import SecretStr
from starlette.testclient import TestClient

from tests.support.api import KEY, MakeApi, Open


def test_missing_key_is_refused_even_on_loopback(http: TestClient) -> None:
    del http.headers["authorization"]
    answer = http.get("models", headers={"host": "127.0.0.1"})
    assert answer.status_code == 401
    assert answer.json()["error"]["message"].startswith("You didn't provide an API key.")


def test_wrong_key_is_refused_and_shown_only_in_part(http: TestClient) -> None:
    with pytest.raises(openai.AuthenticationError) as refused:
        OpenAI(http_client=http, base_url=http.base_url, api_key="sk-wrong-key-abcdefgh-wxyz").models.list()
    assert refused.value.code == "invalid_api_key"
    assert "Incorrect API key provided: sk-w********wxyz." in refused.value.message


@pytest.mark.parametrize("authorization", ["Basic abc", "Bearer", "Bearer  ", KEY, "Bearer \xff\xfe"])
def test_other_authorization_is_refused(http: TestClient, authorization: str) -> None:
    headers = {"authorization": authorization.encode("latin-1")}
    assert http.get("models", headers=headers).status_code == 401


def test_each_owner_has_a_key(make_api: MakeApi, open_api: Open) -> None:
    keys = {"alice": SecretStr("alice-key-0123456789"), "bob": SecretStr("bob-key-0123456789")}
    http = open_api(make_api(api_key=None, api_keys=keys))
    statuses = {
        name: http.get("models", headers={"authorization": f"Bearer {key.get_secret_value()}"}).status_code
        for name, key in keys.items()
    }
    assert statuses == {"alice": 200, "bob": 200}
    assert http.get("models").status_code == 401


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8501", 200),
        ("127.0.0.1", 200),
        ("[::1]:8501", 200),
        ("testserver", 200),
        ("evil.example", 403),
        ("192.0.2.7", 403),
        ("localhost.evil.example", 403),
        ("", 403),
    ],
)
def test_only_known_hosts_are_served(http: TestClient, host: str, status: int) -> None:
    answer = http.get("models", headers={"host": host})
    assert answer.status_code == status
    assert status == 200 or "TANDEM_ALLOWED_HOSTS" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://localhost:8501", 200),
        ("http://testserver", 200),
        ("http://localhost:3000", 403),
        ("https://evil.example", 403),
        ("null", 403),
    ],
)
def test_web_pages_of_other_origins_are_refused(http: TestClient, origin: str, status: int) -> None:
    answer = http.get("models", headers={"host": "localhost:8501", "origin": origin})
    assert answer.status_code == status
    assert "access-control-allow-origin" not in answer.headers


def test_docs_need_no_key_but_a_known_host(http: TestClient) -> None:
    del http.headers["authorization"]
    assert http.get("docs").status_code == 200
    assert http.get("openapi.json").status_code == 200
    assert http.get("docs", headers={"host": "evil.example"}).status_code == 403


def test_neither_keys_nor_prompts_are_logged(http: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "my secret"}], "temperature": "x"}
    http.post("chat/completions", json=body)
    http.post("chat/completions", json=body | {"temperature": 1})
    ours = [r.getMessage() for r in caplog.records if r.name.startswith(("tandem", "services"))]
    assert not any(KEY in line or "my secret" in line for line in ours)
