"""The library of saved conversations of one owner."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from services.errors import NotFound
from services.storage import branches, search, transfer
from services.storage.adding import add_imported, clean_title
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.deletion import delete_turns
from services.storage.json_file import from_json_file, to_json_file
from services.storage.markdown_file import from_markdown, to_markdown
from services.storage.records import Conversation, SearchHit, StorageReport
from services.storage.tables import CallRow, ComparisonRow, ConversationRow, ExchangeRow, TurnRow
from services.storage.turn_rows import (
    NO_CONVERSATION,
    NO_TURN,
    interrupt_stale,
    read_exchanges,
    read_turn,
    save_turn,
)
from services.turns import Mode, Turn, new_id
from services.wire import Exchange


class Conversations:
    """Saved conversations of one owner; nobody else's can be seen or changed through it.

    Every method raises NotFound for what does not exist or is somebody else's, and StorageFailed
    when the disk or the database cannot.
    """

    def __init__(self, database: Database, blobs: Blobs, owner: str) -> None:
        self._database = database
        self._blobs = blobs
        self._owner = owner

    # --- conversations ----------------------------------------------------------------------

    def create(
        self,
        mode: Mode = Mode.CHAT_COMPLETIONS,
        title: str | None = None,
        settings: dict[str, Any] | None = None,
        *,
        comparison_id: str | None = None,
    ) -> Conversation:
        """A new, empty conversation. Without a title it is unnamed; as a lane of a comparison it stands in no list."""
        now = datetime.now(UTC)
        row = ConversationRow(
            id=new_id("conv"),
            owner=self._owner,
            title=None if title is None else clean_title(title),
            mode=mode.value,
            settings=settings or {},
            comparison_id=comparison_id,
            created_at=now,
            updated_at=now,
        )
        with self._database.session() as session:
            session.add(row)
        return _conversation(row, 0)

    def get(self, conversation_id: str) -> Conversation:
        """The conversation with this id."""
        with self._database.reading() as session:
            return self._get(session, conversation_id)

    def list(self, limit: int = 50, offset: int = 0, mode: Mode | None = None) -> list[Conversation]:
        """Conversations, the one that was talked in last first."""
        listed = self._with_counts().where(ConversationRow.comparison_id.is_(None))
        query = listed.order_by(ConversationRow.updated_at.desc(), ConversationRow.id)
        if mode is not None:
            query = query.where(ConversationRow.mode == mode.value)
        with self._database.reading() as session:
            rows = session.execute(query.limit(limit).offset(offset))
            return [_conversation(row, turn_count) for row, turn_count in rows]

    def rename(self, conversation_id: str, title: str) -> None:
        """Give the conversation another title."""
        self._set(conversation_id, title=clean_title(title))

    def make_lane(self, conversation_id: str, comparison_id: str) -> None:
        """Make the conversation a lane of a comparison, which stands in no list."""
        self._set(conversation_id, comparison_id=comparison_id)

    def set_settings(self, conversation_id: str, settings: dict[str, Any]) -> None:
        """Replace the conversation's settings."""
        self._set(conversation_id, settings=settings)

    def delete(self, conversation_id: str) -> None:
        """Delete the conversation for good: its turns, what went over the wire, its files, its words."""
        with self._database.session() as session:
            self._get(session, conversation_id)
            delete_turns(session, self._blobs, self._owner, TurnRow.conversation_id == conversation_id)
            session.execute(delete(ConversationRow).where(ConversationRow.id == conversation_id))
        self._database.purge()

    def delete_all(self) -> int:
        """Delete every conversation and comparison of this owner for good; how many conversations there were."""
        with self._database.session() as session:
            ids = session.scalars(
                select(ConversationRow.id).where(ConversationRow.owner == self._owner)
            ).all()
            delete_turns(session, self._blobs, self._owner, TurnRow.owner == self._owner)
            session.execute(delete(ConversationRow).where(ConversationRow.owner == self._owner))
            session.execute(delete(ComparisonRow).where(ComparisonRow.owner == self._owner))
        self._database.purge()
        return len(ids)

    # --- turns ------------------------------------------------------------------------------

    def save_turn(self, turn: Turn) -> None:
        """Store the turn as it is now; cheap enough for twice a second. The first time, its branch is shown."""
        with self._database.session() as session:
            save_turn(session, self._blobs, self._owner, turn)

    def touch(self, turn_id: str) -> None:
        """Say that a streaming turn still has its writer, though no text has come."""
        alive = update(TurnRow).where(TurnRow.id == turn_id, TurnRow.owner == self._owner)
        with self._database.session() as session:
            session.execute(alive.values(saved_at=datetime.now(UTC)))

    def turn(self, turn_id: str) -> Turn:
        """The turn with this id, its exchanges included."""
        with self._database.reading() as session:
            row = self._turn_row(session, turn_id)
            return read_turn(row, self._blobs, read_exchanges(session, self._owner, turn_id))

    def exchanges(self, turn_id: str) -> builtins.list[Exchange]:
        """What went over the wire for a turn."""
        with self._database.reading() as session:
            self._turn_row(session, turn_id)
            return read_exchanges(session, self._owner, turn_id)

    def interrupt_stale(self, older_than_s: float = 5) -> int:
        """Mark streaming turns as interrupted when nobody has saved them for so long; how many."""
        with self._database.session() as session:
            return interrupt_stale(session, self._owner, datetime.now(UTC) - timedelta(seconds=older_than_s))

    # --- branches ---------------------------------------------------------------------------

    def branch(
        self, conversation_id: str, leaf_id: str | None = None, last: int | None = None
    ) -> builtins.list[Turn]:
        """The turns from the root to `leaf_id`, else to the leaf that is shown; only the `last` ones when asked.

        They come without their exchanges.
        """
        with self._database.reading() as session:
            shown = self._get(session, conversation_id).leaf_turn_id
            leaf = leaf_id or shown
            rows = branches.branch_rows(session, self._owner, conversation_id, leaf, last)
            if leaf_id is not None and not rows and last != 0:
                raise NotFound(NO_TURN)
            return [read_turn(row, self._blobs) for row in rows]

    def branches(self, conversation_ids: Sequence[str]) -> dict[str, builtins.list[Turn]]:
        """The branch that is shown of each of these conversations, read together and without exchanges.

        Conversations that do not exist are left out.
        """
        with self._database.reading() as session:
            found = branches.shown_rows(session, self._owner, conversation_ids)
            return {i: [read_turn(row, self._blobs) for row in rows] for i, rows in found.items()}

    def branch_length(self, conversation_id: str) -> int:
        """How many turns the branch that is shown has."""
        with self._database.reading() as session:
            leaf = self._get(session, conversation_id).leaf_turn_id
            return branches.branch_length(session, self._owner, conversation_id, leaf)

    def siblings(self, conversation_id: str) -> dict[str, tuple[str, ...]]:
        """For each turn of the branch that is shown: the turns at its place, oldest first, itself among them."""
        with self._database.reading() as session:
            leaf = self._get(session, conversation_id).leaf_turn_id
            return branches.tree(session, self._owner, conversation_id).siblings_along(leaf)

    def select(self, conversation_id: str, turn_id: str) -> None:
        """Show the branch that goes through this turn, down to its newest descendant."""
        with self._database.session() as session:
            tree = branches.tree_with(session, self._owner, conversation_id, turn_id)
            self._row(session, conversation_id).leaf_turn_id = tree.descendants(turn_id)[-1]

    def delete_turn(self, turn_id: str) -> None:
        """Delete a turn and all that follows it for good."""
        with self._database.session() as session:
            row = self._row(session, self._turn_row(session, turn_id).conversation_id)
            tree = branches.tree(session, self._owner, row.id)
            row.leaf_turn_id = tree.leaf_after_deleting(turn_id, row.leaf_turn_id)
            gone = tree.descendants(turn_id)
            for start in range(0, len(gone), 500):  # databases limit the values of one statement
                delete_turns(session, self._blobs, self._owner, TurnRow.id.in_(gone[start : start + 500]))
        self._database.purge()

    # --- searching, taking out and bringing in ------------------------------------------------

    def search(self, text: str, limit: int = 20) -> builtins.list[SearchHit]:
        """Turns that hold all these words or their beginnings, newest first; accents do not matter."""
        with self._database.reading() as session:
            return search.search(session, self._owner, text, limit)

    def export_json(self, conversation_id: str) -> bytes:
        """The whole conversation with all branches and files, to be read by `import_json`."""
        conversation = self.get(conversation_id)
        return to_json_file(conversation, self._turns(conversation_id))

    def export_markdown(self, conversation_id: str) -> str:
        """The branch that is shown, for people to read and for `import_markdown`."""
        return to_markdown(self.get(conversation_id), self.branch(conversation_id))

    def import_json(self, data: bytes) -> Conversation:
        """A new conversation from `export_json`. Raises InvalidInput when the data is not ours."""
        return self.add(from_json_file(data))

    def import_markdown(self, text: str) -> Conversation:
        """A new conversation from `export_markdown`. Raises InvalidInput when the text is not ours."""
        return self.add(from_markdown(text))

    def add(self, imported: transfer.Imported, *, comparison_id: str | None = None) -> Conversation:
        """A new conversation from one that was read; as a lane of a comparison it stands in no list."""
        with self._database.session() as session:
            conversation_id = add_imported(session, self._blobs, self._owner, imported, comparison_id)
        return self.get(conversation_id)

    def export_all(self) -> bytes:
        """A zip file with every conversation as JSON and as Markdown."""
        ids = [c.id for c in self.list(limit=1_000_000)]
        return transfer.to_zip((self.get(i).title, self.export_json(i), self.export_markdown(i)) for i in ids)

    def storage_report(self) -> StorageReport:
        """How much is kept."""
        with self._database.reading() as session:

            def count(table: type[ConversationRow | TurnRow | ExchangeRow | CallRow]) -> int:
                mine = select(func.count()).select_from(table).where(table.owner == self._owner)
                return session.scalar(mine) or 0

            counts = [count(t) for t in (ConversationRow, TurnRow, ExchangeRow, CallRow)]
        return StorageReport(self._database.size_bytes(), self._blobs.size_bytes(), *counts)

    # --- rows -------------------------------------------------------------------------------

    def _with_counts(self) -> Select[ConversationRow, int]:
        turns = (
            select(func.count())
            .select_from(TurnRow)
            .where(TurnRow.conversation_id == ConversationRow.id)
            .correlate(ConversationRow)
            .scalar_subquery()
        )
        return select(ConversationRow, turns).where(ConversationRow.owner == self._owner)

    def _get(self, session: Session, conversation_id: str) -> Conversation:
        this = self._with_counts().where(ConversationRow.id == conversation_id)
        for row, turn_count in session.execute(this):
            return _conversation(row, turn_count)
        raise NotFound(NO_CONVERSATION)

    def _row(self, session: Session, conversation_id: str) -> ConversationRow:
        mine = (ConversationRow.id == conversation_id, ConversationRow.owner == self._owner)
        row = session.scalar(select(ConversationRow).where(*mine))
        if row is None:
            raise NotFound(NO_CONVERSATION)
        return row

    def _turn_row(self, session: Session, turn_id: str) -> TurnRow:
        row = session.scalar(select(TurnRow).where(TurnRow.id == turn_id, TurnRow.owner == self._owner))
        if row is None:
            raise NotFound(NO_TURN)
        return row

    def _turns(self, conversation_id: str) -> builtins.list[Turn]:
        with self._database.reading() as session:
            rows = session.scalars(
                select(TurnRow)
                .where(TurnRow.conversation_id == conversation_id, TurnRow.owner == self._owner)
                .order_by(TurnRow.number)
            )
            return [read_turn(row, self._blobs) for row in rows]

    def _set(self, conversation_id: str, **values: object) -> None:
        with self._database.session() as session:
            row = self._row(session, conversation_id)
            for name, value in values.items():
                setattr(row, name, value)


def _conversation(row: ConversationRow, turn_count: int) -> Conversation:
    return Conversation(
        row.id,
        row.title,
        Mode(row.mode),
        row.leaf_turn_id,
        row.settings,
        row.created_at,
        row.updated_at,
        turn_count,
    )
