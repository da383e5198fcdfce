"""How SQLite is set up: readers never wait, writers queue, deleted text is overwritten."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event


def sqlite_connect_args(busy_timeout_ms: int) -> dict[str, Any]:
    """Arguments for sqlite3.connect."""
    return {"check_same_thread": False, "timeout": busy_timeout_ms / 1000}


def configure_sqlite(engine: Engine, busy_timeout_ms: int) -> None:
    """Set the pragmas of each new connection, and let SQLAlchemy alone begin transactions."""

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # sqlite3 must not begin transactions of its own
        connection.execute(f"PRAGMA busy_timeout={busy_timeout_ms:d}")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA secure_delete=ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if statement := connection.get_execution_options().get("tandem_begin", "BEGIN"):
            connection.exec_driver_sql(statement)


def run_outside_transaction(engine: Engine, statement: str) -> Any:
    """Run a statement that SQLite refuses within a transaction; gives the first value it answers, if it does."""
    with engine.execution_options(tandem_begin="").connect() as connection:
        result = connection.exec_driver_sql(statement)
        return result.scalar() if result.returns_rows else None
