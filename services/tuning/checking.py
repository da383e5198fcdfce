"""A data set held against the rules: every line by itself, then the whole; and all fixes at once."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.tuning.checks.messages import messages
from services.tuning.checks.private import PRIVATE, private
from services.tuning.checks.shape import keys, wrong_shape
from services.tuning.checks.text import Unreadable, marks, parsed
from services.tuning.checks.tools import tools
from services.tuning.counting import example_tokens
from services.tuning.models import Trainable
from services.tuning.records import MIN_EXAMPLES, Example, Finding

MOST_FIXES = 60
MAX_EXAMPLE_TOKENS = 65_536


@dataclass(frozen=True, slots=True)
class Checked:
    """A line read: its example where it is one, its tokens, and what was found."""

    number: int
    text: str
    example: Example | None
    tokens: int | None
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        """Whether a server would take the line."""
        return self.example is not None and not any(f.severity == "error" for f in self.findings)


@dataclass(frozen=True, slots=True)
class Report:
    """A whole data set read. `about_all` are findings of no single line."""

    lines: tuple[Checked, ...]
    about_all: tuple[Finding, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, those of the whole first, then by line."""
        return (*self.about_all, *(finding for line in self.lines for finding in line.findings))

    @property
    def examples(self) -> tuple[Checked, ...]:
        """The lines a server would take."""
        return tuple(line for line in self.lines if line.is_sound)

    @property
    def errors(self) -> int:
        """How many findings make a server refuse the file."""
        return sum(finding.severity == "error" for finding in self.findings)


def check_line(number: int, text: str, model: Trainable | None = None) -> Checked:
    """One line held against the rules."""
    found = list(marks(text))
    example: dict[str, Any] | None = None
    tokens = None
    try:
        value, odd = parsed(text)
        found += odd
        shape = list(wrong_shape(value))
        found += shape
        if not shape:
            example = value
            found += [*keys(value), *messages(value), *tools(value)]
            tokens = example_tokens(value, model.id if model else "")
            found += _length(tokens, model)
    except Unreadable as problem:
        found.append(problem.finding)
    found += private(text)
    return Checked(number, text, example, tokens, tuple(replace(one, line=number) for one in found))


def check(texts: Sequence[str], model: Trainable | None = None) -> Report:
    """A whole data set held against the rules of a base model."""
    lines = [check_line(number, text, model) for number, text in enumerate(texts, 1)]
    for number, finding in _between(lines):
        line = lines[number - 1]
        lines[number - 1] = replace(line, findings=(*line.findings, finding))
    sound = sum(line.is_sound for line in lines)
    few = Finding(
        "too_few",
        "error",
        f"{sound} of {MIN_EXAMPLES} examples: a server takes no fewer than {MIN_EXAMPLES}. Fifty good ones are a start.",
    )
    return Report(tuple(lines), (few,) if sound < MIN_EXAMPLES else ())


def fix_line(text: str, kind: str | None = None) -> str:
    """A line with every fix of a kind, or of all that need no decision; the empty text when it is to go."""
    for _ in range(MOST_FIXES):
        own = (one for one in check_line(1, text).findings if _is_asked(one, kind))
        fixed = next((one.fixed for one in own if one.fixed is not None), None)
        if fixed is None or fixed == text:
            return text
        text = fixed
        if not text:
            break
    return text


def fix_all(report: Report, kind: str | None = None) -> dict[int, str]:
    """The lines that change, by number, when the fixes of a kind are made, or all that need no decision. Empty ones go.

    Personal data is only covered where its kind is asked for: an address may be what the examples are about.
    """
    changed: dict[int, str] = {}
    for line in report.lines:
        own = [one for one in line.findings if one.can_be_fixed and _is_asked(one, kind)]
        if not own:
            continue
        text = "" if any(one.kind == "duplicate" for one in own) else fix_line(line.text, kind)
        if text != line.text:
            changed[line.number] = text
    return changed


def _is_asked(finding: Finding, kind: str | None) -> bool:
    return finding.kind not in PRIVATE if kind is None else finding.kind == kind


def counts(report: Report) -> list[tuple[Finding, list[int], int]]:
    """Findings by kind, the errors first: one as an example, the lines that have it, and how many can be fixed."""
    by_kind: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in report.findings:
        by_kind[finding.severity, finding.kind].append(finding)
    return [
        (
            found[0],
            sorted({one.line for one in found if one.line is not None}),
            sum(one.can_be_fixed for one in found),
        )
        for _, found in sorted(by_kind.items(), key=lambda item: item[0][0])
    ]


def _length(tokens: int, model: Trainable | None) -> Iterator[Finding]:
    most = model.example_tokens if model and model.example_tokens else MAX_EXAMPLE_TOKENS
    if tokens > most:
        yield Finding(
            "too_long",
            "error",
            f"The example has about {tokens:,} tokens; {most:,} is the most for one. Shorten it, or split the talk.",
        )


def _between(lines: Sequence[Checked]) -> Iterator[tuple[int, Finding]]:
    """What only shows when lines are held against each other."""
    seen: dict[str, int] = {}
    answers: dict[str, tuple[int, str]] = {}
    for line in lines:
        if line.example is None:
            continue
        whole = json.dumps(line.example, sort_keys=True)
        if (first := seen.setdefault(whole, line.number)) != line.number:
            sentence = f"The same example stands on line {first}. What is said twice is learnt twice."
            yield line.number, Finding("duplicate", "warning", sentence, line.number, "")
            continue
        prompt = json.dumps(line.example["messages"][:-1], sort_keys=True)
        answer = json.dumps(line.example["messages"][-1], sort_keys=True)
        number, other = answers.setdefault(prompt, (line.number, answer))
        if other != answer:
            sentence = f"Line {number} asks the same and is answered otherwise. Which is right?"
            yield line.number, Finding("contradiction", "warning", sentence, line.number)
