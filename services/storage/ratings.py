"""Thumbs and corrections of answers, kept beside the turns and gone with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services.errors import InvalidInput, NotFound
from services.storage.database import Database
from services.storage.tables import TurnRow
from services.storage.tuning_tables import RatingRow
from services.storage.turn_rows import NO_TURN

MAX_BETTER_CHARS = 100_000


@dataclass(frozen=True, slots=True)
class Rating:
    """What a person thinks of an answer. `better` is how it should have read; None where they did not say."""

    turn_id: str
    thumb: int | None
    better: str | None
    rated_at: datetime


class Ratings:
    """The ratings of one owner. Raises NotFound for turns of others."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database, self._owner = database, owner

    def rate(self, turn_id: str, thumb: int | None) -> None:
        """Set the thumb of an answer: 1 is good, 0 is bad, None takes it back."""
        if thumb not in (0, 1, None):
            raise InvalidInput("A thumb is up or down.")
        self._set(turn_id, thumb=thumb)

    def correct(self, turn_id: str, better: str) -> None:
        """Say how the answer should have read; an empty text takes that back."""
        if len(better) > MAX_BETTER_CHARS:
            raise InvalidInput(f"A better answer has at most {MAX_BETTER_CHARS:,} characters. Shorten it.")
        self._set(turn_id, better=better.replace("\0", "\ufffd").strip() or None)

    def of(self, turn_ids: Sequence[str]) -> dict[str, Rating]:
        """The ratings of these turns."""
        mine = select(RatingRow).where(RatingRow.owner == self._owner, RatingRow.turn_id.in_(turn_ids))
        with self._database.reading() as session:
            return {row.turn_id: _rating(row) for row in session.scalars(mine)}

    def all(self, limit: int = 5_000) -> list[Rating]:
        """Every rating, the oldest first."""
        mine = select(RatingRow).where(RatingRow.owner == self._owner)
        with self._database.reading() as session:
            rows = session.scalars(mine.order_by(RatingRow.rated_at, RatingRow.turn_id).limit(limit))
            return [_rating(row) for row in rows]

    def _set(self, turn_id: str, **values: int | str | None) -> None:
        with self._database.session() as session:
            row = self._row(session, turn_id)
            for name, value in values.items():
                setattr(row, name, value)
            row.rated_at = datetime.now(UTC)
            session.flush()
            if row.thumb is None and row.better is None:
                session.execute(
                    delete(RatingRow).where(RatingRow.turn_id == turn_id, RatingRow.owner == self._owner)
                )

    def _row(self, session: Session, turn_id: str) -> RatingRow:
        mine = select(RatingRow).where(RatingRow.turn_id == turn_id, RatingRow.owner == self._owner)
        if (row := session.scalar(mine)) is not None:
            return row
        turn = select(TurnRow.id).where(TurnRow.id == turn_id, TurnRow.owner == self._owner)
        if session.scalar(turn) is None:
            raise NotFound(NO_TURN)
        row = RatingRow(turn_id=turn_id, owner=self._owner, rated_at=datetime.now(UTC))
        session.add(row)
        return row


def _rating(row: RatingRow) -> Rating:
    return Rating(row.turn_id, row.thumb, row.better, row.rated_at)
