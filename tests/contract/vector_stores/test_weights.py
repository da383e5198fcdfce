"""How much words and vectors count in a search, told as the file search of Responses is told it."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.support.retrieval import Ground, stored


@pytest.fixture(scope="module")
def library(shared: Ground) -> tuple[OpenAI, str]:
    """One file that shares a word with the question, and none that is near to it otherwise."""
    client = shared.account()
    return client, stored(client, {"pump.txt": "The pump is oiled.", "cat.txt": "The cat sleeps."})[0]


def search(library: tuple[OpenAI, str], text: float, vectors: float, query: str = "pump") -> list[Any]:
    client, store = library
    options: Any = {"hybrid_search": {"text_weight": text, "embedding_weight": vectors}}
    return client.vector_stores.search(store, query=query, ranking_options=options).data


def test_words_alone_find_only_what_shares_a_word(library: tuple[OpenAI, str]) -> None:
    assert [hit.filename for hit in search(library, 1, 0)] == ["pump.txt"]
    assert search(library, 1, 0, "xylophone") == []


def test_vectors_alone_put_everything_in_an_order(library: tuple[OpenAI, str]) -> None:
    assert [hit.filename for hit in search(library, 0, 1)] == ["pump.txt", "cat.txt"]
    assert len(search(library, 0, 1, "xylophone")) == 2


def test_the_usual_weights_change_nothing(library: tuple[OpenAI, str]) -> None:
    client, store = library
    plain = client.vector_stores.search(store, query="pump").data
    assert [hit.score for hit in search(library, 0.4, 0.6)] == [hit.score for hit in plain]


@pytest.mark.parametrize(
    ("weights", "code"),
    [
        ({"text_weight": 0, "embedding_weight": 0}, "invalid_value"),
        ({"text_weight": -1, "embedding_weight": 1}, "decimal_below_min_value"),
        ({"text_weight": 1.5, "embedding_weight": 1}, "decimal_above_max_value"),
        ({"text_weight": 1}, "missing_required_parameter"),
        ({"text_weight": 1, "embedding_weight": 1, "other": 1}, "unknown_parameter"),
    ],
)
def test_wrong_weights_are_refused(library: tuple[OpenAI, str], weights: Any, code: str) -> None:
    client, store = library
    with pytest.raises(openai.BadRequestError) as refusal:
        client.vector_stores.search(store, query="pump", ranking_options={"hybrid_search": weights})  # type: ignore[typeddict-unknown-key]
    assert refusal.value.code == code
