"""What a lesson is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from services.turns import Mode

MODEL_SETTING = re.compile(r'os\.environ\.get\(\s*"(\w*MODEL)",\s*"([^"]+)"')
DEFAULT_INPUT = re.compile(r'sys\.argv\[1\] if len\(sys\.argv\) > 1 else "([^"]*)"')


@dataclass(frozen=True, slots=True)
class Program:
    """A program of a lesson, shown as it is run. `mode` says which API it speaks; one that `is_live` can be run from its page."""

    path: Path
    mode: Mode
    is_live: bool

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def code(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def default_input(self) -> str | None:
        """What it works on unless told otherwise; None for one that takes no input."""
        found = DEFAULT_INPUT.search(self.code)
        return found.group(1) if found else None

    @property
    def model_setting(self) -> tuple[str, str]:
        """The environment variable that names its model, and the model where that is not set."""
        found = MODEL_SETTING.search(self.code)
        return (found.group(1), found.group(2)) if found else ("MODEL", "")


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to choose, and why it is right or wrong."""

    text: str
    why: str
    right: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A question with one right choice."""

    ask: str
    choices: tuple[Choice, ...]

    @property
    def right(self) -> int:
        """The index of the right choice."""
        return next(index for index, choice in enumerate(self.choices) if choice.right)


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson. `body` are stretches of Markdown and programs in reading order; `needs` the lessons before it."""

    slug: str
    title: str
    summary: str
    page: str
    needs: tuple[str, ...]
    body: tuple[str | Program, ...]
    questions: tuple[Question, ...]

    @property
    def programs(self) -> tuple[Program, ...]:
        return tuple(part for part in self.body if isinstance(part, Program))

    @property
    def minutes(self) -> int:
        """How long it takes: 200 words a minute, a minute for each program to run, and one for the questions."""
        words = sum(len(part.split()) for part in self.body if isinstance(part, str))
        return round(words / 200) + sum(program.is_live for program in self.programs) + 1
