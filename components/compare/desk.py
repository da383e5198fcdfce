"""What the comparison page works on: the comparison the address names, or lanes that are still being set up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from components import state
from components.house import House, models
from components.sidebar import Choice
from services import catalog
from services.clients import Connection
from services.compare.checks import LONGEST_REPLY, notices
from services.compare.lane_json import from_rows, to_rows
from services.compare.lane_turn import LaneWay
from services.compare.records import Comparison, Lane, LaneTalk
from services.connections import upstream_name
from services.errors import AppError, InvalidInput, NotFound
from services.live import LiveTurn
from services.turns import Mode, new_id

DRAFT_PREFERENCE = "compare_lanes"
INSTRUCTIONS = "Answer in a few short sentences."
MODES = (Mode.CHAT_COMPLETIONS, Mode.ASSISTANTS, Mode.RESPONSES)
ANSWERS = 12
"""So many answers are drawn at first; older ones on request, since a browser takes longer over each than we do."""
BLIND = "blind"

Wire = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """One run of the page. `comparison` is None while the lanes are being set up; `live` are turns on their way, by lane."""

    house: House
    choice: Choice
    connections: tuple[Connection, ...]
    comparison: Comparison | None
    talks: tuple[LaneTalk, ...]
    live: Mapping[str, LiveTurn]

    @property
    def lanes(self) -> tuple[Lane, ...]:
        return tuple(talk.lane for talk in self.talks)

    @property
    def settings(self) -> Wire:
        """What belongs to the comparison besides its lanes."""
        return dict(self.comparison.settings) if self.comparison else {}

    @property
    def turns(self) -> int:
        """How many messages have been sent."""
        return max((len(talk.turns) for talk in self.talks), default=0)

    @property
    def window(self) -> int:
        """How many messages are shown at first with their answers."""
        return max(1, ANSWERS // len(self.talks))

    @property
    def is_blind(self) -> bool:
        """Whether answers are shown without the names of their lanes."""
        return bool(self.settings.get(BLIND))

    def way(self, lane: Lane) -> LaneWay | AppError:
        """How a lane travels, or why it cannot."""
        connection = self.connection(lane)
        if connection is None:
            return InvalidInput(
                f"There is no connection named {lane.connection} any more. Choose another one for this lane."
            )
        if lane.mode is Mode.ASSISTANTS and not connection.is_local:
            return InvalidInput(notices(lane, self.model(lane), connection)[0])
        key = state.typed_keys().get(upstream_name(self.house.settings), "") if connection.is_local else ""
        model = self.model(lane)
        return LaneWay(connection, model, "" if model.local else key)

    def ways(self) -> dict[str, LaneWay | AppError]:
        """How each lane travels."""
        return {lane.id: self.way(lane) for lane in self.lanes}

    def connection(self, lane: Lane) -> Connection | None:
        """The connection a lane names."""
        return next((c for c in self.connections if c.name == lane.connection), None)

    def model(self, lane: Lane) -> catalog.Model:
        """What is known of a lane's model."""
        return describe(self.connection(lane), lane)

    def notices(self, lane: Lane) -> list[str]:
        """What to know before the lane is asked."""
        return notices(lane, self.model(lane), self.connection(lane))

    # --- changing lanes -----------------------------------------------------------------------

    def change_lane(self, lane: Lane) -> None:
        """Put a lane in place of the one with its id. Raises AppError."""
        if self.comparison is None:
            self._draft([lane if known.id == lane.id else known for known in self.lanes])
        else:
            self.house.comparisons.change_lane(self.comparison.id, lane)

    def add_lane(self, lane: Lane, like: LaneTalk | None = None) -> None:
        """Add a lane, with the turns of another where one is named; else it answers what was asked so far by itself."""
        fresh = replace(lane, id=new_id("lane"), conversation_id=None)
        if self.comparison is None:
            self._draft([*self.lanes, fresh])
        else:
            self.house.comparisons.add_lane(self.comparison.id, fresh, like.turns if like else ())

    def remove_lane(self, lane: Lane) -> None:
        """Remove a lane with its turns. Raises AppError."""
        if self.comparison is None:
            self._draft([known for known in self.lanes if known.id != lane.id])
        else:
            ids = self.house.comparisons.on_server(lane)
            self.house.comparisons.remove_lane(self.comparison.id, lane.id)
            self.house.comparing.forget_on_server(self.way(lane), ids)

    def save(self, settings: Mapping[str, Any]) -> None:
        """Keep what belongs to the comparison besides its lanes."""
        if self.comparison is not None:
            self.house.comparisons.set_settings(self.comparison.id, settings)

    def begun(self) -> Comparison:
        """The comparison; made of the lanes that were set up when there is none yet. Raises AppError."""
        if self.comparison is not None:
            return self.comparison
        made = self.house.comparisons.create(self.lanes)
        state.open_comparison(made.id)
        return made

    def _draft(self, lanes: Sequence[Lane]) -> None:
        self.house.preferences.set(DRAFT_PREFERENCE, to_rows(lanes))


def describe(connection: Connection | None, lane: Lane) -> catalog.Model:
    """What is known of a lane's model; less when its server cannot be asked just now."""
    listed = None
    if connection is not None:
        with suppress(AppError):
            listed = next((entry for entry in models(connection) if entry["id"] == lane.model), None)
    return catalog.describe(lane.model, lane.connection, listed)


def open_desk(house: House, choice: Choice) -> Desk:
    """Everything the page needs to draw. Raises AppError."""
    connections = house.connections()
    comparison = _comparison(house)
    if comparison is None:
        talks = tuple(LaneTalk(lane, ()) for lane in _draft_lanes(house, choice))
        return Desk(house, choice, connections, None, talks, {})
    talks = house.comparing.talks(comparison)
    return Desk(house, choice, connections, comparison, talks, house.comparing.live(talks))


def _comparison(house: House) -> Comparison | None:
    comparison_id = state.comparison_id()
    if comparison_id is None:
        return None
    try:
        return house.comparisons.get(comparison_id)
    except NotFound as error:
        state.open_comparison(None)
        state.keep_typed()
        state.fail(error.user_message)
        st.rerun()


def _draft_lanes(house: House, choice: Choice) -> tuple[Lane, ...]:
    """The lanes that were last set up, as far as they can still be read; else one for each mode."""
    with suppress(ValueError, TypeError):
        kept = from_rows(house.preferences.get(DRAFT_PREFERENCE) or [])
        if kept:
            return tuple(replace(lane, conversation_id=None) for lane in kept)
    # Ids that stay the same from run to run: the widgets of a lane hang on them.
    return tuple(replace(new_lane(house, choice, mode), id=f"lane_{mode.value}") for mode in MODES)


def forget_draft(house: House) -> None:
    """Begin the next comparison with a lane for each mode."""
    house.preferences.delete(DRAFT_PREFERENCE)


def new_lane(house: House, choice: Choice, mode: Mode) -> Lane:
    """A lane with the model that is chosen; Assistants are spoken by our own server alone."""
    own = house.assistants.connection.name
    is_own = mode is Mode.ASSISTANTS or (mode is Mode.RESPONSES and choice.connection.kind != "openai")
    connection = own if is_own else choice.connection.name
    parameters = {LONGEST_REPLY[mode]: 300} if choice.model.local else {}
    return Lane(new_id("lane"), mode, connection, choice.model.id, INSTRUCTIONS, parameters)
