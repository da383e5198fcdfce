"""Blind votes: which lane hides behind which letter, what was voted, and how sure the score is.

Votes lie in a comparison's settings, as JSON: `{"votes": [{"turn": 1, "winner": "lane_…", "by": "person"}]}`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Literal

from services.compare.records import Lane

LETTERS = "ABCD"
KEY = "votes"
# Two-sided 95 % of the normal distribution.
Z = 1.96
Voter = Literal["person", "judge"]


@dataclass(frozen=True, slots=True)
class Vote:
    """One vote on the answers to one message. `winner` is a lane's id; None says that none was better."""

    turn: int
    winner: str | None
    by: Voter = "person"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a lane, mode or model has won. A tie counts as an equal part for each; `low` and `high` are the bounds within
    which its true share lies, 19 times in 20 (Wilson's interval). `chance` is the share it would have if all were equal."""

    name: str
    wins: float
    votes: int
    low: float
    high: float
    chance: float

    @property
    def share(self) -> float:
        return self.wins / self.votes if self.votes else 0.0


def blind_order(comparison_id: str, turn: int, lane_ids: Sequence[str]) -> tuple[str, ...]:
    """The lanes in the order of their letters in this turn: shuffled, another way each turn, the same after a reload."""

    def drawn(lane_id: str) -> str:
        return hashlib.sha256(f"{comparison_id}/{turn}/{lane_id}".encode()).hexdigest()

    return tuple(sorted(lane_ids, key=drawn))


def votes_in(settings: Mapping[str, Any]) -> tuple[Vote, ...]:
    """The votes kept in a comparison's settings; what is no vote is left out."""
    kept = settings.get(KEY)
    found = [_vote(entry) for entry in kept] if isinstance(kept, list) else []
    return tuple(vote for vote in found if vote is not None)


def with_vote(settings: Mapping[str, Any], vote: Vote) -> dict[str, Any]:
    """The settings with this vote in them; a new one replaces what the same voter said of the same turn."""
    others = [v for v in votes_in(settings) if (v.turn, v.by) != (vote.turn, vote.by)]
    ordered = sorted([*others, vote], key=lambda v: (v.turn, v.by))
    return {**settings, KEY: [{"turn": v.turn, "winner": v.winner, "by": v.by} for v in ordered]}


def standings(
    votes: Sequence[Vote], lanes: Sequence[Lane], named: Callable[[Lane], str]
) -> tuple[Standing, ...]:
    """The score by what `named` calls a lane, best first. Lanes with the same name share their wins.

    Votes for a lane that is gone are left out.
    """
    ids = {lane.id for lane in lanes}
    counted = [vote for vote in votes if vote.winner is None or vote.winner in ids]
    wins = {named(lane): 0.0 for lane in lanes}
    for vote in counted:
        for lane in lanes:
            part = 1 / len(lanes) if vote.winner is None else float(lane.id == vote.winner)
            wins[named(lane)] += part
    names = [named(lane) for lane in lanes]
    made = [
        Standing(name, won, len(counted), *wilson(won, len(counted)), names.count(name) / len(names))
        for name, won in wins.items()
    ]
    return tuple(sorted(made, key=lambda standing: -standing.wins / standing.chance))


def wilson(wins: float, votes: int) -> tuple[float, float]:
    """Bounds of a share at 95 %, 0 to 1. Source: E. B. Wilson, JASA 22 (1927), 209–212."""
    if not votes:
        return 0.0, 1.0
    share, square = wins / votes, Z * Z
    middle = (share + square / (2 * votes)) / (1 + square / votes)
    reach = Z * sqrt(share * (1 - share) / votes + square / (4 * votes * votes)) / (1 + square / votes)
    return max(middle - reach, 0.0), min(middle + reach, 1.0)


def verdict(scores: Sequence[Standing]) -> str:
    """What the score says, and whether it says anything yet."""
    if not scores or not scores[0].votes:
        return "No votes yet."
    if len(scores) == 1:
        return "All lanes share this, so there is nothing to tell apart."
    first = scores[0]
    votes = "1 vote" if first.votes == 1 else f"{first.votes} votes"
    if first.wins / first.chance == scores[1].wins / scores[1].chance:
        return f"Level after {votes}: nobody is ahead."
    if first.low > first.chance:
        return (
            f"{first.name} is ahead after {votes}, by more than luck would explain: it is preferred in {first.low:.0%} to "
            f"{first.high:.0%} of cases, where {first.chance:.0%} would be chance."
        )
    return (
        f"{first.name} leads after {votes}, which may still be luck: its true share may be anything from {first.low:.0%} to "
        f"{first.high:.0%}, and {first.chance:.0%} would be chance."
    )


def _vote(entry: object) -> Vote | None:
    if not isinstance(entry, dict):
        return None
    turn, winner, by = entry.get("turn"), entry.get("winner"), entry.get("by", "person")
    is_one = (
        isinstance(turn, int) and (winner is None or isinstance(winner, str)) and by in ("person", "judge")
    )
    return Vote(turn, winner, by) if is_one and isinstance(turn, int) else None
