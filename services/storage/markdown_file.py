"""The branch that is shown as Markdown, pleasant to read and exact enough to be read back.

Comments mark where each message begins; a line of a message that looks like such a comment gets a backslash.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from services.errors import InvalidInput
from services.storage.records import Conversation
from services.storage.transfer import Imported, renew
from services.turns import Message, Mode, ToolStep, Turn, TurnStatus

MAX_CHARS = 64 * 2**20
MAX_TURNS = 10_000
NOT_OURS = "This text is not a conversation exported from Tandem, so nothing was imported."
MARKER = re.compile(r"^<!-- tandem\.(\w+) (\{.*\}) -->\r?$", re.MULTILINE)
ESCAPED = re.compile(r"^<!-- (\\*)tandem\.", re.MULTILINE)


def to_markdown(conversation: Conversation, turns: list[Turn]) -> str:
    """The branch as Markdown."""
    title = conversation.title or "Unnamed conversation"
    head = {"version": 1, "title": conversation.title, "mode": conversation.mode.value}
    parts = [f"# {title}\n\n{_marker('conversation', head)}\n"]
    for turn in turns:
        parts.extend(_sections(turn))
    return "\n".join(parts)


def _sections(turn: Turn) -> Iterator[str]:
    at = turn.created_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    asked = {"model": turn.model, "connection": turn.connection, "at": turn.created_at.isoformat()}
    yield _section("user", asked, f"User, {at}", turn.user.content)
    if turn.user.attachments:
        yield _section("files", {}, "Attached files", _listed(a.filename for a in turn.user.attachments))
    if turn.tool_steps:
        yield _section("tools", {}, "Tools", _listed(_tool(s) for s in turn.tool_steps.values()))
    answered = {"status": turn.status.value, "answered_by": turn.answered_by, "error": turn.error}
    mark = "" if turn.status is TurnStatus.COMPLETED else f" ({turn.status.value})"
    yield _section("assistant", answered, f"{turn.answered_by or turn.model}{mark}", turn.text)


def _section(kind: str, values: dict[str, Any], heading: str, text: str) -> str:
    heading = " ".join(heading.split())
    return f"{_marker(kind, values)}\n## {heading}\n\n{ESCAPED.sub(_add_backslash, text)}\n"


def _marker(kind: str, values: dict[str, Any]) -> str:
    written = json.dumps(values).replace("-", "\\u002d").replace(">", "\\u003e")
    return f"<!-- tandem.{kind} {written} -->"


def _add_backslash(match: re.Match[str]) -> str:
    return f"<!-- {match[1]}\\tandem."


def _remove_backslash(match: re.Match[str]) -> str:
    return f"<!-- {match[1][1:]}tandem."


def _listed(lines: Iterator[str]) -> str:
    return "\n".join(f"* {' '.join(line.split())}" for line in lines)


def _tool(step: ToolStep) -> str:
    return f"{step.call.name} {step.call.arguments} → {step.output or step.state}"


def from_markdown(text: str) -> Imported:
    """Read what `to_markdown` wrote. Raises InvalidInput with a sentence for anything else."""
    if len(text) > MAX_CHARS:
        raise InvalidInput("The text is too long to be imported.")
    try:
        return _read(text)
    except (LookupError, ValueError, TypeError, AttributeError, RecursionError):
        raise InvalidInput(NOT_OURS) from None


def _read(text: str) -> Imported:
    sections = list(_split(text))
    if not sections or sections[0][0] != "conversation" or sections[0][1].get("version") != 1:
        raise InvalidInput(NOT_OURS)
    head = sections[0][1]
    turns: list[Turn] = []
    for kind, values, content in sections[1:]:
        if kind == "user":
            turns.append(_asked(values, content, turns[-1].id if turns else None))
        elif kind == "assistant":
            _answer(turns[-1], values, content)
    if not turns or len(turns) > MAX_TURNS:
        raise InvalidInput(NOT_OURS if not turns else f"There are more than {MAX_TURNS:,} turns.")
    renew(turns)
    return Imported(_text_or_none(head["title"]), Mode(head["mode"]), {}, tuple(turns), turns[-1].id)


def _split(text: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    marks = list(MARKER.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=True):
        body = text[mark.end() : end].lstrip("\r\n")
        _heading, _, content = body.partition("\n")
        content = re.sub(r"^\r?\n", "", content)
        last = end == len(text)
        content = re.sub(r"\r?\n\Z" if last else r"\r?\n\r?\n\Z", "", content)
        yield mark[1], json.loads(mark[2]), ESCAPED.sub(_remove_backslash, content)


def _asked(values: dict[str, Any], content: str, parent_id: str | None) -> Turn:
    turn = Turn(
        conversation_id="",
        user=Message("user", content),
        model=_text(values["model"]),
        connection=_text(values["connection"]),
        parent_id=parent_id,
        status=TurnStatus.INTERRUPTED,
        created_at=datetime.fromisoformat(values["at"]),
    )
    if turn.created_at.tzinfo is None:
        raise InvalidInput(NOT_OURS)
    return turn


def _answer(turn: Turn, values: dict[str, Any], content: str) -> None:
    turn.status = TurnStatus(values["status"])
    turn.answered_by, turn.error = _text_or_none(values["answered_by"]), _text_or_none(values["error"])
    if content:
        turn.replies.append(Message("assistant", content))


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > 10_000:
        raise ValueError
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)
