"""The library of saved conversations of one owner."""

from __future__ import annotations

from typing import Any

from services.storage.blobs import BlobStore
from services.storage.database import Database
from services.storage.records import Conversation, SearchHit, StorageReport
from services.turns import Mode, Turn
from services.wire import Exchange


class Conversations:
    """Saved conversations of one owner; nobody else's can be seen or changed through it."""

    def __init__(self, database: Database, blobs: BlobStore, owner: str) -> None: ...

    def create(
        self,
        mode: Mode = Mode.CHAT_COMPLETIONS,
        title: str | None = None,
        settings: dict[str, Any] | None = None,
    ) -> Conversation:
        raise NotImplementedError

    def get(self, conversation_id: str) -> Conversation:
        raise NotImplementedError

    def list(self, limit: int = 50, offset: int = 0, mode: Mode | None = None) -> list[Conversation]:
        raise NotImplementedError

    def rename(self, conversation_id: str, title: str) -> None:
        raise NotImplementedError

    def set_settings(self, conversation_id: str, settings: dict[str, Any]) -> None:
        raise NotImplementedError

    def delete(self, conversation_id: str) -> None:
        raise NotImplementedError

    def delete_all(self) -> int:
        raise NotImplementedError

    def save_turn(self, turn: Turn) -> None:
        raise NotImplementedError

    def turn(self, turn_id: str) -> Turn:
        raise NotImplementedError

    def branch(self, conversation_id: str, leaf_id: str | None = None, last: int | None = None) -> list[Turn]:
        raise NotImplementedError

    def branch_length(self, conversation_id: str) -> int:
        raise NotImplementedError

    def siblings(self, conversation_id: str) -> dict[str, tuple[str, ...]]:
        raise NotImplementedError

    def select(self, conversation_id: str, turn_id: str) -> None:
        raise NotImplementedError

    def delete_turn(self, turn_id: str) -> None:
        raise NotImplementedError

    def exchanges(self, turn_id: str) -> list[Exchange]:
        raise NotImplementedError

    def interrupt_stale(self, older_than_s: float = 5) -> int:
        raise NotImplementedError

    def search(self, text: str, limit: int = 20) -> list[SearchHit]:
        raise NotImplementedError

    def export_json(self, conversation_id: str) -> bytes:
        raise NotImplementedError

    def export_markdown(self, conversation_id: str) -> str:
        raise NotImplementedError

    def import_json(self, data: bytes) -> Conversation:
        raise NotImplementedError

    def import_markdown(self, text: str) -> Conversation:
        raise NotImplementedError

    def export_all(self) -> bytes:
        raise NotImplementedError

    def storage_report(self) -> StorageReport:
        raise NotImplementedError
