"""New SQLite files get their tables as a copy of a file that was migrated once, which takes a twentieth of the time."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.storage.database import Database

Migrate = Callable[["Database"], None]


class MigratedOnce:
    """Stands before the real `migrate`, which then finds nothing to do. Other processes do not see it."""

    def __init__(self, migrate: Migrate) -> None:
        self._migrate = migrate
        self._template: Path | None = None

    def __call__(self, database: Database) -> None:
        path = Path(database.engine.url.database or ":memory:")
        if database.is_sqlite and path.is_absolute() and not path.exists():
            self._copy_to(path)
        self._migrate(database)

    def _copy_to(self, path: Path) -> None:
        if self._template is None:
            self._template = self._made()
        copy = path.with_name(f".{path.name}-{os.getpid()}-{id(path)}")
        shutil.copyfile(self._template, copy)
        with suppress(FileExistsError):  # somebody was quicker
            os.link(copy, path)
        copy.unlink()

    def _made(self) -> Path:
        from sqlalchemy import create_engine

        from services.storage.database import Database
        from services.storage.sqlite import configure_sqlite, sqlite_connect_args

        path = Path(tempfile.mkdtemp(prefix="tandem-test-")) / "migrated.db"
        engine = create_engine(f"sqlite:///{path}", connect_args=sqlite_connect_args(5_000))
        configure_sqlite(engine, 5_000)
        database = Database(engine)
        self._migrate(database)
        database.close()  # the last one to close puts the log into the file
        return path
