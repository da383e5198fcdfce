"""The lanes side by side: their headers, each message with its answers beside each other, and answers as they grow."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import figures, server_files, state, waiting
from components.citations import chips
from components.compare import figures_row, lane_settings
from components.compare.desk import Desk
from components.compare.looks import LaneLook, looks
from components.failures import show
from components.plain import plain
from components.stream import FRAME_S, Growing, stops
from components.turn_view import AVATAR, draw_answer, draw_message
from services.compare.asking import behind, may_catch_up
from services.compare.figures import Figures, best
from services.compare.figures import figures as figures_of
from services.compare.records import LANES_MAX, LANES_MIN, Lane, LaneTalk
from services.errors import AppError
from services.live import LiveTurn
from services.turns import Turn

EDIT, DUPLICATE, REMOVE = "Mode, model, tools", "Duplicate with its talk", "Remove"
MENU = {
    EDIT: ":material/tune: ",
    DUPLICATE: ":material/content_copy: ",
    REMOVE: ":material/delete: ",
}

Places = dict[str, DeltaGenerator]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person wants of one lane: another answer to its last message, or to go on with those it missed."""

    talk: LaneTalk
    is_again: bool


def draw_headers(desk: Desk) -> None:
    """Draw what each lane is, and what can be done with it."""
    for column, lane, look in zip(_columns(desk), desk.lanes, looks(desk.lanes), strict=True):
        with column, st.container(border=True, gap="xsmall", height="stretch"):
            _draw_header(desk, lane, look)


def _columns(desk: Desk) -> list[DeltaGenerator]:
    return st.columns(len(desk.lanes), gap="small")


def _draw_header(desk: Desk, lane: Lane, look: LaneLook) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f":{look.colour}[{look.icon} **{plain(look.label)}**]", width="content")
        st.space("stretch")
        choice = st.menu_button(
            "Set up",
            [EDIT, DUPLICATE, *([REMOVE] if len(desk.lanes) > LANES_MIN else [])],
            format_func=lambda option: MENU[option] + option,
            key=f"lane-menu-{lane.id}",
            type="tertiary",
            icon=":material/settings:",
        )
    model = desk.model(lane)
    place = ":material/memory: local" if model.local else f":material/cloud: {plain(lane.connection)}"
    st.caption(f"{plain(lane.model)} · {place}")
    for notice in desk.notices(lane):
        st.caption(f":orange[:material/warning:] {plain(notice)}")
    if waits := len(lane_settings.own_files().get(lane.id, ())):
        st.caption(f":material/attach_file: {figures.counted(waits, 'file')} with the next message")
    if choice is not None:
        _change(desk, lane, choice)


def _change(desk: Desk, lane: Lane, choice: str) -> None:
    talk = next(talk for talk in desk.talks if talk.lane.id == lane.id)
    if choice == EDIT:
        lane_settings.edit(desk, lane)
        return
    if choice == REMOVE and talk.turns:
        _removal(desk, lane)
        return
    if choice == DUPLICATE and len(desk.lanes) >= LANES_MAX:
        state.fail(f"A comparison has at most {LANES_MAX} lanes. Remove one first.")
        st.rerun()
    if choice == REMOVE:
        desk.remove_lane(lane)
    else:
        desk.add_lane(lane, like=talk)
    st.rerun()


@st.dialog("Remove this lane", icon=":material/delete:")
def _removal(desk: Desk, lane: Lane) -> None:
    st.markdown("Its answers will be gone for good, here and on its server. The other lanes stay.")
    with st.container(horizontal=True):
        if st.button("Remove", type="primary", icon=":material/delete_forever:", key="remove-lane"):
            _end(desk, lane)
            try:
                desk.remove_lane(lane)
            except AppError as error:
                show(error)
            else:
                st.rerun()
        if st.button("Keep", key="keep-lane"):
            st.rerun()


def _end(desk: Desk, lane: Lane) -> None:
    live = desk.live.get(lane.id)
    if live is not None:
        live.stop()
        live.join()


# --- turns ------------------------------------------------------------------------------------


def draw_turns(desk: Desk, live: Mapping[str, LiveTurn]) -> tuple[Places, Wish | None]:
    """Draw the newest turns. Gives the places where answers on their way grow, and what the person wants of a lane."""
    shown, total = st.session_state.get(state.SHOWN, desk.window), desk.turns
    first = max(0, total - shown)
    if first and st.button("Show earlier messages", icon=":material/expand_less:", key="earlier"):
        st.session_state[state.SHOWN] = shown + 2 * desk.window
        st.rerun()
    told = [figures_of(talk, first) for talk in desk.talks]
    seen, places, wish = looks(desk.lanes), Places(), None
    for number in range(first, total):
        row = [talk.turns[number] if number < len(talk.turns) else None for talk in desk.talks]
        figures_of_row = [of[number - first] if number - first < len(of) else None for of in told]
        grown, wanted = _Row(desk, number, row, figures_of_row, seen).draw(live)
        places |= grown
        wish = wanted or wish
    return places, wish


@dataclass(frozen=True, slots=True)
class _Row:
    """A message and what the lanes answered to it."""

    desk: Desk
    number: int
    turns: Sequence[Turn | None]
    figures: Sequence[Figures | None]
    looks: Sequence[LaneLook]

    def draw(self, live: Mapping[str, LiveTurn]) -> tuple[Places, Wish | None]:
        asked = next(turn for turn in self.turns if turn is not None)
        with st.chat_message("user", avatar=AVATAR["user"]):
            draw_message(asked.user)
        wish, places = None, Places()
        bold = best(self.turns, self.figures)
        for index, column in enumerate(_columns(self.desk)):
            talk, turn, look = self.desk.talks[index], self.turns[index], self.looks[index]
            with column, st.container(border=True, gap="small", height="stretch"):
                st.markdown(f":small[:{look.colour}[{look.icon} {plain(look.label)}]]")
                if turn is None:
                    wish = self._draw_missing(talk) or wish
                elif (growing := live.get(talk.lane.id)) is not None and growing.turn.id == turn.id:
                    places[talk.lane.id] = st.container()
                else:
                    draw_answer(turn, is_framed=False)
                    if cited := chips(turn.citations, key=turn.id):
                        server_files.show_source(cited)
                    told = self.figures[index]
                    if told is not None and turn.is_final:
                        st.caption(figures_row.line(told, bold[index]))
                    wish = self._draw_again(talk, turn, live) or wish
        return places, wish

    def _draw_missing(self, talk: LaneTalk) -> Wish | None:
        """A lane that was added later answers what was asked before, one message after the other."""
        waits = behind(self.desk.talks).get(talk.lane.id, 0)
        st.caption(f"Not asked yet: {figures.counted(waits, 'message')} to catch up with.")
        is_next = self.number == len(talk.turns)
        may_go_on = is_next and not may_catch_up(talk) and not self.desk.live
        if may_go_on and st.button("Go on", icon=":material/play_arrow:", key=f"go-on-{talk.lane.id}"):
            return Wish(talk, is_again=False)
        return None

    def _draw_again(self, talk: LaneTalk, turn: Turn, live: Mapping[str, LiveTurn]) -> Wish | None:
        is_last = self.number == len(talk.turns) - 1
        if not is_last or talk.lane.id in live:
            return None
        if st.button(
            "Answer again",
            icon=":material/refresh:",
            type="tertiary",
            key=f"again-{turn.id}",
            help="This lane alone answers the message once more.",
        ):
            return Wish(talk, is_again=True)
        return None


# --- answers on their way ---------------------------------------------------------------------


def draw_stop(live: Mapping[str, LiveTurn]) -> None:
    """A button that ends all answers: the message box has one only while it was what began them."""

    def stop() -> None:
        for one in live.values():
            one.stop()

    st.button("Stop all", icon=":material/stop_circle:", key="stop-all", on_click=stop)


def draw_waiting(desk: Desk) -> DeltaGenerator | None:
    """The message that is being answered, for a page that does not show by whom; the place to say how far that is."""
    if not desk.live:
        return None
    with st.chat_message("user", avatar=AVATAR["user"]):
        draw_message(next(iter(desk.live.values())).turn.user)
    draw_stop(desk.live)
    return st.empty()


def follow(
    desk: Desk, live: Mapping[str, LiveTurn], places: Places, status: DeltaGenerator | None = None
) -> None:
    """Draw all answers as they grow, at most twenty frames a second in all, until the last has ended; then run the page again.

    Stop ends all of them. A click elsewhere only ends this drawing: the turns go on and the next run joins them.
    """
    with stops(*live.values()):
        growing = []
        for lane in desk.lanes:
            if lane.id in places and lane.id in live:
                with places[lane.id]:
                    growing.append(Growing(live[lane.id], _waiting_for(desk, lane), is_framed=False))
        while not all(one.done for one in live.values()):
            began = time.monotonic()
            for answer in growing:
                answer.frame()
            if status is not None:
                done = len(desk.lanes) - sum(not one.done for one in live.values())
                status.caption(f":shimmer[{done} of {len(desk.lanes)} lanes have answered]")
            state.let_go_typed()
            time.sleep(max(0.0, FRAME_S - (time.monotonic() - began)))
    st.rerun()


def _waiting_for(desk: Desk, lane: Lane) -> Callable[[Turn, float], str]:
    way = desk.way(lane)
    if isinstance(way, AppError) or not way.model.local:
        return lambda turn, elapsed_s: f"Waiting for {plain(turn.model)}, {figures.seconds(elapsed_s)}"
    return lambda turn, elapsed_s: waiting.waiting_for(way.connection, turn, elapsed_s, None)
