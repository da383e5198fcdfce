"""A conclusion says a difference only where there is one."""

from __future__ import annotations

import pytest

from services.lab.conclusion import conclude
from services.lab.experiments import EXPERIMENTS
from services.lab.material import QUESTIONS, RECALL, RULES, TALK
from services.lab.meaning import Pair, hits
from services.lab.records import Trial
from services.turns import Usage

STREAMING = EXPERIMENTS[0]


def trials(first: list[float], second: list[float], good: bool | None = None) -> list[Trial]:
    both = ((way, value) for way, values in enumerate((first, second)) for value in values)
    return [Trial(way, value, value, Usage(10, 10), good=good) for way, value in both]


def test_a_clear_difference_is_told_with_its_interval() -> None:
    found = conclude(STREAMING, trials([3.0, 3.1, 2.9, 3.2], [0.1, 0.2, 0.1, 0.15]))
    assert found.is_clear
    assert found.difference == pytest.approx(2.925, abs=0.01)
    assert found.sentence.startswith("Streaming: time to the first word lower by 2.9")


def test_noise_is_no_difference() -> None:
    found = conclude(STREAMING, trials([1.0, 3.0, 2.0, 4.0], [2.0, 1.0, 4.0, 3.0]))
    assert not found.is_clear
    assert found.sentence.startswith("No difference")


def test_the_worse_way_can_win() -> None:
    found = conclude(STREAMING, trials([0.1, 0.1, 0.1], [3.0, 3.0, 3.0]))
    assert found.sentence.startswith("Waiting: ")


@pytest.mark.parametrize("few", [[], [1.0], [1.0, 2.0]])
def test_too_few_trials_say_nothing(few: list[float]) -> None:
    assert conclude(STREAMING, trials(few, few)).sentence.startswith("Too few trials")


def test_answers_that_passed_are_counted() -> None:
    assert "Passed the check: Waiting 3 of 3, Streaming 3 of 3." in (
        conclude(STREAMING, trials([1.0] * 3, [2.0] * 3, good=True)).sentence
    )


def test_a_lower_threshold_finds_more_of_both() -> None:
    pairs = (Pair("a", "b", 0.9, may_share=True), Pair("c", "d", 0.8, may_share=False))
    assert [(h.right, h.false) for h in (hits(pairs, 0.85), hits(pairs, 0.5), hits(pairs, 0.95))] == [
        (1, 0),
        (1, 1),
        (0, 0),
    ]


def test_the_rules_are_long_enough_for_a_prompt_cache_and_the_facts_are_in_the_talk() -> None:
    from services import tokens

    assert tokens.count("\n".join(RULES)) > 1_024
    talk = " ".join(message["content"] for message in TALK)
    assert all(answer in talk for _, answer in RECALL)
    assert len(QUESTIONS) >= 10
