"""BM25 with packed postings ranks as the formula says."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.documents import bm25
from services.documents.bm25 import K1, PERFECT_SHARE, B, Ranked
from services.documents.terms import terms

WORDS = ["pump", "valve", "motor", "oil", "zinc", "bolt"]
Library = dict[int, list[str]]

libraries = st.dictionaries(
    st.integers(1, 50),
    st.lists(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join), min_size=1, max_size=6),
    min_size=1,
    max_size=5,
)


def ranked(library: Library, words: list[str], limit: int = 100) -> Ranked:
    segments = {file: bm25.segment(chunks) for file, chunks in library.items()}
    found = {
        word: [(f, s.postings[word]) for f, s in segments.items() if word in s.postings] for word in words
    }
    return bm25.rank(found, {file: s.lengths for file, s in segments.items()}, limit)


def naive(library: Library, words: list[str]) -> dict[tuple[int, int], float]:
    """The score of every chunk, straight from the formula."""
    chunks = {(f, i): Counter(terms(text)) for f, texts in library.items() for i, text in enumerate(texts)}
    mean = max(sum(c.total() for c in chunks.values()) / len(chunks), 1.0)
    scores = dict.fromkeys(chunks, 0.0)
    for word in words:
        having = sum(1 for counts in chunks.values() if counts[word])
        idf = math.log(1 + (len(chunks) - having + 0.5) / (having + 0.5))
        for key, counts in chunks.items():
            norm = K1 * (1 - B + B * counts.total() / mean)
            scores[key] += idf * counts[word] * (K1 + 1) / (counts[word] + norm)
    return scores


def best_possible(library: Library, words: list[str]) -> float:
    chunks = [Counter(terms(text)) for texts in library.values() for text in texts]
    having = {word: sum(1 for counts in chunks if counts[word]) for word in words}
    return sum(math.log(1 + (len(chunks) - n + 0.5) / (n + 0.5)) * (K1 + 1) for n in having.values())


@settings(deadline=None, max_examples=150)
@given(libraries, st.lists(st.sampled_from([*WORDS, "nowhere"]), min_size=1, max_size=4, unique=True))
def test_scores_are_those_of_the_formula(library: Library, words: list[str]) -> None:
    scores, found = naive(library, words), ranked(library, words)
    assert set(found.best) == {key for key, score in scores.items() if score > 1e-6}
    in_order = [scores[key] for key in found.best]
    assert in_order == pytest.approx(sorted(in_order, reverse=True), rel=1e-4)
    perfect = best_possible(library, words) * PERFECT_SHARE
    for key, score in scores.items():
        assert found.fit(*key) == pytest.approx(min(score / perfect, 1.0), rel=1e-3, abs=1e-6)


@settings(deadline=None)
@given(libraries, st.integers(1, 6))
def test_a_limit_keeps_the_best(library: Library, limit: int) -> None:
    everything, some = ranked(library, ["pump", "oil"]).best, ranked(library, ["pump", "oil"], limit).best
    assert some == everything[:limit]


def test_of_equals_the_earlier_comes_first() -> None:
    assert ranked({7: ["pump", "pump"], 3: ["pump"]}, ["pump"]).best == [(7, 0), (7, 1), (3, 0)]


def test_files_that_are_not_admitted_are_not_ranked() -> None:
    one, two = bm25.segment(["pump"]), bm25.segment(["pump oil"])
    found = {"pump": [(1, one.postings["pump"]), (2, two.postings["pump"])]}
    assert bm25.rank(found, {2: two.lengths}, 10).best == [(2, 0)]


def test_no_words_rank_nothing() -> None:
    found = ranked({1: ["pump"]}, [])
    assert (found.best, found.fit(1, 0)) == ([], 0.0)


def test_a_segment_says_where_each_word_stands_and_how_often() -> None:
    segment = bm25.segment(["pumps pump", "", "oil pump"])
    assert np.frombuffer(segment.lengths, "<u4").tolist() == [2, 0, 2]
    assert np.frombuffer(segment.postings["pump"], "<u4").tolist() == [0, 2, 2, 1]
    assert set(segment.postings) == {"pump", "oil"}
