"""Brings the tables up to date, once, however many processes start at the same time."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, OperationalError

from services.errors import StorageFailed
from services.storage.sqlite import run_outside_transaction

if TYPE_CHECKING:
    from alembic.config import Config

    from services.storage.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"
HEAD = "0009"
LOCK_KEY = 7_263_361  # any constant that every process of Tandem shares


def migrate(database: Database) -> None:
    """Run the migrations that are missing."""
    if _version(database) == HEAD:
        return  # the usual start: Alembic need not even be imported
    if database.is_sqlite:
        _use_write_ahead_log(database)
    with database.session() as session:
        connection = session.connection()
        if not database.is_sqlite:  # SQLite's own write lock is held already
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK_KEY})
        _upgrade(connection)


def _version(database: Database) -> str | None:
    try:
        with database.engine.connect() as connection:
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DBAPIError as error:
        if "alembic_version" in str(error.orig):
            return None
        raise


def _use_write_ahead_log(database: Database) -> None:
    """Switch the file to WAL, which it remembers. SQLite does not wait for others here, so we do."""
    deadline = time.monotonic() + 5
    while True:
        try:
            run_outside_transaction(database.engine, "PRAGMA journal_mode=WAL")
            return
        except OperationalError as error:
            if "locked" not in str(error.orig) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.util import CommandError

    try:
        command.upgrade(_config(connection), "head")
    except CommandError as error:
        raise StorageFailed(
            "The database was written by a newer version of Tandem. Update Tandem, or use another TANDEM_HOME.",
            code="newer_database",
        ) from error


def move_to(connection: Connection, revision: str) -> bool:
    """Bring the tables, which must be empty to go back, to this revision; False when it is none of ours."""
    from alembic import command
    from alembic.script import ScriptDirectory

    config = _config(connection)
    newest_first = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    present = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    if revision not in newest_first:
        return False
    if newest_first.index(revision) > newest_first.index(present):
        command.downgrade(config, revision)
    else:
        command.upgrade(config, revision)
    return True


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
