"""Tables of an owner: kept, loaded in the background, asked, changed, deleted."""

import io
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from services.errors import InvalidInput, NotFound
from services.storage.backup import backup
from services.storage.conversations import Conversations
from services.storage.database import open_database
from services.storage.folder_blobs import FolderBlobs
from services.storage.restore import restore
from services.tables import refusals
from services.tables.background import BackgroundLoader
from services.tables.files import TableFiles
from services.tables.shapes import ReadOptions
from services.tables.store import Tables
from services.turns import Attachment
from tests.services.storage.make import turn

SALES = b"id,region,amount\n1,North,10.5\n2,South,3\n"
SHOPS = b"shop,city\n1,Rome\n"


def ready(tables, data=SALES, filename="sales.csv", collection="c", **options):
    table = tables.wait(tables.add(collection, filename, data, ReadOptions(**options)).id)
    assert table.state == "ready", table.error
    return table


def files(tables):
    return sorted(file.name for file in tables._files.folder.glob("*"))


def test_a_table_is_loaded_in_the_background_and_can_be_asked(tables):
    table = ready(tables)
    assert (table.name, table.row_count, table.size_bytes) == ("sales", 2, len(SALES))
    assert [column.type for column in table.columns] == ["integer", "text", "decimal"]
    assert tables.query("c", "SELECT sum(amount) FROM sales").rows[0] == (pytest.approx(13.5),)
    assert tables.list("c") == [table] == [tables.get(table.id)]


@pytest.mark.parametrize("kind", ["path", "bytes", "open file"])
def test_a_table_comes_from_a_path_bytes_or_an_open_file(tables, tmp_path, kind):
    path = tmp_path / "in.csv"
    path.write_bytes(SALES)
    source = {"path": path, "bytes": SALES, "open file": io.BytesIO(SALES)}[kind]
    assert ready(tables, source).row_count == 2
    assert path.read_bytes() == SALES


def test_the_same_bytes_are_one_table_of_a_collection(tables):
    table = ready(tables)
    assert tables.add("c", "copy.csv", SALES).id == table.id
    assert tables.add("other", "copy.csv", SALES).id != table.id


def test_tables_of_a_collection_have_different_names_and_can_be_joined(tables):
    ready(tables)
    assert ready(tables, SHOPS, "sales.csv").name == "sales_2"
    assert tables.query("c", "SELECT city FROM sales JOIN sales_2 ON id = shop").rows == (("Rome",),)


def test_a_collection_sees_no_table_of_another(tables):
    ready(tables)
    ready(tables, SHOPS, "shops.csv", collection="other")
    with pytest.raises(InvalidInput, match="no table “shops”"):
        tables.query("c", "SELECT * FROM shops")
    with pytest.raises(InvalidInput, match="no table to ask yet"):
        tables.query("empty", "SELECT 1")


def test_another_owner_finds_nothing(tables_of):
    alice, bob = tables_of("alice"), tables_of("bob")
    table = ready(alice)
    calls = [
        lambda: bob.get(table.id),
        lambda: bob.rename(table.id, "mine"),
        lambda: bob.change(table.id, ReadOptions()),
        lambda: bob.cancel(table.id),
        lambda: bob.preview(table.id),
        lambda: bob.delete(table.id),
    ]
    for call in calls:
        with pytest.raises(NotFound):
            call()
    with pytest.raises(InvalidInput):
        bob.query("c", "SELECT * FROM sales")
    assert (bob.list("c"), bob.delete_all(), bob.delete_collection("c")) == ([], 0, 0)
    assert alice.get(table.id) == table


def test_a_reading_can_be_corrected(tables):
    table = ready(tables)
    tables.change(table.id, ReadOptions(types={"id": "text"}, has_header=True))
    changed = tables.wait(table.id)
    assert changed.columns[0].type == "text"
    assert tables.query("c", "SELECT id FROM sales").rows[0] == ("1",)
    assert len(files(tables)) == 1


def test_what_was_recognised_can_be_given_back_with_one_thing_changed(tables):
    table = ready(tables, "Tag;Wert\n05.01.2024;1,5\n".encode("cp1252"), "werte.csv")
    tables.change(table.id, table.options)
    assert tables.wait(table.id).columns == table.columns


def test_a_table_gets_another_name(tables):
    table = ready(tables)
    assert tables.rename(table.id, "My Sales!").name == "my_sales"
    assert tables.query("c", "SELECT count(*) FROM my_sales").rows == ((2,),)
    assert len(files(tables)) == 1
    ready(tables, SHOPS, "shops.csv")
    with pytest.raises(InvalidInput, match="shops already"):
        tables.rename(table.id, "shops")
    with pytest.raises(InvalidInput, match="letters and digits"):
        tables.rename(table.id, "!!!")


def test_records_are_shown_with_their_numbers(tables):
    table = ready(tables, b"n\n" + b"".join(b"%d\n" % n for n in range(100)), "n.csv")
    assert tables.preview(table.id, 2, first=50).rows == ((50, 49), (51, 50))
    assert tables.records(table.id, [7, 3]).rows == ((3, 2), (7, 6))
    (source,) = tables.sources("c", "SELECT sum(n) FROM n WHERE n > 97")
    assert (source.table, source.filename, source.count, source.rows) == ("n", "n.csv", 2, (99, 100))


def test_a_file_that_cannot_be_read_says_why(tables):
    table = tables.wait(tables.add("c", "../../evil/x.csv", b"\x89PNG\x00\x01\x02").id)
    assert (table.state, table.filename) == ("failed", "x.csv")
    assert table.error == f"x.csv {refusals.NO_TABLE}"
    with pytest.raises(InvalidInput, match="no table that can be read"):
        tables.preview(table.id)


def test_empty_and_too_large_files_are_refused_at_once(tables, blobs, tmp_path):
    with pytest.raises(InvalidInput, match=r"is empty\."):
        tables.add("c", "x.csv", b"")
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(refusals.MAX_FILE_BYTES + 2**29)
    with pytest.raises(InvalidInput, match=r"large\.csv has 2\.5 GB; a table may have up to 2 GB"):
        tables.add("c", "large.csv", large)
    assert (tables.list("c"), list(blobs.keys())) == ([], [])


def test_the_loaded_file_is_built_again_when_it_is_missing(tables):
    table = ready(tables)
    shutil.rmtree(tables._files.folder)
    assert tables.query("c", "SELECT count(*) FROM sales").rows == ((2,),)
    assert tables.get(table.id) == table


def test_deleting_leaves_neither_row_nor_file(tables, blobs):
    first, second = ready(tables), ready(tables, SHOPS, "shops.csv", collection="other")
    tables.delete(first.id)
    assert tables.list("c") == []
    assert len(files(tables)) == len(list(blobs.keys())) == 1
    assert tables.delete_collection("other") == 1
    assert (files(tables), list(blobs.keys())) == ([], [])
    with pytest.raises(NotFound):
        tables.delete(second.id)


def test_bytes_that_a_conversation_has_too_are_kept_for_it(tables, database, blobs):
    conversations = Conversations(database, blobs, "alice")
    kept = turn(conversations.create().id, files=(Attachment("s.csv", "text/plain", SALES),))
    conversations.save_turn(kept)
    table = ready(tables)
    tables.delete(table.id)
    assert conversations.turn(kept.id).user.attachments[0].data == SALES
    again = ready(tables)
    conversations.delete_all()
    assert tables.query("c", "SELECT count(*) FROM sales").rows == ((2,),)
    tables.delete(again.id)
    assert list(blobs.keys()) == []


def test_loading_can_be_stopped_and_begun_again(tables_of, tables, database):
    """Stopped before its turn comes: the line is held up by a table that waits for us."""
    held, go_on = threading.Event(), threading.Event()
    load = tables._loader._load

    def hold(table_id, cancelled, progress):
        held.set()
        go_on.wait(30)
        load(table_id, cancelled, progress)

    tables._loader._load = hold
    first, second = tables.add("c", "a.csv", SALES), tables.add("c", "b.csv", SHOPS)
    held.wait(30)
    with pytest.raises(InvalidInput, match="no table to ask yet"):
        tables.query("c", "SELECT * FROM b")
    stopped = tables.cancel(second.id)
    go_on.set()
    assert (stopped.state, stopped.error) == ("failed", f"b.csv {refusals.STOPPED}")
    assert tables.wait(first.id).state == "ready"
    assert tables.get(second.id).state == "failed"
    tables.change(second.id, ReadOptions())
    assert tables.wait(second.id).state == "ready"


def test_a_question_to_a_table_that_is_still_loading_says_so(tables):
    ready(tables)
    go_on = threading.Event()
    load = tables._loader._load
    tables._loader._load = lambda *arguments: (go_on.wait(30), load(*arguments))
    second = tables.add("c", "shops.csv", SHOPS)
    with pytest.raises(InvalidInput, match="shops is still being loaded"):
        tables.query("c", "SELECT * FROM shops")
    go_on.set()
    assert tables.wait(second.id).state == "ready"


def test_a_backup_brings_tables_back(tables, database, blobs, tmp_path, processes):
    table = ready(tables)
    backup(database, blobs, tmp_path / "b.tar")
    other, other_blobs = (
        open_database(f"sqlite:///{tmp_path}/other/tandem.db"),
        FolderBlobs(tmp_path / "other/blobs"),
    )
    restore(other, other_blobs, tmp_path / "b.tar")
    restored = Tables(other, other_blobs, tmp_path / "other", "alice", processes)
    assert restored.get(table.id) == table
    assert restored.query("c", "SELECT count(*) FROM sales").rows == ((2,),)
    other.close()


KILLED = """
    import sys, time
    from pathlib import Path
    from services.storage.database import open_database
    from services.storage.folder_blobs import FolderBlobs
    from services.tables.store import Tables
    home = Path(sys.argv[1])
    database = open_database(f"sqlite:///{home}/tandem.db")
    tables = Tables(database, FolderBlobs(home / "blobs"), home, "alice")
    table = tables.add("c", "n.csv", b"n,text\\n" + b"".join(b"%d,some text\\n" % n for n in range(400_000)))
    while tables.get(table.id).state == "waiting":
        time.sleep(0.01)
    print(table.id, flush=True)
    time.sleep(60)
"""


def test_a_table_half_loaded_when_the_process_is_killed_is_loaded_after_the_next_start(tmp_path, processes):
    home = tmp_path / "killed"
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        table_id = process.stdout.readline().strip()
        process.send_signal(signal.SIGKILL)
    database = open_database(f"sqlite:///{home}/tandem.db")
    tables = Tables(database, FolderBlobs(home / "blobs"), home, "alice", processes)
    assert tables.get(table_id).state == "loading"
    assert tables.resume() == 1
    assert tables.wait(table_id).row_count == 400_000
    assert tables.resume() == 0
    database.close()


def test_what_killed_processes_left_is_removed(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    ended.wait()
    left = [tmp_path / f".loading-{ended.pid}-t-1", tmp_path / f".spilled-{ended.pid}"]
    kept = [
        tmp_path / f".loading-{os.getpid()}-t-1",
        tmp_path / "t-1.duckdb",
        tmp_path / f".loading-{ended.pid}-young",
    ]
    for path in (*left, *kept):
        path.mkdir() if "spilled" in path.name else path.touch()
        if path != kept[2]:
            os.utime(path, (time.time() - 10_000,) * 2)
    TableFiles(tmp_path).remove_left_behind()
    assert sorted(tmp_path.iterdir()) == sorted(kept)


def test_a_loading_that_breaks_does_not_hold_up_the_line():
    loaded = []

    def load(table_id: str, cancelled: threading.Event, progress: object) -> None:
        if table_id == "broken":
            raise RuntimeError
        loaded.append(table_id)

    line = BackgroundLoader(load)
    for table_id in ("broken", "good"):
        line.put(table_id)
    assert line.wait("good", 30)
    assert loaded == ["good"]
    line.close()


def test_progress_is_told_while_a_table_is_loaded():
    reached, go_on = threading.Event(), threading.Event()

    def load(table_id: str, cancelled: threading.Event, progress) -> None:
        progress(0.5)
        reached.set()
        go_on.wait(30)

    line = BackgroundLoader(load)
    line.put("t")
    reached.wait(30)
    assert (line.progress("t"), line.progress("other")) == (0.5, None)
    go_on.set()
    assert line.wait("t", 30)
    assert line.progress("t") is None
    line.close()
