"""Passages, questions and what was found for them, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from services.documents.fusion import Weights

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

Side = Literal["words", "vectors", "both"]
SIDES: dict[Side, Weights] = {"words": Weights(1, 0), "vectors": Weights(0, 1), "both": Weights()}
"""What a search goes by: the words alone, the vectors alone, or both as they are weighed against each other."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a file as a search finds it. `page` and `row` are the first ones it stands on."""

    id: str
    file_id: str
    filename: str
    text: str
    page: int | None = None
    last_page: int | None = None
    row: int | None = None
    score: float = 0.0
    """How well it fits what was asked, 0 to 1; 0 where nothing was."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Passages of a store: `total` there are, of which each `every`th was read.

    `vectors` has a row for each of `passages`, shape (n, dimensions); those without a vector yet are only counted.
    """

    passages: tuple[Passage, ...]
    vectors: Vectors
    total: int
    every: int = 1
    without_vector: int = 0

    @property
    def is_sample(self) -> bool:
        """Whether there are passages that were not read."""
        return self.every > 1
