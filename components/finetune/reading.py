"""A data set read and checked, remembered until it changes."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from components.house import House
from components.sidebar import Choice
from services.tuning.checking import Report, check
from services.tuning.models import Trainable, at_home, at_openai, base_of, trainable
from services.tuning.records import DataSet, Line
from services.tuning.splitting import Split, split

BASE = "finetune-base"
MOST_KEPT = 8


@dataclass(frozen=True, slots=True)
class Read:
    """A data set with its lines, what the checks say of them, and how they are split."""

    data_set: DataSet
    lines: tuple[Line, ...]
    report: Report
    split: Split
    base: Trainable

    def id_of(self, number: int) -> int:
        """The id of the line with this number, counted from 1."""
        return self.lines[number - 1].id


def bases(choice: Choice) -> list[Trainable]:
    """The models that can be trained at the connection at hand."""
    if choice.connection.is_local:
        return list(at_home())
    if choice.connection.kind == "openai":
        return list(at_openai())
    return [trainable(base_of(choice.model.id))]


def chosen_base(choice: Choice) -> Trainable:
    """The base model that is to be trained; checks and prices go by it."""
    offered = {one.id: one for one in bases(choice)}
    return offered.get(st.session_state.get(BASE, ""), next(iter(offered.values())))


def read(house: House, data_set: DataSet, base: Trainable) -> Read:
    """The data set as it is now. Raises NotFound when it is gone."""
    return _read(data_set.id, data_set.revision, base.id, base, data_set, house)


@st.cache_resource(max_entries=MOST_KEPT, show_spinner="Checking every line")
def _read(
    data_set_id: str, revision: int, base_id: str, _base: Trainable, _data_set: DataSet, _house: House
) -> Read:
    lines = tuple(_house.data_sets.lines(data_set_id))
    report = check([line.text for line in lines], _base)
    parted = split(report.examples, _data_set.validation_share, _data_set.seed)
    return Read(_data_set, lines, report, parted, _base)
