"""Full-text search over what was said by either side."""

from __future__ import annotations

from sqlalchemy import TextClause, select, text
from sqlalchemy.orm import Session

from services.storage.records import SearchHit
from services.storage.tables import ConversationRow, TurnRow
from services.storage.turn_rows import read_turn
from services.words import snippet, words

MAX_QUERY_WORDS = 16


def search(session: Session, owner: str, looked_for: str, limit: int) -> list[SearchHit]:
    """Turns that hold every word, or a word that begins with it, newest first."""
    wanted = words(looked_for)[:MAX_QUERY_WORDS]
    if not wanted:
        return []
    matching = _matching(session.get_bind().dialect.name, wanted)
    rows = session.execute(
        select(TurnRow, ConversationRow.title)
        .join(ConversationRow, ConversationRow.id == TurnRow.conversation_id)
        .where(TurnRow.owner == owner, ConversationRow.owner == owner, matching)
        .where(ConversationRow.comparison_id.is_(None))
        .order_by(TurnRow.number.desc())
        .limit(limit)
    )
    return [_hit(row, title, wanted) for row, title in rows]


def _matching(dialect: str, wanted: list[str]) -> TextClause:
    # Words are letters and digits only, so nothing in them can be taken for syntax.
    if dialect == "sqlite":
        query = " ".join(f'"{word}"*' for word in wanted)
        condition = "turns.number IN (SELECT rowid FROM turn_search WHERE turn_search MATCH :query)"
    else:
        query = " & ".join(f"'{word}':*" for word in wanted)
        condition = "turns.search_vector @@ CAST(:query AS tsquery)"
    return text(condition).bindparams(query=query)


def _hit(row: TurnRow, title: str | None, wanted: list[str]) -> SearchHit:
    turn = read_turn(row)
    part = snippet((turn.user.content, turn.text), wanted)
    return SearchHit(row.conversation_id, title, row.id, part, row.created_at)
