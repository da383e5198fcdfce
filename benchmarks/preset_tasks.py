"""Twenty tasks, five for each preset of the assistant page, and how to tell that one is done."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

HANDBOOK = """\
# Pump P-200: handbook

The P-200 is a centrifugal pump for clean water. It was first sold in 2019.

## Installation

Place the pump on a level floor. Leave 60 cm of room on each side. The suction pipe must not be longer than 7 m.
Connect the motor to 230 V, 16 A.

## Maintenance

The bearings must be replaced after 2,000 hours of operation. Check the seal every 3 months.
Before any work on the pump, switch off the motor and close both valves.

## Warranty

The warranty lasts 36 months from the day of delivery. It ends when the pump has pumped salt water.
"""
REVENUE = {"North": 4100, "South": 7350, "East": 2980, "West": 5215}
SALES = "region,month,units,revenue\n" + "".join(
    f"{region},2026-{month:02d},{month * 7 + 3 * number},{revenue + 10 * month}\n"
    for number, (region, revenue) in enumerate(REVENUE.items())
    for month in range(1, 13)
)
TOTAL = sum(12 * revenue + 10 * sum(range(1, 13)) for revenue in REVENUE.values())


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a task: the last answer, and what its runs made."""

    text: str
    programs: int = 0
    citations: int = 0
    figures: int = 0
    files: tuple[str, ...] = ()

    def says(self, *patterns: str) -> bool:
        """Whether the answer holds each of these, whatever the case; commas between digits do not count."""
        text = re.sub(r"(?<=\d),(?=\d{3})", "", self.text)
        return all(re.search(pattern, text, re.IGNORECASE) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class Task:
    """What is said to an assistant of this preset, one message after the other; `file` goes with the first."""

    preset: str
    messages: tuple[str, ...]
    is_done: Callable[[Outcome], bool]
    file: tuple[str, str] | None = None


DOES_NOT_KNOW = (
    r"(n't|not) (know|have|provided|told|been told|shared|mentioned)|your name\?|tell me your name"
)
DOES_NOT_SAY = r"(n't|not) (say|mention|contain|provide|hold|specif|include|find)|no (information|mention)"


def _tutor(*messages: str, done: Callable[[Outcome], bool]) -> Task:
    return Task("Tutor with memory", messages, done)


def _code(message: str, *patterns: str) -> Task:
    return Task("Code analyst", (message,), lambda out: out.programs > 0 and out.says(*patterns))


def _document(message: str, *patterns: str) -> Task:
    file = ("handbook.md", HANDBOOK)
    return Task("Document analyst", (message,), lambda out: out.citations > 0 and out.says(*patterns), file)


def _data(message: str, done: Callable[[Outcome], bool]) -> Task:
    return Task("Data analyst", (message,), done, ("sales.csv", SALES))


TASKS = (
    _tutor(
        "My name is Mira and I am learning fractions.",
        "What is my name, and what am I learning?",
        done=lambda out: out.says("Mira", "fraction"),
    ),
    _tutor(
        "My biology exam is on 12 March.",
        "Give me one short exercise for it.",
        "When is my exam?",
        done=lambda out: out.says(r"12(th)?( of)? March|March 12"),
    ),
    _tutor(
        "I always mix up the numerator and the denominator.",
        "Which mistake did I tell you about?",
        done=lambda out: out.says("numerator", "denominator"),
    ),
    _tutor("What is my name?", done=lambda out: out.says(DOES_NOT_KNOW)),
    _tutor(
        "What is 3/4 + 1/8? Explain it in two sentences.", done=lambda out: out.says(r"7/8|frac\{7\}\{8\}")
    ),
    _code("What does sorted('banana') give? Run it.", r"'?a'?, *'?a'?, *'?a'?, *'?b'?, *'?n'?, *'?n'?"),
    _code("Find the first five prime numbers above 1000.", "1009", "1013", "1019", "1021", "1031"),
    _code("What does this print? x = [1, 2]; y = x; y.append(3); print(x)", r"\[1, 2, 3\]"),
    _code("How many days lie between 2026-01-15 and 2026-11-24?", r"\b313\b"),
    _code("What is the 30th Fibonacci number, if the first two are 1 and 1?", "832040"),
    _document("When must the bearings be replaced?", "2000 hours"),
    _document("How long does the warranty last?", "36 months"),
    _document("How long may the suction pipe be?", r"7 ?m"),
    _document("What must I do before any work on the pump?", "motor", "valve"),
    Task(
        "Document analyst",
        ("What does the handbook say about painting the pump?",),
        lambda out: out.says(DOES_NOT_SAY),
        ("handbook.md", HANDBOOK),
    ),
    _data("What is the total revenue?", lambda out: out.says(str(TOTAL))),
    _data("Which region has the highest total revenue?", lambda out: out.programs > 0 and out.says("South")),
    _data("Draw a bar chart of the total units by region.", lambda out: out.figures > 0),
    _data("How many rows does the table have?", lambda out: out.programs > 0 and out.says(r"\b48\b")),
    _data(
        "Write the total revenue of each region into an Excel file called totals.xlsx.",
        lambda out: any(name.endswith(".xlsx") for name in out.files),
    ),
)
