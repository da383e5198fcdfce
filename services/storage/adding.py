"""New conversations: their names, and whole ones that come from a file."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from services.errors import InvalidInput
from services.storage.blobs import Blobs
from services.storage.tables import ConversationRow
from services.storage.transfer import Imported
from services.storage.turn_rows import save_turn
from services.turns import new_id

MAX_TITLE_CHARS = 200


def clean_title(title: str) -> str:
    """A title on one line. Raises InvalidInput when nothing is left or it is too long."""
    cleaned = " ".join(title.replace("\0", " ").split())
    cleaned = cleaned.encode("utf-8", "replace").decode()
    if not cleaned:
        raise InvalidInput("Give the conversation a name.")
    if len(cleaned) > MAX_TITLE_CHARS:
        raise InvalidInput(f"The name is too long; {MAX_TITLE_CHARS} characters are the most.")
    return cleaned


def add_imported(
    session: Session, blobs: Blobs, owner: str, imported: Imported, comparison_id: str | None = None
) -> str:
    """Insert an imported conversation with all its turns; its id."""
    now = datetime.now(UTC)
    row = ConversationRow(
        id=new_id("conv"),
        owner=owner,
        title=None if imported.title is None else clean_title(imported.title),
        mode=imported.mode.value,
        settings=imported.settings,
        comparison_id=comparison_id,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    for turn in imported.turns:
        turn.conversation_id = row.id
        save_turn(session, blobs, owner, turn)
    session.refresh(row)  # each save moved the leaf
    row.leaf_turn_id = imported.leaf_turn_id
    return row.id
