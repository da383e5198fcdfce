"""A run as it happens: its state, its steps with times and tokens, and how long it may still wait."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import figures
from components.assistant import diagram
from components.plain import plain
from components.redraw import watched
from services.turns import StepChanged, Turn, Usage

STEP_LOOK = {
    "in_progress": ":violet[:material/progress_activity:]",
    "completed": ":green[:material/check_circle:]",
    "failed": ":red[:material/error:]",
    "cancelled": ":gray[:material/block:]",
    "expired": ":gray[:material/timer_off:]",
}
COUNTDOWN_S = 1.0


def draw(turn: Turn | None) -> None:
    """Draw the run of a turn."""
    run = turn.run if turn is not None else None
    diagram.draw(run.state if run else None)
    if turn is None or run is None:
        st.caption("A run is one answer of an assistant to a thread. Its states light up here as it happens.")
        return
    st.caption(f"{diagram.WORDS[run.state]}. `{run.run_id}`")
    if run.reason:
        st.caption(f":material/info: {plain(run.reason)}")
    draw_steps(turn)


@watched(COUNTDOWN_S)
def draw_countdown(expires_at: datetime) -> None:
    """How long a run still waits for its functions."""
    left_s = (expires_at - datetime.now(UTC)).total_seconds()
    if left_s > 0:
        st.caption(
            f":orange[:material/timer:] The run waits {int(left_s) // 60}:{int(left_s) % 60:02d} more, then it expires."
        )
    else:
        st.caption(":material/timer_off: The run has expired.")


def draw_steps(turn: Turn) -> None:
    """Each step in a line, and their sum."""
    steps = list(turn.steps.values())
    if not steps:
        return
    st.markdown("**Steps**")
    for number, step in enumerate(steps, 1):
        st.markdown(f"{STEP_LOOK[step.state]} {number}. {_name(step, turn)} {_figures(step)}")
    total = sum((step.usage for step in steps if step.usage), Usage())
    if total.total_tokens:
        st.caption(
            f"In all {figures.tokens(total.prompt_tokens)} → {figures.tokens(total.completion_tokens)} tokens"
        )


def _name(step: StepChanged, turn: Turn) -> str:
    if step.kind == "message_creation":
        return "wrote a message" if step.state == "completed" else "writes a message"
    names = {"file_search": "searched the files", "code_interpreter": "ran Python"}
    called = [turn.tool_steps[call].call.name for call in step.calls if call in turn.tool_steps]
    used = list(dict.fromkeys(names.get(name, f"called {plain(name)}") for name in called))
    return ", ".join(used) or "called tools"


def _figures(step: StepChanged) -> str:
    bits = []
    if step.ended_at is not None:
        bits.append(figures.seconds((step.ended_at - step.began_at).total_seconds()))
    if step.usage is not None and step.usage.total_tokens:
        bits.append(
            f"{figures.tokens(step.usage.prompt_tokens)} → {figures.tokens(step.usage.completion_tokens)}"
        )
    return f":gray-badge[{' · '.join(bits)}]" if bits else ""


class Following:
    """Draws the run of a live turn again whenever it has changed."""

    def __init__(self, slot: DeltaGenerator) -> None:
        self._slot = slot
        self._drawn: object = None

    def follow(self, turn: Turn) -> None:
        """Draw, if there is something new."""
        now = (turn.run, tuple(turn.steps.values()))
        if now != self._drawn:
            self._drawn = now
            with self._slot.container():
                draw(turn)
