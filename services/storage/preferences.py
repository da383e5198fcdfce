"""Small settings a person changes in the app; never keys or secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select

from services.errors import InvalidInput
from services.storage.database import Database
from services.storage.tables import PreferenceRow

MAX_KEY_CHARS = 200


class Preferences:
    """Preferences of one owner, JSON values by key."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, or `default` when it was never set."""
        with self._database.reading() as session:
            row = session.get(PreferenceRow, (self._owner, key))
            return default if row is None else row.value

    def set(self, key: str, value: Any) -> None:
        """Keep a JSON value. Raises InvalidInput for a key that is no key."""
        self.set_all({key: value})

    def set_all(self, values: Mapping[str, Any]) -> None:
        """Keep JSON values by key, all or none. Raises InvalidInput for a key that is no key."""
        if not all(0 < len(key) <= MAX_KEY_CHARS for key in values):
            raise InvalidInput(f"A preference needs a key of at most {MAX_KEY_CHARS} characters.")
        with self._database.session() as session:
            for key, value in values.items():
                session.merge(PreferenceRow(owner=self._owner, key=key, value=value))

    def all(self, prefix: str = "") -> dict[str, Any]:
        """Every preference whose key begins with `prefix`."""
        is_mine = PreferenceRow.owner == self._owner
        begins_so = PreferenceRow.key.startswith(prefix, autoescape=True)
        mine = select(PreferenceRow).where(is_mine, begins_so).order_by(PreferenceRow.key)
        with self._database.reading() as session:
            return {row.key: row.value for row in session.scalars(mine)}

    def delete(self, key: str) -> bool:
        """Go back to the default of one key; whether it was set."""
        is_it = (PreferenceRow.owner == self._owner) & (PreferenceRow.key == key)
        with self._database.session() as session:
            return bool(
                session.scalars(delete(PreferenceRow).where(is_it).returning(PreferenceRow.key)).all()
            )

    def delete_all(self) -> None:
        """Go back to the defaults."""
        with self._database.session() as session:
            session.execute(delete(PreferenceRow).where(PreferenceRow.owner == self._owner))
