"""Loading one table: what the database says of it before, while and after."""

from __future__ import annotations

import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.documents.reading_process import Cancelled
from services.documents.refusals import Unreadable
from services.errors import AppError
from services.storage.tables import UploadedTableRow
from services.tables import rows
from services.tables.shapes import State

if TYPE_CHECKING:
    from services.storage.blobs import Blobs
    from services.storage.database import Database
    from services.tables.files import TableFiles
    from services.tables.loading import Loaded
    from services.tables.processes import Progress, TableProcesses


class RecordedLoading:
    """Loads tables of one owner from their blobs, each step written down first."""

    def __init__(
        self, database: Database, blobs: Blobs, owner: str, files: TableFiles, processes: TableProcesses
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._owner = owner
        self._files = files
        self._processes = processes

    def load(self, table_id: str, cancelled: threading.Event, progress: Progress) -> None:
        """Load a table that waits for it; how that ended is in its row."""
        row = self._begun(table_id)
        if row is None:
            return
        try:
            with (
                self._blobs.local_path(row.blob_key) as path,
                self._files.writing(table_id, row.revision) as target,
            ):
                request = {
                    "filename": row.filename,
                    "options": asdict(rows.asked(row.body)),
                    "name": row.name,
                    "target": str(target),
                }
                found = self._processes.load(path, request, progress, cancelled)
        except Cancelled:
            return  # whoever cancelled has said what comes next; after a start it is loaded again
        except Unreadable as error:
            self.fail(table_id, row.revision, error.says)
        except AppError as error:
            self.fail(table_id, row.revision, f"could not be loaded. {error.user_message}")
        else:
            self._loaded(row, found)

    def _begun(self, table_id: str) -> UploadedTableRow | None:
        with self._database.session() as session:
            row = self._row(session, table_id)
            if row is None or not rows.is_unfinished(row.state):
                return None
            row.state = "loading"
            return row

    def _loaded(self, row: UploadedTableRow, found: Loaded) -> None:
        if self._finish(row.id, row.revision, "ready", rows.loaded(row.body, found)):
            self._files.remove(row.id, but=row.revision)
        else:  # it was deleted, or changed, in the last moment
            self._files.path(row.id, row.revision).unlink(missing_ok=True)

    def fail(self, table_id: str, revision: int | None, says: str) -> None:
        """Write down why a table, or this revision of its reading, is not loaded."""
        with self._database.reading() as session:
            row = self._row(session, table_id)
        if row is not None:
            body = rows.failed(row.body, f"{row.filename} {says}")
            self._finish(table_id, row.revision if revision is None else revision, "failed", body)

    def _finish(self, table_id: str, revision: int, state: State, body: dict[str, Any]) -> bool:
        """Write down how a loading ended, unless the table is another by now."""
        with self._database.session() as session:
            row = self._row(session, table_id)
            if row is None or row.revision != revision or not rows.is_unfinished(row.state):
                return False
            row.state, row.body = state, body
            return True

    def _row(self, session: Session, table_id: str) -> UploadedTableRow | None:
        is_it, is_mine = UploadedTableRow.id == table_id, UploadedTableRow.owner == self._owner
        return session.scalar(select(UploadedTableRow).where(is_it, is_mine))
