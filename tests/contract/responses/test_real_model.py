"""The real local chat model behind /v1/responses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from openai import OpenAI
from pydantic import SecretStr
from starlette.testclient import TestClient

from services.engines.registry import Engines
from services.server.api import create_api
from services.settings import Settings
from tests.contract.responses.talk import kinds
from tests.support.api import BASE_URL, KEY, sdk

pytestmark = [pytest.mark.model, pytest.mark.xdist_group("model")]


@pytest.fixture
def real(tmp_path: Path) -> Iterator[OpenAI]:
    settings = Settings(home=tmp_path, api_key=SecretStr(KEY), allowed_hosts=("testserver",))
    api = create_api(settings, Engines(settings.models_dir))
    with TestClient(api, base_url=BASE_URL, root_path="/v1") as http:
        yield sdk(http)


def test_it_answers_and_the_server_remembers(real: OpenAI) -> None:
    told = list(
        real.responses.create(
            model="gpt-4o-mini", input="My name is Ada. Say hello.", max_output_tokens=30, stream=True
        )
    )
    first = told[-1].response  # type: ignore[union-attr]
    assert kinds(told)[0] == "created" and first.usage is not None and first.usage.output_tokens > 0
    asked = "What is my name? Answer with one word."
    second = real.responses.create(
        model="gpt-4o-mini", input=asked, previous_response_id=first.id, max_output_tokens=16
    )
    assert "Ada" in second.output_text
