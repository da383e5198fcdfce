"""Which mode to take: a table of what each offers, and a questionnaire whose answers are weighed by rules one can read."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from services.turns import Mode

# Fewer points than this mean that a mode cannot be had at all where the application is to run.
RULED_OUT = -50
# Within so many points two modes are as good as each other.
CLOSE = 2


@dataclass(frozen=True, slots=True)
class Feature:
    """One line of the table: what it is about, and how each mode has it."""

    name: str
    in_mode: Mapping[Mode, str]


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to a question: points for each mode, and why."""

    label: str
    points: Mapping[Mode, int]
    reason: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question and its answers."""

    id: str
    asks: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """What to take and why. `against` is what speaks against it all the same; `runner_up` is nearly as good, if any.

    `ruled_out` are modes that cannot be had where the application is to run.
    """

    mode: Mode
    points: Mapping[Mode, int]
    reasons: tuple[str, ...]
    against: tuple[str, ...]
    runner_up: Mode | None
    ruled_out: tuple[Mode, ...]


def features() -> tuple[Feature, ...]:
    """The table of features."""
    return tuple(Feature(row["name"], {mode: row[mode.value] for mode in Mode}) for row in _data()["feature"])


def checked() -> date:
    """The day on which the table was true."""
    day: date = _data()["checked"]
    return day


@cache
def questions() -> tuple[Question, ...]:
    """The questionnaire, in order."""
    return tuple(
        Question(given["id"], given["asks"], tuple(_option(option) for option in given["option"]))
        for given in _data()["question"]
    )


def advise(answers: Mapping[str, str]) -> Advice | None:
    """The advice for these answers, option labels by question id; None before the first one. Unknown ones do not count."""
    chosen = [
        option
        for question in questions()
        for option in question.options
        if answers.get(question.id) == option.label
    ]
    if not chosen:
        return None
    points = {mode: sum(option.points[mode] for option in chosen) for mode in Mode}
    # Of equals the one that has the longest future wins; the order of preference is written out.
    preferred = (Mode.RESPONSES, Mode.CHAT_COMPLETIONS, Mode.ASSISTANTS)
    first, second, _ = sorted(preferred, key=lambda mode: -points[mode])
    return Advice(
        mode=first,
        points=points,
        reasons=tuple(o.reason for o in chosen if _speaks_for(o, first)),
        against=tuple(o.reason for o in chosen if o.points[first] < 0),
        runner_up=second if points[first] - points[second] <= CLOSE else None,
        ruled_out=tuple(mode for mode in Mode if points[mode] < RULED_OUT),
    )


def _speaks_for(option: Option, mode: Mode) -> bool:
    """Whether an answer is a reason for this mode: it gives it points, and more than it gives some other."""
    return option.points[mode] > 0 and option.points[mode] > min(option.points.values())


def _option(given: Mapping[str, Any]) -> Option:
    return Option(given["label"], {mode: given["points"][mode.value] for mode in Mode}, given["reason"])


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
