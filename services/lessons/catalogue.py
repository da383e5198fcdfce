"""The lessons as they lie in `texts/`: one folder each, in the order in which they build on one another."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

from services.errors import NotFound
from services.lessons.records import Choice, Lesson, Program, Question
from services.turns import Mode

TEXTS = Path(__file__).parent / "texts"
FENCE = "+++\n"
ORDER = (
    "chat_completions",
    "assistants",
    "function_calling",
    "vision",
    "text_to_speech",
    "image_generation",
    "speech_to_text",
    "embeddings",
    "limits_and_prices",
    "best_practices",
    "fine_tuning",
    "integration",
)


@cache
def lessons() -> tuple[Lesson, ...]:
    """All lessons, each after those it needs."""
    return tuple(_read(TEXTS / slug) for slug in ORDER)


def lesson(slug: str) -> Lesson:
    """The lesson of this name. Raises NotFound."""
    for one in lessons():
        if one.slug == slug:
            return one
    raise NotFound("There is no such lesson. Choose one from the list.")


def _read(folder: Path) -> Lesson:
    _, head, text = (folder / "lesson.md").read_text(encoding="utf-8").split(FENCE, 2)
    facts = tomllib.loads(head)
    return Lesson(
        slug=folder.name,
        title=facts["title"],
        summary=facts["summary"],
        page=facts["page"],
        needs=tuple(facts.get("needs", ())),
        body=tuple(_parts(text, folder)),
        questions=_questions(folder / "questions.toml"),
    )


def _parts(text: str, folder: Path) -> list[str | Program]:
    parts: list[str | Program] = []
    lines: list[str] = []
    for line in (*text.splitlines(), "::end"):
        if not line.startswith("::"):
            lines.append(line)
            continue
        if said := "\n".join(lines).strip():
            parts.append(said)
        lines = []
        match line.split():
            case ["::program", name, *mode]:
                parts.append(Program(folder / name, Mode(mode[0]) if mode else Mode.CHAT_COMPLETIONS, True))
            case ["::show", name]:
                parts.append(Program(folder / name, Mode.CHAT_COMPLETIONS, False))
    return parts


def _questions(path: Path) -> tuple[Question, ...]:
    asked: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["question"]
    return tuple(Question(q["ask"], _mixed(Choice(**c) for c in q["choice"])) for q in asked)


def _mixed(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    """In an order that gives nothing away, and is the same each time."""
    return tuple(sorted(choices, key=lambda choice: crc32(choice.text.encode())))
