"""Scenarios: talks that are played in the lanes and explained as they go, each with a verdict. Their texts lie in scenes/."""

from __future__ import annotations

import io
import tokenize
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from services.compare.records import Lane, LaneTalk
from services.compare.series import measured
from services.turns import Attachment, Mode, TurnStatus, new_id

SCENES = Path(__file__).parent / "scenes"
# In the order of the cards.
NAMES = ("chatbot", "tutor", "files", "code", "agent")
KEY = "scenario"
MEDIA_TYPES = {".pdf": "application/pdf", ".csv": "text/csv"}

Support = Literal["built in", "yours", "partly", "no", "gone"]


@dataclass(frozen=True, slots=True)
class Step:
    """One message of a scenario, and what to watch while it is answered. `restart` says that the page forgets all first."""

    say: str
    watch: str
    restart: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One lane of a scenario. `files` says whether the scenario's files go with it."""

    mode: Mode
    tools: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    files: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """One line of the verdict: what an application needs, and who provides it in each mode."""

    need: str
    support: Mapping[Mode, Support]
    note: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """A talk to play: its lanes, its messages with what to watch, and its verdict."""

    id: str
    title: str
    icon: str
    shows: str
    instructions: str
    parts: tuple[Part, ...]
    steps: tuple[Step, ...]
    needs: tuple[Need, ...]
    files: tuple[str, ...] = ()

    def lanes(self, connections: Mapping[Mode, tuple[str, str]]) -> tuple[Lane, ...]:
        """Fresh lanes; `connections` gives connection and model for each mode. Modes it lacks are left out."""
        return tuple(
            Lane(
                new_id("lane"),
                part.mode,
                *connections[part.mode],
                instructions=self.instructions,
                parameters=part.parameters,
                tools=part.tools,
            )
            for part in self.parts
            if part.mode in connections
        )

    def attachments(self) -> tuple[Attachment, ...]:
        """The scenario's files with their bytes."""
        return tuple(
            Attachment(name, MEDIA_TYPES[Path(name).suffix], (SCENES / "files" / name).read_bytes())
            for name in self.files
        )

    def program(self, mode: Mode) -> str:
        """The same talk as a program with the openai SDK, for this mode."""
        return (SCENES / "programs" / f"{self.id}-{mode.value}.py").read_text(encoding="utf-8")


@cache
def scenarios() -> tuple[Scenario, ...]:
    """All scenarios in the order of their cards."""
    return tuple(_read(name) for name in NAMES)


def playing(settings: Mapping[str, Any]) -> Scenario | None:
    """The scenario that a comparison plays, by its settings."""
    return next((scenario for scenario in scenarios() if scenario.id == settings.get(KEY)), None)


def with_scenario(settings: Mapping[str, Any], scenario: Scenario) -> dict[str, Any]:
    """A comparison's settings that say which scenario it plays."""
    return {**settings, KEY: scenario.id}


def steps_played(scenario: Scenario, talks: Sequence[LaneTalk]) -> int:
    """How many of its messages have been sent to every lane. What the person asked besides does not count twice."""
    sent = [[turn.user.content.strip() for turn in talk.turns] for talk in talks]
    played = 0
    for step in scenario.steps:
        if not sent or not all(step.say.strip() in said for said in sent):
            break
        played += 1
    return played


def next_step(scenario: Scenario, talks: Sequence[LaneTalk]) -> Step | None:
    """What to send next: None while a lane still answers, after a lane was stopped, and at the end."""
    newest = [talk.turns[-1] for talk in talks if talk.turns]
    if any(not turn.is_final or turn.status is TurnStatus.STOPPED for turn in newest):
        return None
    played = steps_played(scenario, talks)
    return scenario.steps[played] if played < len(scenario.steps) else None


def lines_of_code(program: str) -> int:
    """Lines that hold code: no blank lines, comments or texts that only explain."""
    held: set[int] = set()
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    before = tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(program).readline):
        is_docstring = token.type == tokenize.STRING and before in (tokenize.NEWLINE, tokenize.INDENT)
        if token.type not in (*skipped, tokenize.ENDMARKER) and not is_docstring:
            held.update(range(token.start[0], token.end[0] + 1))
        if token.type not in (tokenize.NL, tokenize.COMMENT):
            before = token.type
    return len(held)


@dataclass(frozen=True, slots=True)
class Took:
    """What a lane's talk took in all. None where a server or price list does not say."""

    sent_tokens: int
    sent_bytes: int
    billed_tokens: int | None
    cost_usd: Decimal | None
    mean_ttft_s: float | None
    failed: int


def took(talk: LaneTalk) -> Took:
    """The sums over a lane's turns."""
    turns = measured(talk)
    done = [turn for turn in turns if turn.is_done]
    billed = [turn.billed_tokens for turn in done]
    costs = [turn.cost_usd for turn in done]
    firsts = [turn.ttft_s for turn in done if turn.ttft_s is not None]
    return Took(
        sent_tokens=sum(turn.sent_tokens for turn in turns),
        sent_bytes=sum(turn.sent_bytes for turn in turns),
        billed_tokens=sum(filter(None, billed)) if None not in billed else None,
        cost_usd=sum((cost or Decimal(0) for cost in costs), Decimal(0)) if None not in costs else None,
        mean_ttft_s=sum(firsts) / len(firsts) if firsts else None,
        failed=len(turns) - len(done),
    )


def _read(name: str) -> Scenario:
    content = tomllib.loads((SCENES / f"{name}.toml").read_text(encoding="utf-8"))
    return Scenario(
        id=name,
        title=content["title"],
        icon=content["icon"],
        shows=content["shows"],
        instructions=content["instructions"],
        parts=tuple(_part(given) for given in content["lanes"]),
        steps=tuple(Step(**given) for given in content["step"]),
        needs=tuple(_need(given) for given in content["verdict"]),
        files=tuple(content.get("files", ())),
    )


def _part(given: Mapping[str, Any]) -> Part:
    return Part(
        Mode(given["mode"]),
        tuple(given.get("tools", ())),
        given.get("parameters", {}),
        given.get("files", False),
    )


def _need(given: Mapping[str, Any]) -> Need:
    return Need(given["need"], {mode: given[mode.value] for mode in Mode}, given["note"])
