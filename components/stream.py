"""A turn while it is being answered: drawn as it grows, at most twenty times a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime import get_instance
from streamlit.runtime.scriptrunner import StopException, get_script_run_ctx

from components import figures, state
from components.modes import LOOKS
from components.turn_view import AVATAR, Part, draw_message, draw_part, parts
from services.live import LiveTurn
from services.turns import Mode, ToolStep, Turn

FRAME_S = 0.05
TOUCH_S = 0.1


def draw_live_turn(
    live: LiveTurn,
    waiting_for: Callable[[Turn, float], str],
    on_frame: Callable[[], None],
    *,
    own_stop: bool,
    below_question: Callable[[], None] | None = None,
) -> None:
    """Draw the turn until it ends, then run the page again to show it finished.

    Stop ends the turn; `own_stop` draws a button for it, since the input has one only while it was what began the
    turn. A click elsewhere only ends this drawing: the turn goes on and the next run joins it.
    """
    with stops(live):
        with st.chat_message("user", avatar=AVATAR["user"]):
            draw_message(live.turn.user)
            if below_question is not None:
                below_question()
        growing = Growing(live, waiting_for, own_stop=own_stop)
        while not live.done:
            live.wait(growing.version, TOUCH_S)
            if growing.frame():
                live.wait(growing.version, FRAME_S)
            on_frame()
            if live.turn.mode is not Mode.ASSISTANTS or live.turn.run is not None:
                state.let_go_typed()  # a thread has the message when it has its run; elsewhere it was kept first
        state.let_go_typed()
    st.rerun()


@contextmanager
def stops(*lives: LiveTurn) -> Iterator[None]:
    """Stop in here ends these turns too."""
    try:
        yield
    except StopException:
        # Nothing of Streamlit may be touched from here on; a reload looks like Stop but has no page left.
        if _page_is_open():
            for live in lives:
                live.stop()
        raise


class Growing:
    """An answer where it grows, and the line below it. Made where it is to be drawn; a frame is the one of the chat."""

    def __init__(
        self,
        live: LiveTurn,
        waiting_for: Callable[[Turn, float], str],
        *,
        own_stop: bool = False,
        is_framed: bool = True,
    ) -> None:
        self.version = -1
        self._live, self._waiting_for = live, waiting_for
        self._drawn: list[tuple[Part, DeltaGenerator]] = []
        self._slots, self._status = (
            _places(live, own_stop=own_stop) if is_framed else (st.container(), st.empty())
        )

    def frame(self) -> bool:
        """Draw what has changed, if anything. Touching Streamlit here is what lets Stop through while nothing arrives."""
        live = self._live
        has_changed = live.version != self.version
        if has_changed:
            self.version = live.version
            _draw_changes(list(parts(live.turn)), self._drawn, self._slots)
        self._status.caption(_status_line(live, self._waiting_for, bool(self._drawn)))
        return has_changed


def _places(live: LiveTurn, *, own_stop: bool) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Where the answer grows, and the line below it."""
    with st.chat_message("assistant", avatar=LOOKS[live.turn.mode].icon):
        slots = st.container()
        with st.container(horizontal=True, vertical_alignment="center"):
            status = st.empty()
            if own_stop:
                st.button(
                    "Stop", icon=":material/stop_circle:", key=f"stop-{live.turn.id}", on_click=live.stop
                )
    return slots, status


def _draw_changes(now: list[Part], drawn: list[tuple[Part, DeltaGenerator]], slots: DeltaGenerator) -> None:
    for index, part in enumerate(now):
        if index == len(drawn):
            drawn.append(("", slots.empty()))
        before, slot = drawn[index]
        if part != before:
            with slot.container():
                draw_part(part)
            drawn[index] = (part, slot)


def _status_line(live: LiveTurn, waiting_for: Callable[[Turn, float], str], begun: bool) -> str:
    running = [s for s in live.turn.tool_steps.values() if isinstance(s, ToolStep) and s.state == "running"]
    if running:
        return f":shimmer[Running {running[-1].call.name.replace('_', ' ')}]"
    if not begun:
        return f":shimmer[{waiting_for(live.turn, live.elapsed_s)}]"
    return f"{figures.seconds(live.elapsed_s)}"


def _page_is_open() -> bool:
    """Whether the browser of this session is still connected."""
    context = get_script_run_ctx(suppress_warning=True)
    return context is None or get_instance().is_active_session(context.session_id)
