"""One turn in the database: written often while it streams, read back whole."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from services.errors import NotFound
from services.storage.blobs import Blobs
from services.storage.tables import ConversationRow, ExchangeRow, TurnBlobRow, TurnRow
from services.storage.turn_json import exchange_adapter, message_adapter, swap_files, to_json, turn_adapter
from services.turns import Turn, TurnStatus
from services.wire import Exchange
from services.words import words

NO_TURN = "This turn does not exist any more."
NO_CONVERSATION = "This conversation does not exist any more. Start a new one."
BLOBS_LOCK_KEY = 7_263_362


def save_turn(session: Session, blobs: Blobs, owner: str, turn: Turn) -> None:
    """Insert or update a turn, and append the exchanges that are not there yet."""
    pictures: set[str] = set()
    if any(reply.attachments for reply in turn.replies):
        lock_blobs(session)
    values = {
        "status": turn.status.value,
        "saved_at": datetime.now(UTC),
        "body": to_json(turn_adapter(), _with_keys(turn, blobs, pictures), {"user", "exchanges"}),
    }
    if turn.status is not TurnStatus.STREAMING:  # indexing each half-second's text would be wasted
        values["search_words"] = search_words(turn)
    known = update(TurnRow).where(TurnRow.id == turn.id, TurnRow.owner == owner).values(values)
    if session.execute(known).rowcount == 0:  # type: ignore[attr-defined]
        _insert(session, blobs, owner, turn, {"search_words": search_words(turn), **values})
    for key in pictures:
        session.merge(TurnBlobRow(turn_id=turn.id, blob_key=key, owner=owner))
    _append_exchanges(session, owner, turn)


def _insert(session: Session, blobs: Blobs, owner: str, turn: Turn, values: dict[str, object]) -> None:
    if session.scalar(select(TurnRow.number).where(TurnRow.id == turn.id)) is not None:
        raise NotFound(NO_TURN)
    if turn.parent_id is not None and not _is_in(session, turn.conversation_id, turn.parent_id):
        raise NotFound("The turn this one follows does not exist any more.")
    moved = (
        update(ConversationRow)
        .where(ConversationRow.id == turn.conversation_id, ConversationRow.owner == owner)
        .values(leaf_turn_id=turn.id, updated_at=datetime.now(UTC))
    )
    if session.execute(moved).rowcount == 0:  # type: ignore[attr-defined]
        raise NotFound(NO_CONVERSATION)
    keys: set[str] = set()
    if turn.user.attachments:
        lock_blobs(session)
    user = swap_files(turn.user, lambda data: _keep(blobs, data, keys))
    session.add(
        TurnRow(
            id=turn.id,
            owner=owner,
            conversation_id=turn.conversation_id,
            parent_id=turn.parent_id,
            created_at=turn.created_at,
            user_body=to_json(message_adapter(), user),
            **values,
        )
    )
    session.flush()
    session.add_all(TurnBlobRow(turn_id=turn.id, blob_key=key, owner=owner) for key in keys)


def _with_keys(turn: Turn, blobs: Blobs, keys: set[str]) -> Turn:
    """The turn with the keys of its answer's pictures in place of their bytes."""
    if not any(reply.attachments for reply in turn.replies):
        return turn
    return replace(
        turn, replies=[swap_files(reply, lambda data: _keep(blobs, data, keys)) for reply in turn.replies]
    )


def _is_in(session: Session, conversation_id: str, turn_id: str) -> bool:
    found = select(TurnRow.number).where(TurnRow.id == turn_id, TurnRow.conversation_id == conversation_id)
    return session.scalar(found) is not None


def lock_blobs(session: Session) -> None:
    """Keep others from deleting a blob that is just being used again; SQLite has one writer anyway."""
    if session.get_bind().dialect.name != "sqlite":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": BLOBS_LOCK_KEY})


def _keep(blobs: Blobs, data: bytes, keys: set[str]) -> bytes:
    key = blobs.put(data)
    keys.add(key)
    return key.encode()


def search_words(turn: Turn) -> str:
    """The words a turn is found by."""
    return " ".join(words(turn.user.content + "\n" + turn.text))


def read_turn(row: TurnRow, blobs: Blobs | None = None, exchanges: list[Exchange] | None = None) -> Turn:
    """The turn of a row. Without `blobs` its attachments are empty; without `exchanges` it has none."""
    user = message_adapter().validate_json(row.user_body)
    user = swap_files(user, _reader(blobs))
    turn = turn_adapter().validate_python({**_parsed(row.body), "user": user, "exchanges": exchanges or []})
    turn.status = TurnStatus(row.status)
    turn.replies = [swap_files(reply, _reader(blobs)) for reply in turn.replies]
    return turn


def _parsed(body: bytes) -> dict[str, object]:
    from pydantic_core import from_json

    parsed: dict[str, object] = from_json(body)
    return parsed


def _reader(blobs: Blobs | None) -> Callable[[bytes], bytes]:
    def read(key: bytes) -> bytes:
        try:
            return blobs.get(key.decode()) if blobs else b""
        except NotFound:
            return b""  # the rest of the conversation stays readable

    return read


def _append_exchanges(session: Session, owner: str, turn: Turn) -> None:
    if not turn.exchanges:
        return
    known = set(session.scalars(select(ExchangeRow.sent_at).where(ExchangeRow.turn_id == turn.id)))
    for exchange in turn.exchanges:
        if exchange.sent_at not in known:
            known.add(exchange.sent_at)
            body = zlib.compress(to_json(exchange_adapter(), exchange), 6)
            session.add(ExchangeRow(turn_id=turn.id, sent_at=exchange.sent_at, owner=owner, body=body))


def read_exchanges(session: Session, owner: str, turn_id: str) -> list[Exchange]:
    """The exchanges of a turn in the order they were sent."""
    rows = session.scalars(
        select(ExchangeRow.body)
        .where(ExchangeRow.turn_id == turn_id, ExchangeRow.owner == owner)
        .order_by(ExchangeRow.sent_at)
    )
    return [exchange_adapter().validate_json(zlib.decompress(body)) for body in rows]


def interrupt_stale(session: Session, owner: str, before: datetime) -> int:
    """Mark turns whose writer fell silent before this moment, and make what they hold searchable."""
    stale = session.scalars(
        select(TurnRow).where(
            TurnRow.owner == owner, TurnRow.status == TurnStatus.STREAMING.value, TurnRow.saved_at < before
        )
    ).all()
    for row in stale:
        row.status = TurnStatus.INTERRUPTED.value
        row.search_words = search_words(read_turn(row))
    return len(stale)
