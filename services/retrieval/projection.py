"""Vectors of hundreds of dimensions as points on a flat map, by scikit-learn."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from services.retrieval.records import Vectors

    Points = npt.NDArray[np.float32]

Method = Literal["pca", "tsne"]
MOST_POINTS = 2_000
FEWEST_FOR_TSNE = 8
SEED = 7
FIRST_DIMENSIONS = 50
"""t-SNE is given the main directions of the vectors alone: what is left out is mostly noise, and it is much faster."""
PERPLEXITY = 30.0
ITERATIONS = 500
NEIGHBOURS = 5
LEAST_VARIANCE = 1e-9
"""Below it the vectors are all the same, but for how numbers are rounded."""
S_PER_POINT = 0.002
"""What t-SNE took on one core, from 200 points to 2,000."""


_drawing = threading.Lock()


@dataclass(frozen=True, slots=True)
class Projection:
    """Points, shape (n, 2), in the order of the vectors.

    `shown_share` is how much of the differences between the vectors the map shows, 0 to 1; None where that has no meaning.
    """

    method: Method
    points: Points
    shown_share: float | None
    _place: Callable[[Vectors], tuple[float, float]] = field(repr=False)

    def place(self, vector: Vectors) -> tuple[float, float]:
        """Where a vector that was not among them belongs: exactly with PCA, between its nearest neighbours with t-SNE."""
        return self._place(vector)


def project(vectors: Vectors, method: Method) -> Projection:
    """A map of these vectors; the same one for the same vectors. Fewer than 8 are always shown by PCA.

    Source: van der Maaten and Hinton, "Visualizing Data using t-SNE", 2008.
    """
    with _one_thread():
        if method == "tsne" and len(vectors) >= FEWEST_FOR_TSNE:
            return _tsne(vectors)
        return _pca(vectors)


def estimated_s(points: int, method: Method) -> float:
    """About how long a map takes on one core."""
    return points * S_PER_POINT if method == "tsne" else 0.0


def _pca(vectors: Vectors) -> Projection:
    import numpy as np
    from sklearn.decomposition import PCA

    if len(vectors) < 2:  # one point lies in the middle of its own map
        zeros = np.zeros((len(vectors), 2), dtype=np.float32)
        return Projection("pca", zeros, None, lambda vector: (0.0, 0.0))
    model = PCA(n_components=2, svd_solver="full").fit(vectors)
    differs = float(model.explained_variance_.sum()) > LEAST_VARIANCE
    share = float(model.explained_variance_ratio_.sum()) if differs else None

    def place(vector: Vectors) -> tuple[float, float]:
        x, y = model.transform(vector.reshape(1, -1))[0].tolist()
        return x, y

    return Projection("pca", model.transform(vectors), share, place)


def _tsne(vectors: Vectors) -> Projection:
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    count = len(vectors)
    first = PCA(min(FIRST_DIMENSIONS, *vectors.shape), svd_solver="full").fit_transform(vectors)
    model = TSNE(
        perplexity=min(PERPLEXITY, (count - 1) / 3), max_iter=ITERATIONS, init="pca", random_state=SEED
    )
    points = model.fit_transform(first)
    return Projection("tsne", points, None, lambda vector: _among_neighbours(vectors, points, vector))


def _among_neighbours(vectors: Vectors, points: Points, vector: Vectors) -> tuple[float, float]:
    """The mean place of the five nearest, the nearer the heavier."""
    import numpy as np

    cosines = vectors @ vector
    nearest = np.argsort(-cosines)[:NEIGHBOURS]
    weights = np.maximum(cosines[nearest], 1e-6) ** 4
    x, y = (weights @ points[nearest] / weights.sum()).tolist()
    return x, y


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep the numbers to one thread: they come out the same, and two threads on a busy machine mostly wait for each other.

    One map at a time: the limit is the process's, and two who set it would each put back what the other had set.
    """
    with _drawing:
        import sklearn  # noqa: F401 (loads the libraries whose threads are to be limited)
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):
            yield
