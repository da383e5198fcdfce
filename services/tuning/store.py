"""The data sets of one owner, line by line as they were imported or written."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from sqlalchemy import Select, delete, func, insert, select
from sqlalchemy.orm import Session

from services.errors import InvalidInput, NotFound
from services.storage.database import Database
from services.storage.tuning_tables import DataSetLineRow, DataSetRow
from services.tuning.records import MAX_LINE_CHARS, MAX_LINES, DataSet, Line
from services.turns import new_id

GONE = "This data set does not exist any more. It may have been deleted in another window."
NO_LINE = "This line does not exist any more. It may have been changed in another window."
MAX_NAME_CHARS = 80
MAX_DATA_SETS = 200
MAX_SEED = 2**31 - 1
FIRST_SEED = 42
FIRST_SHARE = 0.2
MAX_SHARE = 0.5
ROWS_AT_ONCE = 500


class DataSets:
    """Saved data sets; nobody else's can be seen or changed through it. Raises NotFound and InvalidInput."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database, self._owner = database, owner

    def all(self) -> list[DataSet]:
        """Every data set, the one last changed first."""
        with self._database.reading() as session:
            rows = session.execute(self._listed().order_by(DataSetRow.updated_at.desc(), DataSetRow.id))
            return [_data_set(row, lines) for row, lines in rows]

    def get(self, data_set_id: str) -> DataSet:
        """The data set with this id."""
        with self._database.reading() as session:
            for row, lines in session.execute(self._listed().where(DataSetRow.id == data_set_id)):
                return _data_set(row, lines)
        raise NotFound(GONE)

    def create(self, name: str, texts: Iterable[str] = ()) -> DataSet:
        """A new data set of these lines."""
        now, lines = datetime.now(UTC), _checked_lines(texts)
        row = DataSetRow(
            id=new_id("data"),
            owner=self._owner,
            name=_checked_name(name),
            seed=FIRST_SEED,
            validation_share=FIRST_SHARE,
            revision=1,
            created_at=now,
            updated_at=now,
        )
        with self._database.session() as session:
            mine = select(func.count()).select_from(DataSetRow).where(DataSetRow.owner == self._owner)
            if (session.scalar(mine) or 0) >= MAX_DATA_SETS:
                raise InvalidInput(f"{MAX_DATA_SETS} data sets are the most. Delete one first.")
            session.add(row)
            session.flush()
            self._insert(session, row.id, lines)
        return _data_set(row, len(lines))

    def rename(self, data_set_id: str, name: str) -> None:
        """Give it another name."""
        checked = _checked_name(name)
        with self._database.session() as session:
            self._changed(session, data_set_id).name = checked

    def set_split(self, data_set_id: str, seed: int, validation_share: float) -> None:
        """Say how it is split into training and validation."""
        if not 0 <= seed <= MAX_SEED:
            raise InvalidInput(f"A seed is a whole number from 0 to {MAX_SEED:,}.")
        if not 0 <= validation_share <= MAX_SHARE:
            raise InvalidInput(f"Keep at most {MAX_SHARE:.0%} for validation.")
        with self._database.session() as session:
            row = self._changed(session, data_set_id)
            row.seed, row.validation_share = seed, validation_share

    def delete(self, data_set_id: str) -> None:
        """Delete it for good, with all its examples."""
        with self._database.session() as session:
            session.delete(self._row(session, data_set_id))
        self._database.purge()

    def delete_all(self) -> None:
        """Delete every data set for good."""
        with self._database.session() as session:
            session.execute(delete(DataSetRow).where(DataSetRow.owner == self._owner))
        self._database.purge()

    # --- lines ------------------------------------------------------------------------------

    def lines(self, data_set_id: str) -> builtins.list[Line]:
        """Its lines in order."""
        mine = select(DataSetLineRow.number, DataSetLineRow.text).where(
            DataSetLineRow.data_set_id == data_set_id, DataSetLineRow.owner == self._owner
        )
        with self._database.reading() as session:
            self._row(session, data_set_id)
            return [Line(*row) for row in session.execute(mine.order_by(DataSetLineRow.number))]

    def add(self, data_set_id: str, texts: Iterable[str]) -> None:
        """Add lines at the end."""
        lines = _checked_lines(texts)
        with self._database.session() as session:
            self._changed(session, data_set_id)
            of_it = DataSetLineRow.data_set_id == data_set_id
            held = session.scalar(select(func.count()).select_from(DataSetLineRow).where(of_it)) or 0
            if held + len(lines) > MAX_LINES:
                raise InvalidInput(f"A data set has at most {MAX_LINES:,} lines here; begin a second one.")
            self._insert(session, data_set_id, lines)

    def change(self, data_set_id: str, texts: Mapping[int, str]) -> None:
        """Give lines, by their id, another text; an empty one takes the line out. All of it or nothing."""
        _checked_lines(texts.values())
        with self._database.session() as session:
            self._changed(session, data_set_id)
            for line_id, text in texts.items():
                row = session.scalar(
                    select(DataSetLineRow).where(
                        DataSetLineRow.number == line_id,
                        DataSetLineRow.data_set_id == data_set_id,
                        DataSetLineRow.owner == self._owner,
                    )
                )
                if row is None:
                    raise NotFound(NO_LINE)
                if text:
                    row.text = text
                else:
                    session.delete(row)

    # --- rows -------------------------------------------------------------------------------

    def _listed(self) -> Select[DataSetRow, int]:
        lines = (
            select(func.count())
            .select_from(DataSetLineRow)
            .where(DataSetLineRow.data_set_id == DataSetRow.id)
            .correlate(DataSetRow)
            .scalar_subquery()
        )
        return select(DataSetRow, lines).where(DataSetRow.owner == self._owner)

    def _row(self, session: Session, data_set_id: str) -> DataSetRow:
        mine = (DataSetRow.id == data_set_id, DataSetRow.owner == self._owner)
        row = session.scalar(select(DataSetRow).where(*mine))
        if row is None:
            raise NotFound(GONE)
        return row

    def _changed(self, session: Session, data_set_id: str) -> DataSetRow:
        row = self._row(session, data_set_id)
        row.revision += 1
        row.updated_at = datetime.now(UTC)
        return row

    def _insert(self, session: Session, data_set_id: str, texts: builtins.list[str]) -> None:
        rows = [{"data_set_id": data_set_id, "owner": self._owner, "text": text} for text in texts]
        for start in range(0, len(rows), ROWS_AT_ONCE):
            session.execute(insert(DataSetLineRow), rows[start : start + ROWS_AT_ONCE])


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME_CHARS:
        raise InvalidInput(f"Give the data set a name of at most {MAX_NAME_CHARS} characters.")
    return name


def _checked_lines(texts: Iterable[str]) -> list[str]:
    """The lines without what no database keeps. Raises InvalidInput when they are too many or too long."""
    lines = [_storable(text) for text in texts]
    if len(lines) > MAX_LINES:
        raise InvalidInput(
            f"{len(lines):,} lines are too many here; {MAX_LINES:,} is the most. A few hundred good examples teach more."
        )
    longest = max(map(len, lines), default=0)
    if longest > MAX_LINE_CHARS:
        raise InvalidInput(f"One line has {longest:,} characters; {MAX_LINE_CHARS:,} is the most.")
    return lines


def _storable(text: str) -> str:
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _data_set(row: DataSetRow, lines: int) -> DataSet:
    return DataSet(row.id, row.name, row.seed, row.validation_share, row.revision, lines, row.updated_at)
