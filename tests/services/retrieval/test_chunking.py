"""A text cut this way and that, in memory, and what a question finds then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from services.retrieval import chunking
from services.retrieval.chunking import Cutting, cut, trial
from tests.support.retrieval import WordVectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from services.retrieval.records import Vectors

TEXT = "\n\n".join(
    f"Chapter {n}. " + (f"The boiler hums on day {n}. " if n == 7 else f"Pump {n} is oiled on day {n}. ") * 6
    for n in range(12)
)


def embed(texts: Sequence[str]) -> Vectors:
    return WordVectors().embed(texts)


def test_smaller_chunks_are_more_and_hold_less_around_the_answer() -> None:
    small, large = (trial(cut(TEXT, "a.txt", Cutting(n, 0)), "boiler", 3) for n in (64, 400))
    assert small.chunks > large.chunks
    assert small.median_tokens <= 64 < large.median_tokens
    assert len(small.hits[0].text) < len(large.hits[0].text)
    assert "boiler" in small.hits[0].text and "boiler" in large.hits[0].text


def test_overlap_costs_tokens() -> None:
    plain, overlapping = (cut(TEXT, "a.txt", Cutting(100, n)) for n in (0, 50))
    assert sum(c.tokens for c in overlapping.chunks) > 1.5 * sum(c.tokens for c in plain.chunks)


def test_with_vectors_what_shares_no_word_can_be_found() -> None:
    made = cut(TEXT, "a.txt", Cutting(64, 0))
    told: list[tuple[int, int]] = []
    by_words = trial(made, "xylophone", 3)
    by_both = trial(made, "xylophone", 3, embed, lambda *at: told.append(at))
    assert by_words.hits == () and by_words.embedded == 0
    assert len(by_both.hits) == 3 and by_both.embedded == by_both.chunks == told[-1][1]
    assert [hit.score for hit in by_both.hits] == sorted((hit.score for hit in by_both.hits), reverse=True)


def test_beyond_the_most_that_is_embedded_words_find_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunking, "MOST_EMBEDDED", 2)
    made = trial(cut(TEXT, "a.txt", Cutting(64, 0)), "boiler", 1, embed)
    assert made.embedded == 2 < made.chunks
    assert "boiler" in made.hits[0].text


def test_every_way_of_cutting_embeds_the_same_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunking, "EMBEDDED_CHARACTERS", 1000)
    for size in (32, 64, 128):
        made = cut(TEXT, "a.txt", Cutting(size, 0))
        assert 1000 - 6 * size < made.to_embed[-1].end <= 1000
    assert len(cut(TEXT, "a.txt", Cutting(800, 0)).to_embed) == 1


def test_no_two_hits_say_mostly_the_same() -> None:
    hits = trial(cut(TEXT, "a.txt", Cutting(100, 50)), "pump", 10).hits
    for number, one in enumerate(hits):
        for other in hits[number + 1 :]:
            assert min(one.end, other.end) - max(one.start, other.start) <= 0.4 * (other.end - other.start)


def test_a_file_without_text_has_no_chunks() -> None:
    made = trial(cut(" \n", "a.txt", Cutting(64, 0)), "pump", 3, embed)
    assert (made.chunks, made.tokens, made.median_tokens, made.hits) == (0, 0, 0, ())


def test_a_question_without_words_finds_nothing() -> None:
    assert trial(cut(TEXT, "a.txt", Cutting(64, 0)), "?!", 3).hits == ()


@pytest.mark.parametrize("cutting", [Cutting(15, 0), Cutting(100, 51), Cutting(100, -1)])
def test_a_cutting_that_makes_no_sense_is_refused(cutting: Cutting) -> None:
    with pytest.raises(ValueError, match="chunks of"):
        cut(TEXT, "a.txt", cutting)


def test_speed_is_tokens_a_second() -> None:
    assert chunking.speed(lambda texts: np.zeros((len(texts), 2), dtype=np.float32)) > 0
