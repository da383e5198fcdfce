"""A backup is of one moment, whatever others write and delete while it is made."""

import hashlib

import pytest

from services.storage.backup import backup
from services.storage.conversations import Conversations
from services.storage.database import open_database
from services.storage.folder_blobs import FolderBlobs
from services.storage.preferences import Preferences
from services.storage.restore import restore
from tests.services.storage.scripts import start

WRITER = """
    import sys
    from pathlib import Path
    from services.storage.conversations import Conversations
    from services.storage.database import open_database
    from services.storage.folder_blobs import FolderBlobs
    from services.storage.tables import PreferenceRow
    from services.turns import Attachment
    from tests.services.storage.make import turn
    database, blobs = open_database(sys.argv[1]), FolderBlobs(Path(sys.argv[2]))
    mine = Conversations(database, blobs, "alice")
    conversation, number = mine.create().id, 0
    while True:
        number += 1
        with database.session() as session:  # two rows that are always equal
            session.merge(PreferenceRow(owner="a", key="k", value=number))
            session.merge(PreferenceRow(owner="z", key="k", value=number))
        kept = turn(conversation, f"kept {number}", files=(Attachment("f", "text/plain", b"%d" % number * 5000),))
        gone = turn(conversation, f"gone {number}", files=(Attachment("f", "text/plain", b"x%d" % number * 5000),))
        mine.save_turn(kept)
        mine.save_turn(gone)
        mine.delete_turn(gone.id)
        print(number, flush=True)
"""


def test_a_backup_while_others_write_is_of_one_moment(library, new_database, tmp_path):
    writer = start(WRITER, library.url, library.blobs.folder)
    try:
        for attempt in range(4):
            assert int(writer.stdout.readline()) > 0, writer.stderr.read()
            backup(library.database, library.blobs, tmp_path / f"{attempt}.tar")
    finally:
        writer.kill()
        writer.communicate()
    for attempt in range(4):
        database, blobs = open_database(new_database("sqlite")), FolderBlobs(tmp_path / f"blobs {attempt}")
        restore(database, blobs, tmp_path / f"{attempt}.tar")
        assert Preferences(database, "a").get("k") == Preferences(database, "z").get("k")
        _check_files(Conversations(database, blobs, "alice"))
        database.close()


def _check_files(alice: Conversations) -> None:
    (conversation,) = alice.list()
    turns = alice._turns(conversation.id)
    kept = [t for t in turns if t.user.content.startswith("kept")]
    for number, made in enumerate(kept, 1):
        assert made.user.content == f"kept {number}"
        assert made.user.attachments[0].data == b"%d" % number * 5000
    assert len(turns) - len(kept) <= 1  # at most the one that was about to be deleted


class Changing(FolderBlobs):
    """A folder in which somebody else adds and deletes blobs, each at the worst moment.

    `meanwhile` is what happens before a listing, before its first key and after its last, and so on.
    """

    def __init__(self, folder):
        super().__init__(folder)
        self.meanwhile = iter(())

    def keys(self):
        next(self.meanwhile, lambda: None)()
        found = list(super().keys())
        next(self.meanwhile, lambda: None)()
        yield from found
        next(self.meanwhile, lambda: None)()


@pytest.fixture
def changing(tmp_path):
    return Changing(tmp_path / "changing")


def nothing():
    pass


def restored_after(changing, library, target, tmp_path, *meanwhile):
    """The keys that a backup brings back, when this happens around its three listings."""
    changing.meanwhile = iter(meanwhile)
    report = backup(library.database, changing, tmp_path / "b.tar")
    restore(target.database, target.blobs, tmp_path / "b.tar")
    assert report.blobs == len(list(target.blobs.keys()))
    return set(target.blobs.keys())


def test_a_blob_deleted_before_it_was_read_is_not_missed(changing, library, target, tmp_path):
    stays, gone = changing.put(b"stays"), changing.put(b"gone")
    keys = restored_after(changing, library, target, tmp_path, nothing, lambda: changing.delete(gone))
    assert keys == {stays}


def test_a_blob_deleted_after_it_was_read_does_not_come_back(changing, library, target, tmp_path):
    stays, gone = changing.put(b"stays"), changing.put(b"gone")
    keys = restored_after(
        changing, library, target, tmp_path, nothing, nothing, lambda: changing.delete(gone)
    )
    assert keys == {stays}


def test_a_blob_that_came_meanwhile_is_there(changing, library, target, tmp_path):
    keys = restored_after(
        changing, library, target, tmp_path, nothing, nothing, lambda: changing.put(b"late")
    )
    assert keys == {hashlib.sha256(b"late").hexdigest()}


def test_a_blob_that_went_and_came_back_is_there(changing, library, target, tmp_path):
    key = changing.put(b"back again")
    keys = restored_after(
        changing,
        library,
        target,
        tmp_path,
        *(nothing, nothing, lambda: changing.delete(key)),  # first listing
        *(nothing, nothing, lambda: changing.put(b"back again")),  # second, just before the snapshot
    )
    assert keys == {key}


def test_a_blob_deleted_after_the_snapshot_is_there(changing, library, target, tmp_path):
    key = changing.put(b"gone too late")
    keys = restored_after(changing, library, target, tmp_path, *[nothing] * 6, lambda: changing.delete(key))
    assert keys == {key}


def test_a_blob_whose_bytes_changed_is_left_out_and_said(library, target, tmp_path):
    good, bad = library.blobs.put(b"good"), library.blobs.put(b"bad")
    with library.blobs.local_path(bad) as path:
        path.write_bytes(b"b!d")
    report = backup(library.database, library.blobs, tmp_path / "b.tar")
    assert (report.blobs, report.damaged) == (1, [bad])
    restore(target.database, target.blobs, tmp_path / "b.tar")
    assert list(target.blobs.keys()) == [good]
