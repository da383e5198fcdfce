"""A map is the same for the same vectors, and a question lies on it where it belongs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, cast, get_args

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from services.retrieval.projection import Method, project

if TYPE_CHECKING:
    from services.retrieval.records import Vectors

METHODS = get_args(Method)


def clusters(count: int, of: int = 3) -> Vectors:
    """Vectors of length 1 around a few directions."""
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(of, 64))
    vectors = centres[np.arange(count) % of] + 0.2 * rng.normal(size=(count, 64))
    return cast("Vectors", (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32))


@pytest.mark.parametrize("method", METHODS)
def test_the_same_vectors_give_the_same_map(method: Method) -> None:
    vectors = clusters(40)
    assert np.array_equal(project(vectors, method).points, project(vectors, method).points)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_alike_lies_together(method: Method) -> None:
    points = project(clusters(60), method).points
    groups = [points[n::3] for n in range(3)]
    spread = max(np.linalg.norm(g - g.mean(axis=0), axis=1).mean() for g in groups)
    apart = min(
        np.linalg.norm(groups[a].mean(axis=0) - groups[b].mean(axis=0)) for a, b in ((0, 1), (0, 2), (1, 2))
    )
    assert apart > 2 * spread


@pytest.mark.parametrize("method", METHODS)
def test_a_question_lies_among_what_it_is_like(method: Method) -> None:
    vectors = clusters(60)
    made = project(vectors[1:], method)
    place = np.array(made.place(vectors[0]))
    own = made.points[2::3]  # of the cluster of the one left out
    other = made.points[0::3]
    assert np.linalg.norm(own.mean(axis=0) - place) < np.linalg.norm(other.mean(axis=0) - place)


def test_pca_places_exactly() -> None:
    vectors = clusters(20)
    made = project(vectors, "pca")
    assert made.place(vectors[3]) == pytest.approx(made.points[3].tolist(), abs=1e-5)
    assert made.shown_share is not None and 0 < made.shown_share <= 1


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 8])
@pytest.mark.parametrize("method", METHODS)
def test_few_passages_are_a_map_too(method: Method, count: int) -> None:
    vectors = clusters(9)[:count] if count else np.zeros((0, 64), dtype=np.float32)
    made = project(vectors, method)
    assert made.points.shape == (count, 2)
    assert np.isfinite(made.points).all()
    assert all(np.isfinite(made.place(clusters(9)[8])))
    assert made.method == ("tsne" if method == "tsne" and count >= 8 else "pca")


@pytest.mark.parametrize("method", METHODS)
def test_passages_that_all_say_the_same_are_one_point(method: Method) -> None:
    same = np.repeat(clusters(1), 12, axis=0)
    made = project(same, method)
    assert np.isfinite(made.points).all()
    assert made.shown_share is None


def test_maps_drawn_at_once_leave_the_process_its_threads() -> None:
    project(clusters(10), "pca")
    before = {library["filepath"]: library["num_threads"] for library in threadpool_info()}
    with ThreadPoolExecutor(4) as pool:
        maps = list(pool.map(lambda _: project(clusters(30), "tsne").points, range(4)))
    assert all(np.array_equal(made, maps[0]) for made in maps)
    after = {library["filepath"]: library["num_threads"] for library in threadpool_info()}
    assert {path: after[path] for path in before} == before
