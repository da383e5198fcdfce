"""The one relational database: SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Database:
    """An open database whose tables are up to date."""

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A writing transaction: commits at the end, rolls back on an error."""
        raise NotImplementedError
        yield

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A reading transaction: waits for no writer."""
        raise NotImplementedError
        yield

    def ping(self) -> None:
        """Raise StorageFailed when the database does not answer."""
        raise NotImplementedError

    def size_bytes(self) -> int:
        """Bytes the database takes on disk."""
        raise NotImplementedError

    def close(self) -> None:
        """Give all connections back."""


def open_database(url: str) -> Database:
    """Open the database, make its folder and bring its tables up to date."""
    raise NotImplementedError
