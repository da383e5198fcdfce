"""The tables that one owner has uploaded, by collection: kept, loaded, asked, deleted."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Select, delete, select
from sqlalchemy.orm import Session

from services.documents.filenames import clean_filename
from services.errors import InvalidInput, NotFound, StorageFailed
from services.storage.blob_use import delete_if_unused
from services.storage.tables import UploadedTableRow
from services.storage.turn_rows import lock_blobs
from services.tables import refusals, rows
from services.tables.background import BackgroundLoader
from services.tables.files import TableFiles
from services.tables.incoming import Bytes, keep
from services.tables.names import ROW, sql_name, table_name
from services.tables.options import checked
from services.tables.processes import TableProcesses
from services.tables.recorded_loading import RecordedLoading
from services.tables.shapes import ReadOptions, Result, Source, State, Table
from services.turns import new_id

if TYPE_CHECKING:
    from services.storage.blobs import Blobs
    from services.storage.database import Database

NO_TABLE = "There is no such table, or it is not yours."
MAX_ROWS = 1_000
TIMEOUT_S = 20.0
RELOAD_TIMEOUT_S = 120.0


class Tables:
    """Uploaded tables of one owner; nobody else's can be seen, asked or changed through it.

    A table is loaded in the background: `get` tells its `state` and `progress`. Every method raises NotFound for what does not
    exist or is somebody else's, and StorageFailed when the disk or the database cannot. Any thread may call them.
    """

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        home_folder: Path,
        owner: str,
        processes: TableProcesses | None = None,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._owner = owner
        self._files = TableFiles(home_folder / "tables")
        self._processes = processes or TableProcesses()
        self._loading = RecordedLoading(database, blobs, owner, self._files, self._processes)
        self._loader = BackgroundLoader(self._loading.load)

    def close(self) -> None:
        """End the processes. What was being loaded is loaded after the next start."""
        self._loader.close()
        self._processes.close()

    def resume(self) -> int:
        """Load what a process that ended has left waiting or half loaded; how many tables that are. To be called at start."""
        self._files.remove_left_behind()
        unfinished = UploadedTableRow.state.in_(("waiting", "loading"))
        with self._database.reading() as session:
            ids = session.scalars(self._mine(unfinished).with_only_columns(UploadedTableRow.id)).all()
        for table_id in ids:
            self._loader.put(table_id)
        return len(ids)

    # --- tables -----------------------------------------------------------------------------

    def add(
        self, collection_id: str, filename: str, source: Bytes, options: ReadOptions | None = None
    ) -> Table:
        """Keep a file and begin to load it. The same bytes, and the same sheet of them, are added once.

        `source` is a file's path, its bytes, or an open file; a path is copied. Raises InvalidInput for a file that is empty
        or too large; what else may be wrong with it is told by the table's `error`.
        """
        name, asked = clean_filename(filename), checked(options or ReadOptions())
        key = keep(self._blobs, source, name)
        try:
            with self._database.session() as session:
                lock_blobs(session)
                row = self._same(session, collection_id, key, asked) or self._new(
                    session, collection_id, name, key, asked
                )
        except BaseException:
            with suppress(StorageFailed), self._database.session() as session:
                delete_if_unused(session, self._blobs, key)
            raise
        if rows.is_unfinished(row.state):
            self._loader.put(row.id)
        return self._table(row)

    def add_sheets(self, table_id: str, sheets: Sequence[str]) -> None:
        """Load further sheets of a table's workbook, each as a table of its own."""
        with self._database.reading() as session:
            row = self._row(session, table_id)
        with self._blobs.local_path(row.blob_key) as path:
            for sheet in sheets:
                self.add(row.collection_id, row.filename, path, ReadOptions(sheet=sheet))

    def list(self, collection_id: str) -> list[Table]:
        """The tables of a collection, in the order in which they were added."""
        with self._database.reading() as session:
            return [self._table(row) for row in session.scalars(self._of(collection_id))]

    def get(self, table_id: str) -> Table:
        """The table with this id."""
        with self._database.reading() as session:
            return self._table(self._row(session, table_id))

    def wait(self, table_id: str, timeout_s: float = 60.0) -> Table:
        """The table, once it is loaded or has failed, or after `timeout_s`."""
        self._loader.wait(table_id, timeout_s)
        return self.get(table_id)

    def change(self, table_id: str, options: ReadOptions) -> Table:
        """Read the table's file anew, with these options; what is None in them is recognised again.

        Raises InvalidInput for options that nothing could be read with.
        """
        checked(options)
        with self._database.session() as session:
            row = self._row(session, table_id)
            row.body, row.state, row.revision = rows.waiting(options), "waiting", row.revision + 1
        self._loader.put(table_id)
        return self._table(row)

    def rename(self, table_id: str, name: str) -> Table:
        """Give the table another name in SQL. Raises InvalidInput for one that another table has, or that is no name."""
        with self._database.reading() as session:
            before = self._row(session, table_id)
        new = sql_name(name, "", "t_")
        if not new:
            raise InvalidInput("Give the table a name of letters and digits.")
        if new == before.name:
            return self._table(before)
        self._refuse_taken(before, new)
        old_file = self._files.path(table_id, before.revision)
        if before.state != "ready" or not old_file.exists():
            return self._named(before, new, "failed" if before.state == "failed" else "waiting")
        with self._files.writing(table_id, before.revision + 1) as target:
            self._processes.rename(old_file, target, before.name, new)
        return self._named(before, new, "ready")

    def cancel(self, table_id: str) -> Table:
        """Stop loading the table; `change` loads it again."""
        table = self.get(table_id)
        if rows.is_unfinished(table.state):
            self._loader.cancel(table_id)
            self._loading.fail(table_id, None, refusals.STOPPED)
        return self.get(table_id)

    def delete(self, table_id: str) -> None:
        """Delete the table for good: its row, what was loaded, and its file unless something else needs it."""
        if not self._delete(UploadedTableRow.id == table_id):
            raise NotFound(NO_TABLE)

    def delete_collection(self, collection_id: str) -> int:
        """Delete the tables of a collection for good; how many there were."""
        return self._delete(UploadedTableRow.collection_id == collection_id)

    def delete_all(self) -> int:
        """Delete every table of this owner for good; how many there were."""
        return self._delete(UploadedTableRow.owner == self._owner)

    # --- questions --------------------------------------------------------------------------

    def query(
        self,
        collection_id: str,
        sql: str,
        *,
        max_rows: int = MAX_ROWS,
        timeout_s: float = TIMEOUT_S,
        cancelled: threading.Event | None = None,
    ) -> Result:
        """The result of one SELECT over the tables of a collection.

        Raises InvalidInput with a sentence: code `refused_sql` for what is no SELECT over these tables, `sql_error` with
        DuckDB's words, `too_slow` and `too_heavy` past a limit; Cancelled soon after `cancelled` is set.
        """
        files, folder = self._ready(collection_id), self._files.folder
        try:
            return self._processes.query(
                files, sql, folder, max_rows=max_rows, timeout_s=timeout_s, cancelled=cancelled
            )
        except InvalidInput as error:
            loading = [table for table in self.list(collection_id) if rows.is_unfinished(table.state)]
            named = [table.name for table in loading if f"“{table.name}”" in error.user_message]
            if not named:
                raise
            raise InvalidInput(f"{named[0]} is still being loaded. Ask again in a moment.") from error

    def preview(self, table_id: str, limit: int = 50, first: int = 1) -> Result:
        """Records of a table from number `first` on, with their numbers in the column `_row`."""
        last = first + max(1, limit) - 1
        return self._records(table_id, f"{ROW} BETWEEN {first:d} AND {last:d}", limit)

    def records(self, table_id: str, numbers: Sequence[int]) -> Result:
        """The records with these numbers, in their order in the file, with their numbers in the column `_row`."""
        listed = ", ".join(f"{number:d}" for number in numbers[:MAX_ROWS]) or "0"
        return self._records(table_id, f"{ROW} IN ({listed})", MAX_ROWS)

    def sources(
        self, collection_id: str, sql: str, *, limit: int = 50, timeout_s: float = TIMEOUT_S
    ) -> tuple[Source, ...]:
        """The records that the result of a query rests on, by table, the numbers of the first `limit` of them.

        These are the records that its FROM and WHERE take; HAVING, and what limits groups, is left out. Raises what `query`
        raises.
        """
        files = self._ready(collection_id)
        filenames = {table.name: table.filename for table in self.list(collection_id)}
        found = self._processes.sources(files, sql, self._files.folder, limit=limit, timeout_s=timeout_s)
        return tuple(
            Source(table, filenames.get(table.lower(), table), count, numbers)
            for table, count, numbers in found
        )

    # --- rows -------------------------------------------------------------------------------

    def _mine(self, which: ColumnElement[bool]) -> Select[UploadedTableRow]:
        mine = UploadedTableRow.owner == self._owner
        return select(UploadedTableRow).where(mine, which).order_by(UploadedTableRow.number)

    def _of(self, collection_id: str) -> Select[UploadedTableRow]:
        return self._mine(UploadedTableRow.collection_id == collection_id)

    def _row(self, session: Session, table_id: str) -> UploadedTableRow:
        row = session.scalar(self._mine(UploadedTableRow.id == table_id))
        if row is None:
            raise NotFound(NO_TABLE)
        return row

    def _table(self, row: UploadedTableRow) -> Table:
        return rows.table_of(row, self._loader.progress(row.id))

    def _same(
        self, session: Session, collection_id: str, key: str, asked: ReadOptions
    ) -> UploadedTableRow | None:
        """The table of these bytes, loaded again if that failed before."""
        found = session.scalars(self._of(collection_id).where(UploadedTableRow.blob_key == key))
        row = next((row for row in found if rows.asked(row.body).sheet == asked.sheet), None)
        if row is not None and row.state == "failed":
            row.body, row.state, row.revision = rows.waiting(asked), "waiting", row.revision + 1
        return row

    def _new(
        self, session: Session, collection_id: str, filename: str, key: str, asked: ReadOptions
    ) -> UploadedTableRow:
        taken = session.scalars(self._of(collection_id).with_only_columns(UploadedTableRow.name)).all()
        row = UploadedTableRow(
            id=new_id("table"),
            owner=self._owner,
            collection_id=collection_id,
            name=table_name(filename, taken, asked.sheet),
            filename=filename,
            size_bytes=self._size_kept(key),
            blob_key=key,
            state="waiting",
            revision=1,
            created_at=datetime.now(UTC),
            body=rows.waiting(asked),
        )
        session.add(row)
        return row

    def _size_kept(self, key: str) -> int:
        try:
            return self._blobs.size_of(key)
        except NotFound:  # the last other file with these bytes was deleted between keeping it and now
            raise StorageFailed("The file could not be kept. Try it again.") from None

    def _refuse_taken(self, row: UploadedTableRow, name: str) -> None:
        with self._database.reading() as session:
            taken = session.scalar(self._of(row.collection_id).where(UploadedTableRow.name == name))
        if taken is not None:
            raise InvalidInput(
                f"The table of {taken.filename} is called {name} already. Choose another name."
            )

    def _named(self, before: UploadedTableRow, name: str, state: State) -> Table:
        with self._database.session() as session:
            row = self._row(session, before.id)
            if row.revision != before.revision:
                raise InvalidInput("The table was changed meanwhile. Try again.")
            row.name, row.state, row.revision = name, state, row.revision + 1
            if state == "waiting":
                row.body = {"asked": row.body["asked"]}
        if state == "waiting":
            self._loader.put(row.id)
        elif state == "ready":
            self._files.remove(row.id, but=row.revision)
        return self._table(row)

    def _delete(self, which: ColumnElement[bool]) -> int:
        with self._database.session() as session:
            lock_blobs(session)
            found = session.scalars(self._mine(which)).all()
            session.execute(delete(UploadedTableRow).where(which, UploadedTableRow.owner == self._owner))
            for key in {row.blob_key for row in found}:
                delete_if_unused(session, self._blobs, key)
        for row in found:
            self._loader.cancel(row.id)
            self._files.remove(row.id)
        if found:
            self._processes.rest()
            self._database.purge()
        return len(found)

    # --- files ------------------------------------------------------------------------------

    def _ready(self, collection_id: str) -> dict[str, Path]:
        """The DuckDB files of a collection's loaded tables, by name; those that are gone are loaded again first."""
        with self._database.reading() as session:
            found = [row for row in session.scalars(self._of(collection_id)) if row.state == "ready"]
        gone = [row for row in found if not self._files.path(row.id, row.revision).exists()]
        if gone:
            self._load_again(gone)
            found = [row for row in found if self._files.path(row.id, row.revision).exists()]
        if not found:
            raise InvalidInput("There is no table to ask yet. Upload one, or wait until it is loaded.")
        return {row.name: self._files.path(row.id, row.revision) for row in found}

    def _load_again(self, gone: Collection[UploadedTableRow]) -> None:
        with self._database.session() as session:
            for row in gone:
                self._row(session, row.id).state = "waiting"
        for row in gone:
            self._loader.put(row.id)
        for row in gone:
            self._loader.wait(row.id, RELOAD_TIMEOUT_S)

    def _records(self, table_id: str, where: str, limit: int) -> Result:
        table = self.get(table_id)
        if table.state != "ready":
            raise InvalidInput(
                table.error or f"{table.filename} is still being loaded. Try again in a moment."
            )
        sql = f'SELECT {ROW}, * FROM "{table.name}" WHERE {where} ORDER BY {ROW}'  # noqa: S608
        return self.query(table.collection_id, sql, max_rows=limit)
