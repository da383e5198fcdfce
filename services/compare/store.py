"""The comparisons of one owner. Each lane keeps its turns in a conversation of its own, which stands in no other list."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from services.compare.lane_json import from_rows, to_rows
from services.compare.records import LANES_MAX, LANES_MIN, Comparison, Lane, LaneTalk
from services.errors import InvalidInput, NotFound
from services.storage.adding import clean_title
from services.storage.blobs import Blobs
from services.storage.conversations import Conversations
from services.storage.database import Database
from services.storage.deletion import delete_turns
from services.storage.tables import ComparisonRow, ConversationRow, TurnRow
from services.storage.transfer import Imported, renew
from services.turns import Turn, new_id

GONE = "This comparison does not exist any more. Start a new one."
SERVER = "server"
"""The entry of a lane's conversation's settings with what the server keeps for it: ids, and what they were made of."""


class Comparisons:
    """Saved comparisons of one owner; nobody else's can be seen or changed through it.

    Every method raises NotFound for what does not exist or is somebody else's, and StorageFailed when the database cannot.
    """

    def __init__(self, database: Database, blobs: Blobs, conversations: Conversations, owner: str) -> None:
        self._database, self._blobs, self._owner = database, blobs, owner
        self.conversations = conversations

    def create(
        self,
        lanes: Sequence[Lane],
        title: str | None = None,
        settings: Mapping[str, Any] | None = None,
        turns: Sequence[Sequence[Turn]] = (),
    ) -> Comparison:
        """A new comparison; each lane gets a conversation, with copies of its turns where they are given.

        Raises InvalidInput when there are too few lanes or too many.
        """
        _check(lanes)
        now, comparison_id = datetime.now(UTC), new_id("comp")
        said = turns or [()] * len(lanes)
        kept = [
            self._with_conversation(lane, comparison_id, before)
            for lane, before in zip(lanes, said, strict=True)
        ]
        row = ComparisonRow(
            id=comparison_id,
            owner=self._owner,
            title=None if title is None else clean_title(title),
            lanes=to_rows(kept),
            settings=dict(settings or {}),
            created_at=now,
            updated_at=now,
        )
        with self._database.session() as session:
            session.add(row)
        return _comparison(row)

    def get(self, comparison_id: str) -> Comparison:
        """The comparison with this id."""
        with self._database.reading() as session:
            return _comparison(self._row(session, comparison_id))

    def list(self, limit: int = 50) -> builtins.list[Comparison]:
        """Comparisons, the one that was last talked in first."""
        mine = select(ComparisonRow).where(ComparisonRow.owner == self._owner)
        newest = mine.order_by(ComparisonRow.updated_at.desc(), ComparisonRow.id).limit(limit)
        with self._database.reading() as session:
            return [_comparison(row) for row in session.scalars(newest)]

    def rename(self, comparison_id: str, title: str) -> None:
        """Give it another title."""
        self._set(comparison_id, title=clean_title(title))

    def set_settings(self, comparison_id: str, settings: Mapping[str, Any]) -> None:
        """Replace what belongs to it besides its lanes."""
        self._set(comparison_id, settings=dict(settings))

    def talked_in(self, comparison_id: str, title: str) -> None:
        """Say that it was talked in just now; `title` is its name if it has none yet."""
        with self._database.session() as session:
            row = self._row(session, comparison_id)
            row.updated_at = datetime.now(UTC)
            row.title = row.title or clean_title(title)

    # --- lanes ------------------------------------------------------------------------------

    def change_lane(self, comparison_id: str, lane: Lane) -> None:
        """Put a lane in place of the one with its id."""
        with self._database.session() as session:
            row = self._row(session, comparison_id)
            lanes = [lane if known.id == lane.id else known for known in from_rows(row.lanes)]
            row.lanes = to_rows(lanes)

    def add_lane(self, comparison_id: str, lane: Lane, turns: Sequence[Turn] = ()) -> Lane:
        """Add a lane at the end, with copies of these turns; the lane with its conversation."""
        kept = self._with_conversation(lane, comparison_id, turns)
        with self._database.session() as session:
            row = self._row(session, comparison_id)
            lanes = [*from_rows(row.lanes), kept]
            _check(lanes)
            row.lanes = to_rows(lanes)
        return kept

    def remove_lane(self, comparison_id: str, lane_id: str) -> None:
        """Remove a lane and its turns for good."""
        with self._database.session() as session:
            row = self._row(session, comparison_id)
            lanes = [lane for lane in from_rows(row.lanes) if lane.id != lane_id]
            gone = [lane for lane in from_rows(row.lanes) if lane.id == lane_id]
            _check(lanes)
            row.lanes = to_rows(lanes)
            self._delete_turns(session, [lane.conversation_id for lane in gone if lane.conversation_id])
        self._database.purge()

    def _with_conversation(self, lane: Lane, comparison_id: str, turns: Sequence[Turn] = ()) -> Lane:
        copies = [copy(turn) for turn in turns]
        renew(copies)
        imported = Imported(None, lane.mode, {}, tuple(copies), copies[-1].id if copies else None)
        made = self.conversations.add(imported, comparison_id=comparison_id)
        return replace(lane, conversation_id=made.id)

    # --- what the server keeps for a lane ---------------------------------------------------

    def on_server(self, lane: Lane) -> dict[str, Any]:
        """Ids of what the server keeps for a lane; empty before it was first asked."""
        kept = self.conversations.get(_kept_in(lane)).settings.get(SERVER)
        return dict(kept) if isinstance(kept, dict) else {}

    def set_on_server(self, lane: Lane, ids: Mapping[str, Any]) -> None:
        """Remember what the server keeps for a lane."""
        self.conversations.set_settings(_kept_in(lane), {SERVER: dict(ids)})

    # --- whole comparisons ------------------------------------------------------------------

    def talks(self, comparison: Comparison) -> tuple[LaneTalk, ...]:
        """Each lane with its turns, as they are stored; without what went over the wire."""
        turns = self.conversations.branches([_kept_in(lane) for lane in comparison.lanes])
        if len(turns) < len(comparison.lanes):
            raise NotFound(GONE)
        return tuple(LaneTalk(lane, tuple(turns[_kept_in(lane)])) for lane in comparison.lanes)

    def duplicate(self, comparison_id: str) -> Comparison:
        """A copy with all turns; on the servers its lanes begin anew, with the history, when they are next asked."""
        comparison = self.get(comparison_id)
        title = None if comparison.title is None else f"{comparison.title[:180]} (copy)"
        return self.add(title, comparison.settings, self.talks(comparison))

    def add(self, title: str | None, settings: Mapping[str, Any], talks: Sequence[LaneTalk]) -> Comparison:
        """A new comparison with copies of these lanes and turns."""
        renamed = {talk.lane.id: new_id("lane") for talk in talks}
        lanes = [replace(talk.lane, id=renamed[talk.lane.id], conversation_id=None) for talk in talks]
        return self.create(lanes, title, _renamed(settings, renamed), [talk.turns for talk in talks])

    def delete(self, comparison_id: str) -> None:
        """Delete a comparison with its turns for good. What servers keep for its lanes is deleted there, not here."""
        with self._database.session() as session:
            row = self._row(session, comparison_id)
            ids = session.scalars(
                select(ConversationRow.id).where(
                    ConversationRow.owner == self._owner, ConversationRow.comparison_id == comparison_id
                )
            ).all()
            self._delete_turns(session, ids)
            session.delete(row)
        self._database.purge()

    # --- rows -------------------------------------------------------------------------------

    def _delete_turns(self, session: Session, conversation_ids: Sequence[str]) -> None:
        delete_turns(session, self._blobs, self._owner, TurnRow.conversation_id.in_(conversation_ids))
        session.execute(
            delete(ConversationRow).where(
                ConversationRow.id.in_(conversation_ids), ConversationRow.owner == self._owner
            )
        )

    def _row(self, session: Session, comparison_id: str) -> ComparisonRow:
        mine = (ComparisonRow.id == comparison_id, ComparisonRow.owner == self._owner)
        row = session.scalar(select(ComparisonRow).where(*mine))
        if row is None:
            raise NotFound(GONE)
        return row

    def _set(self, comparison_id: str, **values: object) -> None:
        mine = (ComparisonRow.id == comparison_id, ComparisonRow.owner == self._owner)
        with self._database.session() as session:
            changed = session.execute(update(ComparisonRow).where(*mine).values(**values))
            if changed.rowcount == 0:  # type: ignore[attr-defined]
                raise NotFound(GONE)


def _check(lanes: Sequence[Lane]) -> None:
    if not LANES_MIN <= len(lanes) <= LANES_MAX:
        raise InvalidInput(f"A comparison has {LANES_MIN} to {LANES_MAX} lanes, not {len(lanes)}.")


def _kept_in(lane: Lane) -> str:
    if lane.conversation_id is None:
        raise NotFound(GONE)
    return lane.conversation_id


def _renamed(settings: Any, lanes: Mapping[str, str]) -> Any:
    """Settings in which the lanes have their new ids: votes name them."""
    if isinstance(settings, Mapping):
        return {name: _renamed(value, lanes) for name, value in settings.items()}
    if isinstance(settings, (builtins.list, tuple)):
        return [_renamed(value, lanes) for value in settings]
    return lanes.get(settings, settings) if isinstance(settings, str) else settings


def _comparison(row: ComparisonRow) -> Comparison:
    return Comparison(row.id, row.title, from_rows(row.lanes), row.settings, row.updated_at)
