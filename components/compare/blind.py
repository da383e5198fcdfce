"""Blind mode: the answers without names, a vote on each message, and the score with how sure it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from components import figures
from components.compare import judge
from components.compare.looks import LaneLook, looks
from components.markdown import to_markdown
from components.modes import LOOKS
from components.plain import plain
from components.turn_view import footer_line, parts
from services.compare.labels import labels
from services.compare.records import Comparison, Lane, LaneTalk
from services.compare.votes import (
    LETTERS,
    Standing,
    Vote,
    blind_order,
    standings,
    verdict,
    votes_in,
    with_vote,
)

NO_WINNER = "none"
REVEALED = "blind_revealed_turn"


def draw(
    comparison: Comparison,
    talks: Sequence[LaneTalk],
    settings: Mapping[str, Any],
    save: Callable[[dict[str, Any]], None],
) -> None:
    """Draw the turns all lanes have answered, newest first, to be voted on; `save` keeps the settings with the vote."""
    numbers = _answered(talks)
    st.caption(
        "You read the answers as A, B, C, in another order for each message, and learn who wrote them once you have voted."
    )
    if not numbers:
        st.info(
            "Send a message first. When all lanes have answered, vote here.", icon=":material/how_to_vote:"
        )
    votes = {vote.turn: vote for vote in votes_in(settings) if vote.by == "person"}
    for number in reversed(numbers):
        chosen = _draw_turn(comparison, talks, number, votes.get(number))
        if chosen is not None:
            save(with_vote(settings, chosen))
            st.session_state[REVEALED] = number
            st.rerun()
    if numbers:
        judge.draw(talks, numbers, settings, save)
    draw_score(comparison.lanes, votes_in(settings))


def _answered(talks: Sequence[LaneTalk]) -> list[int]:
    """Numbers, from 1, of the turns in which every lane has an answer."""
    least = min((len(talk.turns) for talk in talks), default=0)
    return [
        n + 1 for n in range(least) if all(talk.turns[n].is_final and talk.turns[n].text for talk in talks)
    ]


def _draw_turn(
    comparison: Comparison, talks: Sequence[LaneTalk], number: int, vote: Vote | None
) -> Vote | None:
    by_id = {talk.lane.id: talk for talk in talks}
    order = blind_order(comparison.id, number, list(by_id))
    seen = dict(zip(by_id, looks([talk.lane for talk in talks]), strict=True))
    asked = " ".join(talks[0].turns[number - 1].user.content.split())
    slot = (
        st.container(border=True)
        if vote is None
        else st.expander(
            f"Turn {number}: {plain(asked[:80])}",
            expanded=st.session_state.get(REVEALED) == number,
            icon=":material/how_to_vote:",
        )
    )
    with slot:
        if vote is None:
            st.markdown(f"**Turn {number}** · {plain(asked)}")
        for column, letter, lane_id in zip(st.columns(len(order)), LETTERS, order, strict=False):
            with column:
                _draw_answer(letter, by_id[lane_id], seen[lane_id], number, vote)
        return _ask(number, order) if vote is None else None


def _draw_answer(letter: str, talk: LaneTalk, look: LaneLook, number: int, vote: Vote | None) -> None:
    turn = talk.turns[number - 1]
    is_best = vote is not None and vote.winner == talk.lane.id
    revealed = f" {look.badge}" if vote is not None else ""
    st.markdown(f"**{letter}**{revealed}" + (" :material/trophy: your vote" if is_best else ""))
    for part in parts(turn):
        if isinstance(part, str):
            st.markdown(to_markdown(part))
    if vote is not None:
        st.caption(footer_line(turn))


def _ask(number: int, order: Sequence[str]) -> Vote | None:
    chosen: Vote | None = None
    with st.container(horizontal=True):
        for letter, lane_id in zip(LETTERS, order, strict=False):
            if st.button(f"{letter} is best", key=f"vote-{number}-{letter}"):
                chosen = Vote(number, lane_id)
        if st.button("None is better", key=f"vote-{number}-{NO_WINNER}", type="tertiary"):
            chosen = Vote(number, None)
    return chosen


# --- the score --------------------------------------------------------------------------------

_BY: dict[str, Callable[[Lane], str]] = {
    "Mode": lambda lane: LOOKS[lane.mode].label,
    "Model": lambda lane: lane.model,
}


def draw_score(lanes: Sequence[Lane], votes: Sequence[Vote]) -> None:
    """Draw who is ahead by lane, mode or model, and whether that is more than luck."""
    if not votes:
        return
    st.markdown("**Score**")
    by = st.segmented_control(
        "Score by",
        ["Lane", *_BY],
        default="Lane",
        required=True,
        key="blind-score-by",
        label_visibility="collapsed",
    )
    own = dict(zip((lane.id for lane in lanes), labels(lanes), strict=True))
    named = _BY.get(by or "", lambda lane: own[lane.id])
    for voter, title in (("person", "Your votes"), ("judge", "The judge's votes")):
        mine = [vote for vote in votes if vote.by == voter]
        if mine:
            scores = standings(mine, lanes, named)
            st.caption(f"{title}. {plain(verdict(scores))}")
            st.dataframe(
                [_row(score) for score in scores],
                hide_index=True,
                column_config={
                    "Share": st.column_config.ProgressColumn(min_value=0, max_value=1, format="percent")
                },
                alt=f"{title}: wins of each, and the range its true share lies in",
            )


def _row(score: Standing) -> dict[str, Any]:
    return {
        "Name": score.name,
        "Wins": f"{score.wins:.3g} of {figures.counted(score.votes, 'vote')}",
        "Share": score.share,
        "True share lies between": f"{score.low:.0%} and {score.high:.0%}",
    }
