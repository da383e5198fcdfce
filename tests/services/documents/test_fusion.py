"""Rankings fused, and words weighed against vectors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.documents.fusion import CANDIDATES, FULL_COSINE, RANK_CONSTANT, Weights, fused, score

rankings = st.lists(st.integers(0, 30), unique=True, max_size=30)
shares = st.floats(0, 1)
weights = st.builds(Weights, words=st.floats(0, 1), vectors=st.floats(0.01, 1))


@given(st.lists(rankings, max_size=4))
def test_candidates_stand_in_the_order_of_their_reciprocal_ranks(lists: list[list[int]]) -> None:
    sums = {c: sum(1 / (RANK_CONSTANT + 1 + r.index(c)) for r in lists if c in r) for r in lists for c in r}
    got = fused(*lists)
    assert len(got) == min(len(sums), CANDIDATES)
    assert [sums[c] for c in got] == pytest.approx(sorted(sums.values(), reverse=True)[: len(got)])


def test_what_both_sides_find_outranks_what_one_finds() -> None:
    assert fused(["a", "b"], ["c", "b"])[0] == "b"
    assert fused() == fused([], []) == []


def test_no_more_candidates_than_can_be_looked_at() -> None:
    assert fused(range(100), range(50, 200)) == fused(range(100), range(50, 200))[:CANDIDATES]


@given(shares, st.floats(-1, 1), weights)
def test_a_score_lies_between_nothing_and_all(fit: float, cosine: float, told: Weights) -> None:
    assert 0 <= score(fit, cosine, told) <= 1 + 1e-9


@given(shares, shares, st.floats(-1, 1), st.floats(-1, 1), weights)
def test_more_of_either_side_never_scores_less(
    fit: float, more: float, cosine: float, nearer: float, told: Weights
) -> None:
    low, high = (
        score(min(fit, more), min(cosine, nearer), told),
        score(max(fit, more), max(cosine, nearer), told),
    )
    assert low <= high + 1e-9


def test_the_ends_of_the_scale() -> None:
    assert score(1, FULL_COSINE, Weights()) == pytest.approx(1)
    assert score(1, 0, Weights()) == pytest.approx(0.4)
    assert score(0, 1, Weights()) == pytest.approx(0.6)
    assert score(0, -1, Weights()) == 0


def test_without_a_vector_the_words_alone_count() -> None:
    assert score(0.7, None, Weights()) == 0.7
    assert score(0.7, None, Weights(words=0, vectors=1)) == 0
