"""The tree of turns: which branch is shown, what lies beside it, what goes when a turn is deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import CTE, func, literal, select
from sqlalchemy.orm import Session

from services.errors import NotFound
from services.storage.tables import ConversationRow, TurnRow
from services.storage.turn_rows import NO_TURN


@dataclass(frozen=True, slots=True)
class Tree:
    """Turn ids of a conversation in the order of creation, each with its parent. Parents come first."""

    parents: dict[str, str | None]

    def descendants(self, turn_id: str) -> list[str]:
        """The turn and everything below it, oldest first."""
        found = {turn_id: None}
        for child, parent in self.parents.items():
            if parent in found:
                found[child] = None
        return list(found)

    def path(self, leaf_id: str | None) -> list[str]:
        """The branch from the root to this turn."""
        path: list[str] = []
        while leaf_id is not None and leaf_id in self.parents:
            path.append(leaf_id)
            leaf_id = self.parents[leaf_id]
        return path[::-1]

    def siblings_along(self, leaf_id: str | None) -> dict[str, tuple[str, ...]]:
        """For each turn of the branch the turns with the same parent, itself among them."""
        children: dict[str | None, list[str]] = {}
        for child, parent in self.parents.items():
            children.setdefault(parent, []).append(child)
        return {turn_id: tuple(children[self.parents[turn_id]]) for turn_id in self.path(leaf_id)}

    def leaf_after_deleting(self, turn_id: str, leaf_id: str | None) -> str | None:
        """The leaf to show once the turn is gone: the same, a sibling's newest branch, or the parent."""
        gone = set(self.descendants(turn_id))
        if leaf_id not in gone:
            return leaf_id
        left = Tree({child: parent for child, parent in self.parents.items() if child not in gone})
        parent = self.parents[turn_id]
        if parent is None:
            return next(reversed(left.parents), None)
        return left.descendants(parent)[-1]


def tree(session: Session, owner: str, conversation_id: str) -> Tree:
    """The tree of a conversation."""
    rows = session.execute(
        select(TurnRow.id, TurnRow.parent_id)
        .where(TurnRow.conversation_id == conversation_id, TurnRow.owner == owner)
        .order_by(TurnRow.number)
    )
    return Tree({child: parent for child, parent in rows})  # noqa: C416 - a Result is no mapping


def tree_with(session: Session, owner: str, conversation_id: str, turn_id: str) -> Tree:
    """The tree of a conversation, which must hold this turn. Raises NotFound."""
    found = tree(session, owner, conversation_id)
    if turn_id not in found.parents:
        raise NotFound(NO_TURN)
    return found


def branch_rows(
    session: Session, owner: str, conversation_id: str, leaf_id: str | None, last: int | None
) -> list[TurnRow]:
    """The rows from the root to the leaf, only the last ones when asked."""
    if leaf_id is None or (last is not None and last <= 0):
        return []
    path = _path(owner, conversation_id, leaf_id, last)
    rows = select(TurnRow).join(path, path.c.number == TurnRow.number).order_by(path.c.depth.desc())
    return list(session.scalars(rows))


def shown_rows(session: Session, owner: str, conversation_ids: Sequence[str]) -> dict[str, list[TurnRow]]:
    """The rows of the shown branch of each conversation, in two queries however many there are."""
    wanted = (ConversationRow.owner == owner, ConversationRow.id.in_(conversation_ids))
    found = session.execute(select(ConversationRow.id, ConversationRow.leaf_turn_id).where(*wanted))
    leaves = {row.id: row.leaf_turn_id for row in found}
    rows: dict[str, dict[str, TurnRow]] = {conversation_id: {} for conversation_id in leaves}
    mine = (TurnRow.owner == owner, TurnRow.conversation_id.in_(leaves))
    for row in session.scalars(select(TurnRow).where(*mine).order_by(TurnRow.number)):
        rows[row.conversation_id][row.id] = row
    return {
        conversation_id: [
            of[turn_id]
            for turn_id in Tree({i: row.parent_id for i, row in of.items()}).path(leaves[conversation_id])
        ]
        for conversation_id, of in rows.items()
    }


def branch_length(session: Session, owner: str, conversation_id: str, leaf_id: str | None) -> int:
    """How many turns the branch has."""
    if leaf_id is None:
        return 0
    path = _path(owner, conversation_id, leaf_id, None)
    return session.scalar(select(func.count()).select_from(path)) or 0


def _path(owner: str, conversation_id: str, leaf_id: str, last: int | None) -> CTE:
    mine = (TurnRow.owner == owner, TurnRow.conversation_id == conversation_id)
    start = select(TurnRow.number, TurnRow.parent_id, literal(1).label("depth")).where(
        TurnRow.id == leaf_id, *mine
    )
    path = start.cte("path", recursive=True)
    step = (
        select(TurnRow.number, TurnRow.parent_id, path.c.depth + 1)
        .join(path, TurnRow.id == path.c.parent_id)
        .where(*mine)
    )
    if last is not None:
        step = step.where(path.c.depth < last)
    return path.union_all(step)
