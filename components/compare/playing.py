"""A scenario as it plays: its lanes set up, its messages sent one after the other, its verdict at the end."""

from __future__ import annotations

import streamlit as st

from components import state
from components.compare import scenarios
from components.compare.desk import MODES, Desk, new_lane
from services.compare.asking import NewMessage
from services.compare.scenarios import Scenario, next_step, playing, with_scenario


def begin(desk: Desk, scenario: Scenario) -> None:
    """Make a comparison with the scenario's lanes; the page plays it from then on. Raises AppError."""
    fitting = {mode: new_lane(desk.house, desk.choice, mode) for mode in MODES}
    lanes = scenario.lanes({mode: (lane.connection, lane.model) for mode, lane in fitting.items()})
    made = desk.house.comparisons.create(lanes, scenario.title, with_scenario({}, scenario))
    state.open_comparison(made.id)
    st.rerun()


def next_message(desk: Desk) -> NewMessage | None:
    """What the scenario says next; None while lanes answer, after Stop, at its end, and where none plays."""
    scenario = playing(desk.settings)
    step = next_step(scenario, desk.talks) if scenario is not None and not desk.live else None
    if scenario is None or step is None:
        return None
    if step.restart:
        desk.house.loop.forget_pools()
        state.notify(
            "Restarted: connections are closed, and all is read again from what is stored.",
            ":material/restart_alt:",
        )
    if desk.turns:
        return NewMessage(step.say)
    files = [(file.filename, file.data) for file in scenario.attachments()]
    given = {lane.id: files for lane, part in zip(desk.lanes, scenario.parts, strict=False) if part.files}
    return NewMessage(step.say, own_files=given)


def draw_caption(desk: Desk) -> None:
    """What to watch just now, while a scenario plays."""
    scenario = playing(desk.settings)
    if scenario is not None and not scenarios.is_over(scenario, desk.talks):
        scenarios.draw_caption(scenario, desk.talks)


def draw_verdict(desk: Desk) -> None:
    """The verdict, once the scenario is over."""
    scenario = playing(desk.settings)
    if scenario is not None and scenarios.is_over(scenario, desk.talks):
        scenarios.draw_verdict(scenario, desk.talks)
        st.space("small")
