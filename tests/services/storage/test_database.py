import sqlite3
import subprocess
import sys
import textwrap
import threading
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from services.errors import StorageFailed
from services.storage.conversations import Conversations
from services.storage.database import open_database
from services.storage.migrate import HEAD, MIGRATIONS
from services.storage.preferences import Preferences
from services.storage.tables import Base, PreferenceRow


def run(script, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_tables_are_as_the_migrations_make_them(library):
    ours = Base.metadata.tables
    with library.database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": False,
                "include_name": lambda name, kind, _: kind != "table" or name in ours,
            },
        )
        differences = compare_metadata(context, Base.metadata)
    assert [d for d in differences if "turns_search" not in str(d) and "search_vector" not in str(d)] == []


def test_the_newest_migration_is_the_one_that_start_up_looks_for():
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == HEAD


def test_opening_again_keeps_what_was_there(url):
    first = open_database(url)
    Preferences(first, "me").set("k", {"v": [1, None]})
    first.close()
    second = open_database(url)
    assert Preferences(second, "me").get("k") == {"v": [1, None]}
    second.ping()
    assert second.size_bytes() > 10_000
    second.close()


def test_a_failed_transaction_leaves_nothing(library):
    with pytest.raises(RuntimeError), library.database.session() as session:
        session.add(PreferenceRow(owner="me", key="k", value=1))
        session.flush()
        raise RuntimeError
    assert Preferences(library.database, "me").all() == {}


def test_many_threads_and_processes_may_open_an_empty_database_at_once(url):
    opener = """
        import sys
        from services.storage.database import open_database
        from services.storage.preferences import Preferences
        Preferences(open_database(sys.argv[1]), "me").set(sys.argv[2], 1)
    """
    processes = [run(opener, url, f"process {n}") for n in range(3)]
    databases, errors = [], []

    def open_it():
        try:
            databases.append(open_database(url))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [p.communicate()[1] for p in processes] == [""] * 3
    assert errors == []
    assert len(Preferences(databases[0], "me").all()) == 3
    for database in databases:
        database.close()


def test_two_processes_write_at_the_same_time_and_nothing_is_lost(library):
    writer = """
        import sys
        from pathlib import Path
        from services.storage.folder_blobs import FolderBlobs
        from services.storage.conversations import Conversations
        from services.storage.database import open_database
        from tests.services.storage.make import chain
        mine = Conversations(open_database(sys.argv[1]), FolderBlobs(Path(sys.argv[2])), "alice")
        chain(mine, sys.argv[3], 40)
    """
    conversations = [library.alice.create(), library.alice.create()]
    processes = [run(writer, library.url, library.blobs.folder, c.id) for c in conversations]
    assert [p.communicate()[1] for p in processes] == ["", ""]
    for conversation in conversations:
        branch = library.alice.branch(conversation.id)
        assert [t.user.content for t in branch] == [f"question {n}" for n in range(40)]


def test_kill_while_saving_leaves_whole_turns_only(library):
    writer = """
        import sys
        from pathlib import Path
        from services.storage.folder_blobs import FolderBlobs
        from services.storage.conversations import Conversations
        from services.storage.database import open_database
        from services.turns import Attachment
        from tests.services.storage.make import exchange, turn
        mine = Conversations(open_database(sys.argv[1]), FolderBlobs(Path(sys.argv[2])), "alice")
        parent, number = None, 0
        while True:
            file = Attachment("f", "text/plain", b"%d" % number * 20_000)
            made = turn(sys.argv[3], f"question {number}", f"word{number} " * 2000, parent, (file,))
            made.exchanges = [exchange(1, "x" * 50_000)]
            mine.save_turn(made)
            parent, number = made, number + 1
            print(number, flush=True)
    """
    alice = library.alice
    conversation = alice.create()
    for _ in range(3):
        process = run(writer, library.url, library.blobs.folder, conversation.id)
        said = [int(process.stdout.readline()) for _ in range(5)][-1]
        process.kill()
        said = int((process.communicate()[0].split() or [said])[-1])
        turns = alice.branch(conversation.id)
        assert len(turns) >= said
        for number, made in enumerate(turns):
            assert made.text == f"word{number} " * 2000
            assert made.user.attachments[0].data == b"%d" % number * 20_000
            assert len(alice.exchanges(made.id)) == 1
            assert made.id in [h.turn_id for h in alice.search(f"word{number}", limit=100)]
        assert list(library.blobs.folder.glob("*/*.new")) == []
        alice.delete_turn(turns[0].id)


def test_storing_a_naive_time_is_a_mistake_that_is_refused(library):
    with pytest.raises(Exception, match="aware"), library.database.session() as session:
        session.execute(text("SELECT 1"))
        session.add(PreferenceRow(owner="x", key="y", value=1))
        from services.storage.tables import RateLimitRow

        session.add(RateLimitRow(owner="x", connection="c", model="m", seen_at=datetime(2026, 1, 1)))
    assert datetime.now(UTC)


# --- SQLite alone ---------------------------------------------------------------------------


@pytest.fixture
def sqlite(tmp_path):
    database = open_database(f"sqlite:///{tmp_path}/tandem.db", busy_timeout_ms=100)
    yield database
    database.close()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("busy_timeout", 100),
        ("foreign_keys", 1),
        ("synchronous", 1),
        ("secure_delete", 1),
    ],
)
def test_sqlite_is_set_up_for_many_readers_and_clean_deletion(sqlite, pragma, value):
    with sqlite.reading() as session:
        assert session.execute(text(f"PRAGMA {pragma}")).scalar() == value


def test_a_locked_database_is_said_so_and_readers_go_on(sqlite, tmp_path):
    other = sqlite3.connect(tmp_path / "tandem.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    preferences = Preferences(sqlite, "me")
    with pytest.raises(StorageFailed, match="does not let go") as caught:
        preferences.set("k", 1)
    assert (caught.value.code, caught.value.retryable) == ("database_locked", True)
    assert preferences.get("k") is None
    other.rollback()
    preferences.set("k", 1)
    other.close()


def test_a_full_disk_is_said_so_and_what_was_saved_stays(sqlite):
    preferences = Preferences(sqlite, "me")
    preferences.set("small", 1)
    with sqlite.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1")  # SQLite answers as on a full disk
    with pytest.raises(StorageFailed, match="disk is full") as caught:
        preferences.set("large", "x" * 1_000_000)
    assert caught.value.code == "disk_full"
    assert preferences.all() == {"small": 1}


def test_a_read_only_database_is_said_so(tmp_path):
    open_database(f"sqlite:///{tmp_path}/tandem.db").close()
    database = open_database(f"sqlite:///file:{tmp_path}/tandem.db?mode=ro&uri=true")
    with pytest.raises(StorageFailed, match="cannot be written"):
        Preferences(database, "me").set("k", 1)
    database.close()


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path):
    (tmp_path / "home").write_text("a file is in the way")
    with pytest.raises(StorageFailed, match="TANDEM_HOME"):
        open_database(f"sqlite:///{tmp_path}/home/tandem.db")


def test_a_file_that_is_no_database_is_said_so_and_left_alone(tmp_path):
    path = tmp_path / "tandem.db"
    path.write_bytes(b"my diary " * 1000)
    with pytest.raises(StorageFailed, match="not a SQLite database"):
        open_database(f"sqlite:///{path}")
    assert path.read_bytes() == b"my diary " * 1000


def test_a_database_of_a_newer_version_is_not_touched(sqlite, tmp_path):
    with sqlite.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageFailed, match="newer version of Tandem"):
        open_database(f"sqlite:///{tmp_path}/tandem.db")


def test_a_server_that_does_not_answer_is_said_so():
    with pytest.raises(StorageFailed, match="cannot be reached"):
        open_database("postgresql+psycopg://me@127.0.0.1:1/none")


def test_reaching_for_storage_does_not_import_what_start_up_need_not():
    script = "import sys, services.storage.database, services.storage.records, services.catalog, services.metering.records;"
    script += "print([m for m in ('sqlalchemy', 'alembic', 'pydantic', 'genai_prices') if m in sys.modules])"
    assert run(script).communicate()[0].strip() == "[]"


def test_a_second_start_does_not_import_alembic(sqlite, tmp_path):
    script = """
        import sys
        from services.storage.database import open_database
        open_database(sys.argv[1])
        print('alembic' in sys.modules)
    """
    assert run(script, f"sqlite:///{tmp_path}/tandem.db").communicate()[0].strip() == "False"


def test_conversations_of_a_closed_database_can_be_opened_again(sqlite, tmp_path):
    from services.storage.folder_blobs import FolderBlobs

    mine = Conversations(sqlite, FolderBlobs(tmp_path / "blobs"), "me")
    made = mine.create()
    sqlite.close()
    assert mine.get(made.id) == made
