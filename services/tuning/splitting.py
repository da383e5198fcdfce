"""A data set split into training and validation, the same way for the same seed; and what leaks from one to the other."""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from services.tuning.checking import Checked
from services.tuning.records import Example

ALIKE = 0.8
RAREST_WORDS = 4
MOST_OF_A_WORD = 200
WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Split:
    """The lines of each side, in the order of the data set."""

    training: tuple[Checked, ...]
    validation: tuple[Checked, ...]


@dataclass(frozen=True, slots=True)
class Leak:
    """A line of validation whose question stands in training too; `alike` is 1.0 where it is the same."""

    validation: int
    training: int
    alike: float


def question_of(example: Example) -> str:
    """All that is asked before the last answer, without the system's message, in lower case."""
    asked = [m for m in example["messages"][:-1] if m.get("role") not in ("system", "developer")]
    said = [m.get("content") or m.get("tool_calls") or "" for m in asked]
    texts = [one if isinstance(one, str) else json.dumps(one) for one in said]
    return " ".join(" ".join(texts).casefold().split())


def split(lines: Sequence[Checked], share: float, seed: int) -> Split:
    """Split by a seed. Lines that ask the same stay together, so that no question is both learnt and tested."""
    groups: dict[str, list[Checked]] = defaultdict(list)
    for line in lines:
        if line.example is not None:
            groups[question_of(line.example)].append(line)
    wanted = round(share * len(lines))
    order = sorted(groups)
    random.Random(seed).shuffle(order)  # noqa: S311 - an order, no secret
    held: set[int] = set()
    for question in order:
        own = groups[question]
        if len(held) + len(own) <= wanted:
            held |= {line.number for line in own}
    return Split(
        tuple(line for line in lines if line.number not in held),
        tuple(line for line in lines if line.number in held),
    )


def leaks(training: Sequence[Checked], validation: Sequence[Checked]) -> list[Leak]:
    """Questions of validation that stand in training, word for word or nearly: their answers are no test."""
    known = {line.number: _words(line) for line in training}
    same = {_question(line): line.number for line in reversed(training)}
    uses = Counter(word for words in known.values() for word in words)
    holding: dict[str, list[int]] = defaultdict(list)
    for number, words in known.items():
        for word in words:
            if uses[word] <= MOST_OF_A_WORD:
                holding[word].append(number)
    return [
        leak
        for line in validation
        if (leak := _leak(line, same.get(_question(line)), known, uses, holding)) is not None
    ]


def _leak(
    line: Checked,
    same: int | None,
    known: dict[int, frozenset[str]],
    uses: Counter[str],
    holding: dict[str, list[int]],
) -> Leak | None:
    if same is not None:
        return Leak(line.number, same, 1.0)
    words = _words(line)
    rarest = sorted((word for word in words if uses[word]), key=lambda word: (uses[word], word))[
        :RAREST_WORDS
    ]
    near = {number for word in rarest for number in holding[word]}
    likeness = {number: len(words & known[number]) / len(words | known[number]) for number in near}
    best = max(likeness, key=lambda number: likeness[number], default=None)
    return None if best is None or likeness[best] < ALIKE else Leak(line.number, best, likeness[best])


def _question(line: Checked) -> str:
    return "" if line.example is None else question_of(line.example)


def _words(line: Checked) -> frozenset[str]:
    return frozenset(WORD.findall(_question(line)))
