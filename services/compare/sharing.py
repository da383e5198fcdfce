"""A comparison as a JSON file for others: lanes, turns, figures and votes. What comes in is checked strictly."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from services.compare.lane_json import LaneEntry, from_entry, to_entry
from services.compare.records import LANES_MAX, LANES_MIN, Comparison, LaneTalk
from services.errors import InvalidInput
from services.storage.json_file import MAX_FILE_BYTES, MAX_SETTINGS_CHARS, MAX_TURNS
from services.storage.turn_json import swap_files, to_json
from services.turns import Message, Turn

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

FORMAT, VERSION = "tandem.comparison", 1
NOT_OURS = "This file is not a comparison shared from Tandem, so nothing was opened."


@dataclass(frozen=True, slots=True)
class LaneFile:
    """A lane in the file, with its turns, oldest first. Attached files are base64."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    lane: LaneEntry
    turns: list[Turn]


@dataclass(frozen=True, slots=True)
class ComparisonFile:
    """The file, version 1."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    format: Literal["tandem.comparison"]
    version: Literal[1]
    exported_at: datetime
    title: str | None
    settings: dict[str, Any]
    lanes: list[LaneFile]


@cache
def _adapter() -> TypeAdapter[ComparisonFile]:
    from pydantic import TypeAdapter

    return TypeAdapter(ComparisonFile)


def to_file(comparison: Comparison, talks: Sequence[LaneTalk]) -> bytes:
    """The comparison as JSON. What went over the wire stays out, and so do the ids of what servers keep."""
    lanes = [LaneFile(_entry(talk), [_encoded(turn) for turn in talk.turns]) for talk in talks]
    shared = ComparisonFile(
        "tandem.comparison", 1, datetime.now(UTC), comparison.title, dict(comparison.settings), lanes
    )
    return to_json(_adapter(), shared)


def _entry(talk: LaneTalk) -> LaneEntry:
    return to_entry(replace(talk.lane, conversation_id=None))


def _encoded(turn: Turn) -> Turn:
    return replace(
        turn,
        user=swap_files(turn.user, base64.b64encode),
        replies=[swap_files(reply, base64.b64encode) for reply in turn.replies],
        exchanges=[],
        run=None,
    )


def from_file(data: bytes) -> tuple[str | None, dict[str, Any], list[LaneTalk]]:
    """Title, settings and lanes with their turns, of what `to_file` wrote. Raises InvalidInput with a sentence for all else."""
    from pydantic import ValidationError

    if len(data) > MAX_FILE_BYTES:
        raise InvalidInput(f"The file is too large; {MAX_FILE_BYTES // 2**20} MB is the most.")
    _check_version(data)
    try:
        shared = _adapter().validate_json(data)
    except ValidationError as error:
        raise InvalidInput(_why(error)) from None
    _check(shared)
    return shared.title, shared.settings, [_talk(entry) for entry in shared.lanes]


def _check_version(data: bytes) -> None:
    """Say so when the file is one of ours, but of another release or another kind."""
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        raise InvalidInput(f"{NOT_OURS} It is no JSON, or it was cut short.") from None
    if not isinstance(told, Mapping) or told.get("format") != FORMAT:
        kind = told.get("format") if isinstance(told, Mapping) else None
        if kind == "tandem.conversation":
            raise InvalidInput("This file is a single conversation. Import it on the Chat page.")
        if kind == "tandem.comparison-report":
            raise InvalidInput("This file is a report, which cannot be opened again. Use “Share as a file”.")
        raise InvalidInput(NOT_OURS)
    if told.get("version") != VERSION:
        raise InvalidInput(
            f"This comparison was shared by another version of Tandem (file version {str(told.get('version'))[:20]}, "
            f"this one reads {VERSION}). Update Tandem, or ask for the file to be shared again."
        )


def _why(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"][:5])
    return f"{NOT_OURS} The part {where} is wrong: {first['msg'][:200]}."


def _check(shared: ComparisonFile) -> None:
    if not LANES_MIN <= len(shared.lanes) <= LANES_MAX:
        raise InvalidInput(f"{NOT_OURS} It has {len(shared.lanes)} lanes.")
    if len({entry.lane.id for entry in shared.lanes}) < len(shared.lanes):
        raise InvalidInput(f"{NOT_OURS} Two of its lanes are one.")
    if len(str(shared.settings)) > MAX_SETTINGS_CHARS:
        raise InvalidInput(f"{NOT_OURS} Its settings are too large.")
    if sum(len(entry.turns) for entry in shared.lanes) > MAX_TURNS:
        raise InvalidInput(f"The comparison has too many turns; {MAX_TURNS:,} are the most.")
    for entry in shared.lanes:
        _check_turns(entry.turns)


def _check_turns(turns: Sequence[Turn]) -> None:
    before = None
    for turn in turns:
        if turn.parent_id != before:
            raise InvalidInput(f"{NOT_OURS} The turns of a lane do not follow each other.")
        if turn.user.role != "user" or any(m.role not in ("assistant", "tool") for m in turn.replies):
            raise InvalidInput(f"{NOT_OURS} A message has a role it cannot have.")
        if turn.created_at.tzinfo is None or not 0 <= turn.calls <= MAX_TURNS:
            raise InvalidInput(f"{NOT_OURS} A time or a count in it is impossible.")
        before = turn.id


def _talk(entry: LaneFile) -> LaneTalk:
    for turn in entry.turns:
        turn.user = _decoded(turn.user)
        turn.replies = [_decoded(reply) for reply in turn.replies]
        turn.exchanges, turn.run = [], None
    return LaneTalk(from_entry(entry.lane), tuple(entry.turns))


def _decoded(message: Message) -> Message:
    try:
        return swap_files(message, lambda data: base64.b64decode(data, validate=True))
    except (binascii.Error, ValueError):
        raise InvalidInput(f"{NOT_OURS} An attached file cannot be read.") from None
