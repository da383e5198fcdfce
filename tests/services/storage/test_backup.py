"""A backup holds everything and brings it back into any database."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import JSON, TypeDecorator, inspect, select

from services.metering.ledger import Ledger
from services.settings import Settings
from services.storage.backup import backup
from services.storage.blobs import open_blobs
from services.storage.database import Database, open_database
from services.storage.every_table import all_tables
from services.storage.preferences import Preferences
from services.storage.restore import restore
from services.storage.tables import ExactDecimal
from services.turns import Attachment
from tests.services.storage.make import exchange, turn
from tests.services.storage.scripts import start
from tests.support.object_store import ObjectStore

MOMENT = datetime(2026, 11, 22, 12, 0, 0, 123456, UTC)


def value(column, number: int) -> Any:
    """Some value for a column, another for each number; the third row has none where it may."""
    if column.nullable and number == 3:
        return None
    if column.foreign_keys:
        (key,) = column.foreign_keys
        return value(key.column, number)
    kind = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
    if isinstance(kind, JSON):
        return {"n": number, "nothing": None, "ünï": [1.5, True, "🙂\x00"]} if number == 1 else number
    if isinstance(column.type, ExactDecimal):
        return Decimal("0.000012345678901234567890") * number
    by_type = {
        int: number if column.primary_key else 2**31 - number,
        str: f'{column.name} {number} 🙂\r\n\u2028"\\',
        bytes: bytes(range(256)) * number,
        datetime: MOMENT.replace(microsecond=number),
        bool: number == 1,
        float: 0.1 * number,
    }
    return by_type[kind.python_type]


def fill(database: Database) -> None:
    with database.session() as session:
        for table in all_tables():
            rows = [{c.name: value(c, number) for c in table.columns} for number in (1, 2, 3)]
            session.execute(table.insert(), rows)


def content(database: Database) -> dict[str, Any]:
    with database.reading() as session:
        found = {}
        for table in all_tables():
            columns = [*table.columns, *(c.is_(None).label(f"{c.name} is NULL") for c in table.columns)]
            rows = session.execute(select(*columns).order_by(*table.primary_key.columns))
            found[table.name] = [dict(row._mapping) for row in rows]
        return found


def test_every_row_of_every_table_comes_back(library, other, tmp_path):
    fill(library.database)
    made = backup(library.database, library.blobs, tmp_path / "b.tar")
    restored = restore(other.database, other.blobs, tmp_path / "b.tar")
    assert content(other.database) == content(library.database)
    assert made.rows == restored.rows == {table.name: 3 for table in all_tables()}


def test_no_table_of_the_database_is_forgotten(tmp_path):
    listed = start("from services.storage.backup import all_tables; print(*[t.name for t in all_tables()])")
    database = open_database(f"sqlite:///{tmp_path}/tandem.db")
    there = {
        name for name in inspect(database.engine).get_table_names() if not name.startswith("turn_search")
    }
    assert set(listed.communicate()[0].split()) == there - {"alembic_version"}
    database.close()


@pytest.fixture
def talk(library):
    conversation = library.alice.create(title="Volcanoes")
    file = Attachment("a.png", "image/png", b"\x89picture")
    made = turn(conversation.id, "What is Ätna?", "A volcano.", files=(file,))
    made.exchanges, made.cost_usd = [exchange(1)], Decimal("0.0000123")
    library.alice.save_turn(made)
    Preferences(library.database, "alice").set("default_model", {"id": None})
    library.bob.create(title="Bob's")
    return library.alice.get(conversation.id), made


def test_conversations_go_on_where_they_were(library, other, talk, tmp_path):
    backup(library.database, library.blobs, tmp_path / "b.tar")
    restore(other.database, other.blobs, tmp_path / "b.tar")
    conversation, made = talk
    assert other.alice.get(conversation.id) == conversation
    assert other.alice.turn(made.id) == made
    assert other.alice.branch(conversation.id) == [replace(made, exchanges=[])]
    assert [hit.turn_id for hit in other.alice.search("atna")] == [made.id]
    assert [c.title for c in other.bob.list()] == ["Bob's"]
    assert Preferences(other.database, "alice").get("default_model") == {"id": None}
    assert Ledger(other.database, "alice").totals().calls == Ledger(library.database, "alice").totals().calls


def test_new_turns_are_numbered_on_after_restoring(library, other, talk, tmp_path):
    backup(library.database, library.blobs, tmp_path / "b.tar")
    restore(other.database, other.blobs, tmp_path / "b.tar")
    conversation, made = talk
    other.alice.save_turn(turn(conversation.id, "And Stromboli?", "Another.", made))
    assert [t.text for t in other.alice.branch(conversation.id)] == ["A volcano.", "Another."]
    assert [hit.snippet for hit in other.alice.search("stromboli")] == ["And Stromboli?"]


def test_an_empty_installation_comes_back_empty(library, other, tmp_path):
    assert backup(library.database, library.blobs, tmp_path / "b.tar").blobs == 0
    restore(other.database, other.blobs, tmp_path / "b.tar")
    assert other.alice.list() == []
    other.alice.save_turn(turn(other.alice.create().id))


def test_files_move_from_a_folder_into_an_object_store_and_back(tmp_path):
    with ObjectStore() as store:
        places = {"one": {}, "two": store.settings, "three": {}}
        databases = {name: open_database(f"sqlite:///{tmp_path}/{name}/tandem.db") for name in places}
        blobs = {name: open_blobs(Settings(home=tmp_path / name, **told)) for name, told in places.items()}
        keys = {blobs["one"].put(data) for data in (b"", b"small", b"large" * 4_000_000)}
        for source, target in (("one", "two"), ("two", "three")):
            backup(databases[source], blobs[source], tmp_path / "b.tar")
            restore(databases[target], blobs[target], tmp_path / "b.tar")
        assert set(blobs["three"].keys()) == keys
        assert blobs["three"].size_bytes() == blobs["one"].size_bytes()
        for database in databases.values():
            database.close()
