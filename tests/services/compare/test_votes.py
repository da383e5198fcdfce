"""Votes are blind, kept, counted once, and the score says how sure it is."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from services.compare.records import Lane
from services.compare.votes import (
    Vote,
    blind_order,
    standings,
    verdict,
    votes_in,
    wilson,
    with_vote,
)
from services.turns import Mode
from tests.support.lanes import lane

LANES = [lane(Mode.CHAT_COMPLETIONS), lane(Mode.ASSISTANTS)]
IDS = [one.id for one in LANES]


def by_mode(one: Lane) -> str:
    return one.mode.value


def test_the_letters_change_from_turn_to_turn_and_stay_after_a_reload() -> None:
    orders = {blind_order("c1", turn, IDS) for turn in range(20)}
    assert orders == {tuple(IDS), tuple(reversed(IDS))}
    assert blind_order("c1", 3, IDS) == blind_order("c1", 3, list(reversed(IDS)))


def test_a_vote_is_kept_as_json_and_a_second_one_on_the_same_turn_replaces_it() -> None:
    settings = with_vote({"title": "kept"}, Vote(1, IDS[0]))
    settings = with_vote(settings, Vote(1, IDS[1]))
    settings = with_vote(settings, Vote(1, None, "judge"))
    again = json.loads(json.dumps(settings))
    assert votes_in(again) == (Vote(1, None, "judge"), Vote(1, IDS[1]))
    assert again["title"] == "kept"


@pytest.mark.parametrize(
    "kept", [None, "votes", [1], [{"turn": "1"}], [{"turn": 1, "winner": 2}], [{"turn": 1, "by": "x"}]]
)
def test_settings_from_elsewhere_that_are_no_votes_are_left_out(kept: object) -> None:
    assert votes_in({"votes": kept}) == ()


def test_a_tie_counts_for_all_and_a_lane_that_is_gone_for_nobody() -> None:
    scores = standings([Vote(1, IDS[0]), Vote(2, None), Vote(3, "gone")], LANES, by_mode)
    assert [(s.name, s.wins, s.votes) for s in scores] == [
        ("chat_completions", 1.5, 2),
        ("assistants", 0.5, 2),
    ]


def test_two_lanes_of_one_mode_share_its_wins_and_chance_is_fair_to_both() -> None:
    three = [*LANES, replace(LANES[0], id="third")]
    scores = standings([Vote(1, "third"), Vote(2, IDS[0]), Vote(3, IDS[1])], three, by_mode)
    assert verdict(scores).startswith("Level")


def test_wilson_bounds_are_those_of_the_tables() -> None:
    low, high = wilson(7, 10)
    assert (round(low, 3), round(high, 3)) == (0.397, 0.892)
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_score_says_when_it_may_be_luck_and_when_not() -> None:
    few = [Vote(turn, IDS[0]) for turn in range(2)]
    many = [Vote(turn, IDS[0]) for turn in range(12)]
    assert "may still be luck" in verdict(standings(few, LANES, by_mode))
    assert "more than luck" in verdict(standings(many, LANES, by_mode))
    assert verdict(standings([], LANES, by_mode)) == "No votes yet."
