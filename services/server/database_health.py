"""Whether the database can be used, for /healthz."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from services.errors import AppError

if TYPE_CHECKING:
    from services.storage.database import Database


class DatabaseHealth:
    """Opens the database once and asks it how it is. Safe to call from several threads."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._database: Database | None = None
        self._opening = threading.Lock()

    def status(self) -> dict[str, Any]:
        """`ok`, `opening`, or `failed` with a sentence. Blocks: call it in a thread from async code."""
        if not self._opening.acquire(blocking=False):
            return {"status": "opening"}
        try:
            self._open().ping()
        except AppError as error:
            return {"status": "failed", "error": error.user_message}
        finally:
            self._opening.release()
        return {"status": "ok"}

    def close(self) -> None:
        """Give its connections back."""
        if self._database is not None:
            self._database.close()

    def _open(self) -> Database:
        from services.storage.database import open_database

        if self._database is None:
            self._database = open_database(self._url)
        return self._database
