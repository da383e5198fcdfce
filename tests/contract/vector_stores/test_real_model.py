"""Search with the real embedding model: what its scores mean."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from openai import OpenAI

from services.engines.embeddings import EmbeddingEngine
from services.engines.manifest import manifest
from services.settings import Settings
from tests.support.retrieval import ground, stored

pytestmark = pytest.mark.model

PUMP = (
    "The P-200 is a centrifugal pump for clean water. Its bearings must be replaced after 2,000 hours of operation. "
    "Before any work on the pump, switch off the motor and close both valves."
)
LEAVE = (
    "Every employee has 28 days of paid holiday a year. Requests are made to the head of department at least two weeks "
    "in advance. Days that are left over may be taken until the end of March of the following year."
)
RECIPE = (
    "Peel the potatoes and boil them in salted water for twenty minutes. Bake the salmon with lemon and dill, and serve "
    "both with a spoonful of sour cream."
)
TEXTS = {"pump.txt": PUMP, "leave.txt": LEAVE, "recipe.txt": RECIPE}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OpenAI, str]]:
    """A store of three short texts, embedded by the real model."""
    settings, home = Settings(), tmp_path_factory.mktemp("real")
    entry = manifest().model("all-minilm-l6-v2")
    if not all((settings.models_dir / file.filename).is_file() for file in entry.files):
        pytest.skip("the local embedding model has not been fetched")
    engine = EmbeddingEngine(entry, settings.models_dir)
    with ground(Path(home), f"sqlite:///{home}/tandem.db", engine) as made:
        client = made.account()
        yield client, stored(client, TEXTS)[0]


HITS = [
    ("When do the bearings of the P-200 have to be replaced?", "pump.txt"),
    ("How many days of paid holiday does an employee have?", "leave.txt"),
    ("How long are the potatoes boiled?", "recipe.txt"),
]


@pytest.mark.parametrize(("question", "name"), HITS)
def test_an_obvious_hit_scores_above_a_half(library: tuple[OpenAI, str], question: str, name: str) -> None:
    client, store = library
    best = client.vector_stores.search(store, query=question).data[0]
    assert best.filename == name
    assert best.score > 0.5


@pytest.mark.parametrize(
    "question",
    [
        "Who won the football world cup in 1998?",
        "What is the capital of Mongolia?",
        "def quicksort(array): return sorted(array)",
        "Thank you very much, see you tomorrow!",
        "Explain the theory of relativity.",
    ],
)
def test_an_unrelated_question_scores_below_three_tenths(library: tuple[OpenAI, str], question: str) -> None:
    client, store = library
    assert all(hit.score < 0.3 for hit in client.vector_stores.search(store, query=question))


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("vacation entitlement of staff", "leave.txt"),
        ("What should I cook for dinner with fish?", "recipe.txt"),
        ("maintenance interval of the machine", "pump.txt"),
    ],
)
def test_other_words_for_the_same_thing_are_found(
    library: tuple[OpenAI, str], question: str, name: str
) -> None:
    client, store = library
    assert client.vector_stores.search(store, query=question).data[0].filename == name


def test_spans_cut_a_text_into_stretches_the_model_reads_whole() -> None:
    entry = manifest().model("all-minilm-l6-v2")
    engine = EmbeddingEngine(entry, Settings().models_dir)
    text = " ".join(f"Word{n} of a long text, unnaïve 日本." for n in range(3000))
    spans = engine.spans(text)
    assert all(start < end for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    pieces = [text[start:end] for start, end in spans]
    assert "".join("".join(piece.split()) for piece in pieces) == "".join(text.split())
    assert max(engine.count_tokens(pieces)) <= 210
    assert engine.spans("") == []
