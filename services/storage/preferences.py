"""Small settings a person changes in the app; never keys or secrets."""

from __future__ import annotations

from typing import Any

from services.storage.database import Database


class Preferences:
    """Preferences of one owner, JSON values by key."""

    def __init__(self, database: Database, owner: str) -> None: ...

    def get(self, key: str, default: Any = None) -> Any:
        raise NotImplementedError

    def set(self, key: str, value: Any) -> None:
        raise NotImplementedError

    def all(self) -> dict[str, Any]:
        raise NotImplementedError

    def delete_all(self) -> None:
        raise NotImplementedError
