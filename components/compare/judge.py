"""A model as judge, beside the person's own votes: which one, by which rubric, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import streamlit as st

from components import figures
from components.compare.looks import looks
from components.failures import show
from components.house import house, models
from components.plain import plain
from services.catalog import Model, describe
from services.clients import Connection
from services.compare import judge as judging
from services.compare.judge import Judgement
from services.compare.records import LaneTalk
from services.compare.votes import Vote, votes_in, with_vote
from services.errors import AppError
from services.retrieval.calls import Calls
from services.turns import Usage

KEY = "judge"
MODE = "judge"
TIMEOUT_S = 300.0

Save = Callable[[dict[str, Any]], None]


def draw(talks: Sequence[LaneTalk], numbers: Sequence[int], settings: Mapping[str, Any], save: Save) -> None:
    """Draw the judge for the turns `numbers`, counted from 1; `save` keeps what it says with the comparison."""
    with st.expander("Let a model judge, too", icon=":material/gavel:"):
        st.caption(
            "It reads message and answers without names, twice, with their order turned round, and must choose the same one both "
            "times: models like what they read first. They also like their own style, so take another model than those in the lanes."
        )
        offered = _offered(talks)
        label = st.selectbox("Judge", list(offered), key="judge-model", width=420)
        rubric = st.text_area(
            "Rubric", _kept(settings).get("rubric", judging.RUBRIC), key="judge-rubric", height=140
        )
        done = {vote.turn for vote in votes_in(settings) if vote.by == "judge"}
        waiting = [number for number in numbers if number not in done]
        if not waiting:
            st.caption("Every turn that all lanes have answered is judged.")
        elif label and st.button(
            f"Judge {figures.counted(len(waiting), 'turn')}", icon=":material/gavel:", key="judge-go"
        ):
            asked = {**_kept(settings), "rubric": rubric or "", "model": label}
            _judge(talks, waiting, offered[label], {**settings, KEY: asked}, save)
        _draw_reasons(talks, settings)


def _kept(settings: Mapping[str, Any]) -> dict[str, Any]:
    kept = settings.get(KEY)
    return dict(kept) if isinstance(kept, dict) else {}


def _offered(talks: Sequence[LaneTalk]) -> dict[str, tuple[Connection, Model]]:
    """Chat models of the connections in use, those that are in no lane first."""
    in_lanes = {(talk.lane.connection, talk.lane.model) for talk in talks}
    found: dict[str, tuple[Connection, Model]] = {}
    for connection in house().connections():
        if connection.name not in {name for name, _ in in_lanes}:
            continue
        listed: Sequence[dict[str, Any]] = ()
        with suppress(AppError):
            listed = models(connection)
        for entry in listed:
            model = describe(entry["id"], connection.name, entry)
            if model.kind == "chat":
                found[f"{model.id}, {connection.name}"] = (connection, model)
    return dict(sorted(found.items(), key=lambda item: (item[1][0].name, item[1][1].id) in in_lanes))


def _judge(
    talks: Sequence[LaneTalk],
    numbers: Sequence[int],
    chosen: tuple[Connection, Model],
    settings: Mapping[str, Any],
    save: Save,
) -> None:
    """Judge these turns by the rubric in the settings; each judgement is kept as soon as it is there."""
    kept = dict(settings)
    bar = st.progress(0.0, f"The judge reads {figures.counted(len(numbers), 'turn')}, each twice.")
    try:
        for done, number in enumerate(numbers, 1):
            said = _judge_turn(talks, number, chosen, kept[KEY]["rubric"])
            winner = None if said.winner is None else talks[said.winner].lane.id
            reasons = {**kept[KEY].get("reasons", {}), str(number): _reason(said)}
            kept = with_vote({**kept, KEY: {**kept[KEY], "reasons": reasons}}, Vote(number, winner, "judge"))
            save(kept)
            bar.progress(done / len(numbers), f"{done} of {figures.counted(len(numbers), 'turn')} judged.")
    except AppError as error:
        show(error)
        return
    st.rerun()


def _judge_turn(
    talks: Sequence[LaneTalk], number: int, chosen: tuple[Connection, Model], rubric: str
) -> Judgement:
    connection, model = chosen
    home = house()
    turns = [talk.turns[number - 1] for talk in talks]
    calls = Calls(home.ledger, home.budgets)

    def ask(text: str) -> str:
        def work() -> tuple[str, Usage]:
            asked = judging.ask_model(
                connection, home.loop.pool(connection.base_url), model, text, len(turns)
            )
            return home.loop.run(asked, TIMEOUT_S)

        return calls.make(model, MODE, work)

    return judging.judge(ask, turns[0].user.content, [turn.text for turn in turns], rubric)


def _reason(said: Judgement) -> str:
    first, second = said.reasons
    return (
        first if said.is_steady else f"Not steady. First it said: {first} Then, in the other order: {second}"
    )


def _draw_reasons(talks: Sequence[LaneTalk], settings: Mapping[str, Any]) -> None:
    reasons = _kept(settings).get("reasons", {})
    badges = dict(zip((t.lane.id for t in talks), looks([t.lane for t in talks]), strict=True))
    for vote in votes_in(settings):
        if vote.by == "judge" and str(vote.turn) in reasons:
            won = badges[vote.winner].badge if vote.winner in badges else ":gray-badge[none]"
            st.markdown(f"Turn {vote.turn} {won} {plain(str(reasons[str(vote.turn)]))}")
