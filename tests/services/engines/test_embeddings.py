import numpy as np
import pytest

from services.engines.embeddings import EmbeddingEngine
from services.engines.manifest import manifest
from services.errors import InvalidInput
from services.settings import get_settings


@pytest.fixture(scope="module")
def engine():
    get_settings.cache_clear()
    entry, models_dir = manifest().model("all-minilm-l6-v2"), get_settings().models_dir
    if not all((models_dir / file.filename).exists() for file in entry.files):
        pytest.skip("the local embedding model has not been fetched")
    return EmbeddingEngine(entry, models_dir)


def test_vectors_have_length_one_and_come_in_order(engine):
    texts = ["a much longer text than the others, " * 9, "a cat", "", "a kitten"]
    vectors = engine.embed(texts)
    assert vectors.shape == (4, 384) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(vectors[1], engine.embed(["a cat"])[0], atol=1e-5)
    assert vectors[1] @ vectors[3] > vectors[1] @ vectors[0] + 0.2


def test_the_end_of_a_long_text_still_counts(engine):
    filler = "The committee discussed the budget and adjourned. " * 60
    plain, with_end, question = engine.embed(
        [filler, filler + "Penguins breed in Antarctica. " * 20, "Where do penguins breed?"]
    )
    assert question @ with_end > question @ plain + 0.1


def test_best_window_finds_what_the_mean_blurs(engine):
    text = "The committee discussed the budget. " * 80 + "Penguins breed in Antarctica. " * 10
    question, mean = engine.embed(["Where do penguins breed?", text])
    assert (engine.windows(text) @ question).max() > mean @ question


def test_fewer_dimensions_are_cut_and_renormalised(engine):
    whole, cut = engine.embed(["a cat"]), engine.embed(["a cat"], dimensions=64)
    assert cut.shape == (1, 64)
    assert np.allclose(cut[0], whole[0, :64] / np.linalg.norm(whole[0, :64]), atol=1e-5)


@pytest.mark.parametrize("dimensions", [0, 385, -1])
def test_dimensions_out_of_range_are_refused(engine, dimensions):
    with pytest.raises(InvalidInput, match="between 1 and 384"):
        engine.embed(["a cat"], dimensions=dimensions)


def test_no_texts_give_no_vectors(engine):
    assert engine.embed([]).shape == (0, 384)


def test_tokens_are_counted(engine):
    assert engine.count_tokens(["a cat", ""]) == [2, 0]
