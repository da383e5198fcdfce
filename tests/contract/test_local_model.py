"""The real local chat model through the SDK."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from openai import OpenAI
from pydantic import BaseModel, SecretStr
from starlette.testclient import TestClient

from services.engines.registry import Engines
from services.server.api import create_api
from services.settings import Settings
from tests.support.api import BASE_URL, KEY, sdk
from tests.support.engines import CHAT_MODEL

pytestmark = pytest.mark.model

CAPITAL = [{"role": "user", "content": "What is the capital of France? Answer with one word."}]


class Capital(BaseModel):
    country: str
    capital: str


@pytest.fixture(scope="module")
def real() -> Iterator[OpenAI]:
    settings = Settings(api_key=SecretStr(KEY), allowed_hosts=("testserver",))
    api = create_api(settings, Engines(settings.models_dir))
    with TestClient(api, base_url=BASE_URL, root_path="/v1") as http:
        yield sdk(http)


def test_answers_and_counts(real: OpenAI) -> None:
    answer = real.chat.completions.create(
        model="gpt-4o-mini", messages=CAPITAL, seed=1, max_completion_tokens=8
    )
    assert "Paris" in (answer.choices[0].message.content or "")
    assert answer.model == CHAT_MODEL
    assert answer.usage and answer.usage.prompt_tokens > 10


def test_streams_with_usage(real: OpenAI) -> None:
    with real.chat.completions.stream(
        model=CHAT_MODEL, messages=CAPITAL, max_completion_tokens=8, stream_options={"include_usage": True}
    ) as stream:
        kinds = {event.type for event in stream}
    final = stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done"} <= kinds
    assert final.usage and final.usage.completion_tokens > 0


def test_keeps_to_a_schema(real: OpenAI) -> None:
    answer = real.chat.completions.parse(
        model=CHAT_MODEL, messages=CAPITAL, response_format=Capital, max_completion_tokens=60
    )
    parsed = answer.choices[0].message.parsed
    assert parsed and "Paris" in parsed.capital


def test_log_probabilities(real: OpenAI) -> None:
    answer = real.chat.completions.create(
        model=CHAT_MODEL, messages=CAPITAL, logprobs=True, top_logprobs=2, max_completion_tokens=4
    )
    logprobs = answer.choices[0].logprobs
    assert logprobs and logprobs.content
    assert len(logprobs.content[0].top_logprobs) == 2
