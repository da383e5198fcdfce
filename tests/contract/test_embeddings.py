"""/v1/embeddings with the local model."""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from openai import OpenAI
from pydantic import SecretStr
from starlette.testclient import TestClient

from services.engines.registry import Engines
from services.server.api import create_api
from services.settings import Settings
from tests.support.api import BASE_URL, KEY, sdk
from tests.support.engines import EMBEDDING_MODEL


@pytest.fixture
def http_real() -> Iterator[TestClient]:
    settings = Settings(api_key=SecretStr(KEY), allowed_hosts=("testserver",))
    api = create_api(settings, Engines(settings.models_dir, on_demand=True))
    headers = {"authorization": f"Bearer {KEY}"}
    with TestClient(api, base_url=BASE_URL, root_path="/v1", headers=headers) as http:
        yield http


@pytest.fixture
def client_real(http_real: TestClient) -> OpenAI:
    return sdk(http_real)


@pytest.mark.model
def test_base64_and_floats_are_the_same_vector(http_real: TestClient) -> None:
    body = {"model": EMBEDDING_MODEL, "input": "A cat sleeps"}
    floats = http_real.post("embeddings", json=body).json()["data"][0]["embedding"]
    coded = http_real.post("embeddings", json=body | {"encoding_format": "base64"}).json()["data"][0][
        "embedding"
    ]
    assert struct.unpack("<384f", base64.b64decode(coded)) == pytest.approx(floats)


@pytest.mark.model
def test_sdk_reads_several_inputs_in_order_with_usage(client_real: OpenAI) -> None:
    answer = client_real.embeddings.create(model="text-embedding-3-small", input=["cat", "kitten", "tax law"])
    cat, kitten, law = (item.embedding for item in answer.data)
    assert _cosine(cat, kitten) > _cosine(cat, law)
    assert answer.model == EMBEDDING_MODEL
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > 0


@pytest.mark.model
def test_fewer_dimensions_have_length_one_again(client_real: OpenAI) -> None:
    vector = (
        client_real.embeddings.create(model=EMBEDDING_MODEL, input="cat", dimensions=64).data[0].embedding
    )
    assert len(vector) == 64
    assert math.hypot(*vector) == pytest.approx(1, abs=1e-4)


@pytest.mark.model
def test_token_arrays_mean_their_text(client_real: OpenAI) -> None:
    from bpe_openai import get_encoding

    ids = list(get_encoding("cl100k_base").encode("A cat sleeps"))
    answer = client_real.embeddings.create(model=EMBEDDING_MODEL, input=[ids, ids])
    text = client_real.embeddings.create(model=EMBEDDING_MODEL, input="A cat sleeps")
    assert answer.data[1].embedding == pytest.approx(text.data[0].embedding, abs=1e-5)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing_required_parameter"),
        ({"input": ""}, "empty_string"),
        ({"input": []}, "empty_string"),
        ({"input": ["a", ""]}, "empty_string"),
        ({"input": [[]]}, "empty_string"),
        ({"input": 3}, "invalid_type"),
        ({"input": ["a", 3]}, "invalid_type"),
        ({"input": ["a"] * 2049}, "array_above_max_length"),
        ({"input": "a", "dimensions": 385}, "integer_above_max_value"),
        ({"input": "a", "dimensions": 0}, "integer_below_min_value"),
        ({"input": "a", "encoding_format": "hex"}, "invalid_value"),
        ({"input": "a", "colour": "red"}, "unknown_parameter"),
        ({"input": ["one two three four five six seven eight " * 2000] * 20}, "max_tokens_per_request"),
    ],
)
def test_wrong_requests_are_refused(http: TestClient, body: dict[str, Any], code: str) -> None:
    answer = http.post("embeddings", json={"model": EMBEDDING_MODEL} | body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_a_chat_model_makes_no_embeddings(http: TestClient) -> None:
    answer = http.post("embeddings", json={"model": "gpt-4o", "input": "x"})
    assert (answer.status_code, answer.json()["error"]["param"]) == (404, "model")


def _cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
