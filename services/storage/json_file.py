"""A conversation as a JSON file: all branches, all attached files. What comes in is checked strictly."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from services.errors import InvalidInput
from services.storage.records import Conversation
from services.storage.transfer import Imported, renew
from services.storage.turn_json import swap_files, to_json
from services.turns import Mode, Turn

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

MAX_FILE_BYTES = 256 * 2**20
MAX_TURNS = 10_000
MAX_SETTINGS_CHARS = 200_000
NOT_OURS = "This file is not a conversation exported from Tandem, so nothing was imported."


@dataclass(frozen=True, slots=True)
class ConversationFile:
    """The exported JSON, version 1. Attached files are base64."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    format: Literal["tandem.conversation"]
    version: Literal[1]
    exported_at: datetime
    title: str | None
    mode: Mode
    settings: dict[str, Any]
    leaf_turn_id: str | None
    turns: list[Turn]


@cache
def _adapter() -> TypeAdapter[ConversationFile]:
    from pydantic import TypeAdapter

    return TypeAdapter(ConversationFile)


def to_json_file(conversation: Conversation, turns: list[Turn]) -> bytes:
    """The conversation as JSON. What went over the wire stays out: it repeats the history each turn."""
    exported = ConversationFile(
        "tandem.conversation",
        1,
        datetime.now(UTC),
        conversation.title,
        conversation.mode,
        conversation.settings,
        conversation.leaf_turn_id,
        [replace(t, user=swap_files(t.user, base64.b64encode), exchanges=[]) for t in turns],
    )
    return to_json(_adapter(), exported)


def from_json_file(data: bytes) -> Imported:
    """Read what `to_json_file` wrote. Raises InvalidInput with a sentence for anything else."""
    from pydantic import ValidationError

    if len(data) > MAX_FILE_BYTES:
        raise InvalidInput(f"The file is too large; {MAX_FILE_BYTES // 2**20} MB is the most.")
    try:
        document = _adapter().validate_json(data)
    except ValidationError as error:
        raise InvalidInput(_why(error)) from None
    _check(document)
    for turn in document.turns:
        turn.user = swap_files(turn.user, _decode)
        turn.exchanges = []
    ids = renew(document.turns)
    leaf = ids[document.leaf_turn_id] if document.leaf_turn_id else None
    return Imported(document.title, document.mode, document.settings, tuple(document.turns), leaf)


def _why(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"][:4])
    if where in ("", "format", "version"):
        return NOT_OURS
    return f"{NOT_OURS} The part {where} is wrong: {first['msg'][:200]}."


def _check(document: ConversationFile) -> None:
    if len(document.turns) > MAX_TURNS:
        raise InvalidInput(f"The conversation has too many turns; {MAX_TURNS:,} are the most.")
    if len(str(document.settings)) > MAX_SETTINGS_CHARS:
        raise InvalidInput(f"{NOT_OURS} Its settings are too large.")
    seen: set[str] = set()
    for turn in document.turns:
        if turn.id in seen or (turn.parent_id is not None and turn.parent_id not in seen):
            raise InvalidInput(f"{NOT_OURS} Its turns do not form a tree.")
        if turn.user.role != "user" or any(m.role not in ("assistant", "tool") for m in turn.replies):
            raise InvalidInput(f"{NOT_OURS} A message has a role it cannot have.")
        if any(message.attachments for message in turn.replies):
            raise InvalidInput(f"{NOT_OURS} Only the user's messages can have files.")
        if not 0 <= turn.calls <= MAX_TURNS:
            raise InvalidInput(f"{NOT_OURS} A count is impossible.")
        if turn.created_at.tzinfo is None:
            raise InvalidInput(f"{NOT_OURS} A time has no time zone.")
        seen.add(turn.id)
    if document.leaf_turn_id is not None and document.leaf_turn_id not in seen:
        raise InvalidInput(f"{NOT_OURS} The turn it shows is missing.")


def _decode(data: bytes) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput(f"{NOT_OURS} An attached file cannot be read.") from None
