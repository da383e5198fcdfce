"""Fixtures of the /v1 API: alone over a scripted local model, and in front of a scripted upstream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.testclient import TestClient

from services.server.api import create_api
from services.settings import Settings
from tests.support.engines import scripted_engines
from tests.support.upstream import ScriptedUpstream

KEY = "tandem-test-key-0123456789"
BASE_URL = "http://testserver/v1"

MakeApi = Callable[..., Starlette]
Open = Callable[[Starlette], TestClient]


@pytest.fixture
def llama() -> Iterator[ScriptedUpstream]:
    """The local chat model's own server, scripted."""
    with ScriptedUpstream() as server:
        yield server


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    """The server behind /v1, scripted."""
    with ScriptedUpstream() as server:
        yield server


@pytest.fixture
def make_api(tmp_path: Path, llama: ScriptedUpstream) -> MakeApi:
    """Makes an API with the settings given on top of a key and the test's host name."""

    def make(**settings: Any) -> Starlette:
        told = {"api_key": SecretStr(KEY), "allowed_hosts": ("testserver",)} | settings
        return create_api(Settings(**told), scripted_engines(tmp_path, llama))

    return make


@pytest.fixture
def open_api() -> Iterator[Open]:
    """Starts an API and gives an HTTP client for it; stops it after the test."""
    with ExitStack() as running:

        def start(api: Starlette) -> TestClient:
            headers = {"authorization": f"Bearer {KEY}"}
            client = TestClient(api, base_url=BASE_URL, root_path="/v1", headers=headers)
            return running.enter_context(client)

        yield start


@pytest.fixture
def http(make_api: MakeApi, open_api: Open) -> TestClient:
    """An HTTP client of an API without an upstream."""
    return open_api(make_api())


@pytest.fixture
def client(http: TestClient) -> OpenAI:
    """The SDK over an API without an upstream."""
    return sdk(http)


@pytest.fixture
def http_before(make_api: MakeApi, open_api: Open, upstream: ScriptedUpstream) -> TestClient:
    """An HTTP client of an API in front of the scripted upstream."""
    return open_api(make_api(openai_api_key=SecretStr("sk-upstream"), openai_base_url=upstream.base_url))


@pytest.fixture
def client_before(http_before: TestClient) -> OpenAI:
    """The SDK over an API in front of the scripted upstream."""
    return sdk(http_before)


def sdk(http: TestClient) -> OpenAI:
    """The unmodified SDK over an in-process client."""
    return OpenAI(http_client=http, base_url=BASE_URL, api_key=KEY, max_retries=0)
