"""The file of a backup: whole under its name or not there, private, and of any size."""

import os
import signal
import stat
import subprocess
import sys
import tarfile
from contextlib import suppress
from pathlib import Path

import pytest

from services.errors import StorageFailed
from services.storage.backup import backup
from services.storage.folder_blobs import FolderBlobs
from services.storage.restore import restore
from tests.services.storage.make import exchange, turn
from tests.services.storage.scripts import start


def test_the_file_is_a_tar_that_only_its_owner_can_read(library, tmp_path):
    library.alice.save_turn(turn(library.alice.create().id))
    backup(library.database, library.blobs, tmp_path / "b.tar")
    assert stat.S_IMODE((tmp_path / "b.tar").stat().st_mode) == 0o600
    with tarfile.open(tmp_path / "b.tar") as tar:
        names = tar.getnames()
    assert "tables/turns/000001.jsonl" in names
    assert names[-1] == "manifest.json"


def test_many_rows_go_into_parts_of_a_few_MB(library, other, tmp_path):
    conversation = library.alice.create()
    made = turn(conversation.id)
    made.exchanges = [exchange(n, os.urandom(2_000_000).hex()) for n in range(4)]
    library.alice.save_turn(made)
    backup(library.database, library.blobs, tmp_path / "b.tar")
    with tarfile.open(tmp_path / "b.tar") as tar:
        parts = [m.size for m in tar.getmembers() if m.name.startswith("tables/exchanges/")]
    assert len(parts) == 2
    restore(other.database, other.blobs, tmp_path / "b.tar")
    assert other.alice.exchanges(made.id) == made.exchanges


def test_an_earlier_backup_of_that_name_stays_until_the_new_one_is_whole(library, tmp_path):
    path = tmp_path / "b.tar"
    path.write_bytes(b"the earlier one")
    broken = FolderBlobs(tmp_path / "broken")
    broken.put(b"x")
    (tmp_path / "broken" / "aa").write_text("in the way of listing")
    with pytest.raises(StorageFailed):
        backup(library.database, broken, path)
    assert path.read_bytes() == b"the earlier one"
    backup(library.database, library.blobs, path)
    assert tarfile.is_tarfile(path)


def test_a_folder_that_is_not_there_is_made(library, tmp_path):
    backup(library.database, library.blobs, tmp_path / "new" / "folder" / "b.tar")
    assert [p.name for p in (tmp_path / "new" / "folder").iterdir()] == ["b.tar"]


def test_a_place_that_cannot_be_written_is_said_so(library, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageFailed, match="could not be written to"):
        backup(library.database, library.blobs, tmp_path / "file" / "b.tar")


HOME = """
    import sys
    from pathlib import Path
    from services.errors import StorageFailed
    from services.storage.backup import backup
    from services.storage.database import open_database
    from services.storage.folder_blobs import FolderBlobs
    from services.storage.restore import restore
    home, file = Path(sys.argv[1]), Path(sys.argv[2])
    database, blobs = open_database(f"sqlite:///{home}/tandem.db"), FolderBlobs(home / "blobs")
"""


def test_a_full_disk_leaves_nothing_behind(tmp_path):
    script = (
        HOME
        + """
    import resource, signal
    blobs.put(b"x" * 1_000_000)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
    try:
        backup(database, blobs, file)
    except StorageFailed as error:
        print(error.user_message)
    """
    )
    said, errors = start(script, tmp_path / "home", tmp_path / "backups" / "b.tar").communicate()
    assert "could not be written" in said, errors
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_backup_that_is_told_to_end_leaves_nothing_behind(tmp_path):
    key = "ab" * 32
    pipe = tmp_path / "home" / "blobs" / key[:2] / key  # a blob that is never read to its end
    pipe.parent.mkdir(parents=True)
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [sys.executable, "-m", "services.storage", "backup", str(tmp_path / "backups" / "b.tar")],
        env=os.environ | {"TANDEM_HOME": str(tmp_path / "home")},
    )
    writer = open_when_read(pipe, process)
    assert len(list((tmp_path / "backups").iterdir())) == 1
    process.send_signal(signal.SIGTERM)
    os.close(writer)  # a signal that came just before a read does not interrupt it
    assert process.wait() == 1
    assert list((tmp_path / "backups").iterdir()) == []


def open_when_read(pipe: Path, process: subprocess.Popen[bytes]) -> int:
    while process.poll() is None:
        with suppress(OSError):  # nobody reads yet
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        os.sched_yield()
    raise AssertionError("the command ended by itself")


def test_memory_stays_small_however_large_a_file_or_a_table_is(tmp_path):
    script = (
        HOME
        + """
    import os, resource
    from tests.services.storage.make import exchange, turn
    from services.storage.tables import ExchangeRow
    from services.storage.conversations import Conversations
    def peak_mb():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    large = blobs.incoming() / "large"
    with large.open("wb") as new:
        new.truncate(200 * 2**20)
    blobs.put_file(large)
    mine = Conversations(database, blobs, "alice")
    made = turn(mine.create().id)
    mine.save_turn(made)
    def add(numbers):
        with database.session() as session:
            for number in numbers:
                sent_at, body = exchange(number).sent_at, os.urandom(1_000_000)
                session.add(ExchangeRow(turn_id=made.id, sent_at=sent_at, owner="alice", body=body))
                session.flush()
                session.expunge_all()
    add(range(30))
    backup(database, blobs, file.with_name("first.tar"))
    before = peak_mb()
    add(range(30, 120))
    backup(database, blobs, file)
    home = home.with_name("other")
    restore(open_database(f"sqlite:///{home}/tandem.db"), FolderBlobs(home / "blobs"), file)
    print(peak_mb() - before)
    """
    )
    said, errors = start(script, tmp_path / "home", tmp_path / "b.tar").communicate()
    assert errors == ""
    assert float(said) < 30
