"""What was found becomes passages: neighbours joined, few enough, without those switched off."""

from __future__ import annotations

import json

from services.files.passages import fitting, joined
from tests.services.files.make import WARRANTY, hit, passage

TEXT = "".join(f"Sentence number {n} of a long text. " for n in range(100))


def test_neighbours_become_one_passage_with_the_better_score() -> None:
    (found,) = joined([hit(TEXT[100:200], 100, score=0.9), hit(TEXT[180:300], 180, score=0.4)])
    assert (found.text, found.start, found.end, found.score) == (TEXT[100:300], 100, 300, 0.9)


def test_the_earlier_neighbour_may_come_second() -> None:
    (found,) = joined([hit(TEXT[180:300], 180, page=2), hit(TEXT[100:200], 100, page=1)])
    assert (found.text, found.page, found.last_page) == (TEXT[100:300], 1, 2)
    assert found.page_starts == ((0, 1), (80, 2))


def test_what_lies_apart_or_in_another_file_stays_apart() -> None:
    hits = [hit(TEXT[:50], 0), hit(TEXT[100:150], 100), hit(TEXT[40:90], 40, file_id="file-2")]
    assert len(joined(hits)) == 3


def test_a_budget_takes_the_best_and_whatever_still_fits() -> None:
    hits = [hit(TEXT[:400], 0), hit(TEXT[1000:3000], 1000), hit(TEXT[3300:3400], 3300)]
    assert [p.start for p in fitting(hits, 150)] == [0, 3300]


def test_what_was_switched_off_is_not_shown_again() -> None:
    hits = [hit(TEXT[:400], 0), hit(TEXT[1000:1200], 1000)]
    off = [passage.key for passage in fitting(hits, 500)][:1]
    assert [p.start for p in fitting(hits, 500, off)] == [1000]


def test_a_passage_is_kept_as_the_api_spells_a_result() -> None:
    one = passage()
    kept = json.loads(json.dumps(one.wire()))
    assert (kept["key"], kept["file_name"], kept["page"]) == (one.key, one.filename, one.page)
    assert kept["content"][0]["text"] == WARRANTY
