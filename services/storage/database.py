"""The one relational database: SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.errors import StorageFailed
from services.storage.failures import folder_failure, storage_failure

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

BUSY_TIMEOUT_MS = 5000


class Database:
    """An open database whose tables are up to date. Threads may share it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.session_info: dict[str, Any] = {}
        """What every session knows, under `Session.info`."""
        # SQLite has one writer at a time, and those who wait look again after pauses of up to 100 ms: within this
        # process they stand in line instead.
        self._line = threading.RLock()
        # SQLite lets a transaction that began by reading fail at its first write; one that announces itself waits.
        self._writing = engine.execution_options(tandem_begin="BEGIN IMMEDIATE")

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def session(self) -> AbstractContextManager[Session]:
        """A writing transaction: commits at the end, rolls back on an error. Raises StorageFailed."""
        return self._in_line() if self.is_sqlite else self._transaction(self._writing)

    def reading(self) -> AbstractContextManager[Session]:
        """A reading transaction, which waits for no writer. Raises StorageFailed."""
        return self._transaction(self.engine)

    @contextmanager
    def _in_line(self) -> Iterator[Session]:
        with self._line, self._transaction(self._writing) as session:
            yield session

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Session]:
        from sqlalchemy.exc import DBAPIError
        from sqlalchemy.exc import TimeoutError as PoolTimeout
        from sqlalchemy.orm import Session

        try:
            with Session(engine, expire_on_commit=False, info=self.session_info) as session, session.begin():
                yield session
        except DBAPIError as error:
            raise storage_failure(error) or error from error
        except PoolTimeout as error:
            raise StorageFailed("The database is busy with other requests. Try again in a moment.") from error

    def ping(self) -> None:
        """Raise StorageFailed when the database does not answer."""
        from sqlalchemy import text

        with self.reading() as session:
            session.execute(text("SELECT 1"))

    def size_bytes(self) -> int:
        """Bytes the database takes on disk, the write-ahead log included."""
        from sqlalchemy import text

        if not self.is_sqlite:
            with self.reading() as session:
                return int(session.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
        path = self.engine.url.database or ""
        files = (Path(path + suffix) for suffix in ("", "-wal", "-shm"))
        return sum(file.stat().st_size for file in files if file.is_file())

    def purge(self) -> bool:
        """Leave nothing of deleted rows on disk: neither in the search index nor in the write-ahead log.

        False when others are still reading the log: then it is emptied the next time.
        """
        from sqlalchemy import text

        from services.storage.sqlite import run_outside_transaction

        if not self.is_sqlite:
            return True  # PostgreSQL's autovacuum takes care of its own.
        with self.session() as session:
            session.execute(text("INSERT INTO turn_search(turn_search) VALUES ('optimize')"))
        return not run_outside_transaction(self.engine, "PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def open_database(url: str, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> Database:
    """Open the database at this SQLAlchemy URL, making its folder and bringing its tables up to date.

    Several threads and processes may do so at once. Raises StorageFailed when it cannot be reached or written.
    """
    from sqlalchemy import create_engine, make_url
    from sqlalchemy.exc import DBAPIError

    from services.storage.migrate import migrate
    from services.storage.sqlite import configure_sqlite, sqlite_connect_args

    parsed = make_url(url)
    try:
        if parsed.get_backend_name() == "sqlite":
            _make_folder(parsed.database)
            engine = create_engine(parsed, connect_args=sqlite_connect_args(busy_timeout_ms), max_overflow=20)
            configure_sqlite(engine, busy_timeout_ms)
        else:
            engine = create_engine(
                parsed, pool_pre_ping=True, max_overflow=20, connect_args={"connect_timeout": 5}
            )
        database = Database(engine)
        migrate(database)
    except DBAPIError as error:
        raise storage_failure(error) or error from error
    return database


def _make_folder(path: str | None) -> None:
    if not path or path == ":memory:" or path.startswith("file:"):
        return
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise folder_failure(Path(path).parent, error) from error
