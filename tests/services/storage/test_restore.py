"""A backup is restored whole or not at all, and only into an empty database."""

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from services.errors import InvalidInput, StorageFailed
from services.metering.ledger import Ledger
from services.storage.backup import backup
from services.storage.every_table import all_tables
from services.storage.folder_blobs import FolderBlobs
from services.storage.migrate import HEAD
from services.storage.preferences import Preferences
from services.storage.restore import restore
from services.storage.sqlite import run_outside_transaction
from services.turns import Attachment
from tests.services.storage.make import chain, exchange, turn

OLD = sorted((Path(__file__).parent / "backups").glob("*.tar"))


@pytest.fixture
def archive(library, tmp_path) -> Path:
    """A backup of a conversation with a file; then the database is empty again."""
    alice = library.alice
    made = turn(alice.create(title="Volcanoes").id, files=(Attachment("a", "text/plain", b"a note " * 500),))
    made.exchanges = [exchange(1)]
    alice.save_turn(made)
    backup(library.database, library.blobs, tmp_path / "b.tar")
    alice.delete_all()
    return tmp_path / "b.tar"


def is_untouched(library) -> bool:
    with library.database.reading() as session:
        rows = [session.execute(text(f'SELECT count(*) FROM "{t.name}"')).scalar() for t in all_tables()]
        version = session.execute(text("SELECT version_num FROM alembic_version")).scalar()
    left = [file for file in library.blobs.folder.rglob("*") if file.is_file()]
    return not any(rows) and version == HEAD and left == []


def rewrite(archive: Path, edit: Callable[[dict[str, bytes], dict], None]) -> None:
    """Change the members of an archive and its manifest."""
    with tarfile.open(archive) as tar:
        members = {name: tar.extractfile(name).read() for name in tar.getnames()}
    manifest = json.loads(members["manifest.json"])
    edit(members, manifest)
    members["manifest.json"] = json.dumps(manifest).encode()
    with tarfile.open(archive, "w") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def test_a_whole_backup_is_restored(library, archive):
    restore(library.database, library.blobs, archive)
    (conversation,) = library.alice.list()
    assert library.alice.branch(conversation.id)[0].user.attachments[0].data == b"a note " * 500


def test_a_database_that_holds_data_is_left_alone(library, archive):
    kept = library.bob.create(title="kept")
    with pytest.raises(InvalidInput, match="restored into an empty one only"):
        restore(library.database, library.blobs, archive)
    assert [c.id for c in library.bob.list()] == [kept.id]
    assert library.alice.list() == []


@pytest.mark.parametrize("part", [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.9999])
def test_a_file_that_is_cut_short_restores_nothing(library, archive, part):
    data = archive.read_bytes()
    end = data.rindex(b"}") + 1  # of the manifest; zeros follow
    archive.write_bytes(data[: int(end * part)])
    with pytest.raises(InvalidInput, match="Try another copy"):
        restore(library.database, library.blobs, archive)
    assert is_untouched(library)


def test_no_changed_byte_goes_unnoticed(library, archive):
    data = archive.read_bytes()
    with tarfile.open(archive) as tar:
        places = [(m.offset_data, m.size) for m in tar.getmembers() if m.size and m.name != "manifest.json"]
    for start, size in places:
        for at in (start, start + size // 2, start + size - 1):
            archive.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            with pytest.raises(InvalidInput, match="Try another copy"):
                restore(library.database, library.blobs, archive)
    assert is_untouched(library)


def lose_a_row(manifest):
    manifest["rows"]["turns"] -= 1


def name_an_unknown_table(manifest):
    manifest["rows"]["passwords"] = 0


BAD_MANIFESTS = {
    "another format": lambda m: m.update(format="zip"),
    "no parts": lambda m: m.update(parts={}),
    "no rows": lambda m: m.pop("rows"),
    "rows that are text": lambda m: m.update(rows={"turns": "many"}),
    "a row less": lose_a_row,
    "an unknown table": name_an_unknown_table,
    "a blob too many": lambda m: m.update(blobs=m["blobs"] + 1),
    "a version that is none": lambda m: m.update(version="x"),
}


@pytest.mark.parametrize("name", BAD_MANIFESTS)
def test_a_manifest_that_does_not_fit_restores_nothing(library, archive, name):
    rewrite(archive, lambda _, manifest: BAD_MANIFESTS[name](manifest))
    with pytest.raises(InvalidInput, match="Try another copy"):
        restore(library.database, library.blobs, archive)
    assert is_untouched(library)


@pytest.mark.parametrize("newer", [{"revision": "9999"}, {"version": 2}])
def test_a_backup_of_a_newer_version_is_said_so(library, archive, newer):
    rewrite(archive, lambda _, manifest: manifest.update(newer))
    with pytest.raises(InvalidInput, match="newer version of Tandem"):
        restore(library.database, library.blobs, archive)
    assert is_untouched(library)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04" + b"x" * 2000, b"\0" * 20_000, b"\xff" * 20_000])
def test_a_file_that_is_no_backup_is_said_so(library, tmp_path, data):
    (tmp_path / "b.tar").write_bytes(data)
    with pytest.raises(InvalidInput, match="not a whole backup"):
        restore(library.database, library.blobs, tmp_path / "b.tar")


def test_a_tar_of_something_else_is_said_so(library, tmp_path):
    with tarfile.open(tmp_path / "b.tar", "w") as tar:
        tar.add(__file__, "notes.py")
        tar.add(Path(__file__).parent, "folder", recursive=False)
    with pytest.raises(InvalidInput, match="not a whole backup"):
        restore(library.database, library.blobs, tmp_path / "b.tar")


@pytest.mark.parametrize("name", ["missing.tar", "."])
def test_a_file_that_cannot_be_read_is_said_so(library, tmp_path, name):
    with pytest.raises(InvalidInput, match="cannot be read"):
        restore(library.database, library.blobs, tmp_path / name)


class Failing(FolderBlobs):
    """A folder whose disk is full after two files."""

    def put_file(self, path):
        if len(list(self.keys())) >= 2:
            raise StorageFailed("The disk is full.", code="disk_full")
        return super().put_file(path)


def test_files_restored_before_a_failure_are_taken_back(library, tmp_path):
    for number in range(4):
        library.blobs.put(b"%d" % number)
    backup(library.database, library.blobs, tmp_path / "b.tar")
    target = Failing(tmp_path / "failing")
    kept = target.put(b"0")  # it was there before
    with pytest.raises(StorageFailed, match="disk is full"):
        restore(library.database, target, tmp_path / "b.tar")
    assert list(target.keys()) == [kept]
    assert list(target.incoming().iterdir()) == []


def test_a_database_without_room_is_said_so_and_stays_empty(library, archive):
    if not library.database.is_sqlite:
        pytest.skip("only SQLite lets itself be told that its disk is full")
    chain(library.alice, library.alice.create().id, 200)
    backup(library.database, library.blobs, archive)
    library.alice.delete_all()
    run_outside_transaction(library.database.engine, "VACUUM")
    with library.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1")  # SQLite answers as on a full disk
    with pytest.raises(StorageFailed, match="disk is full"):
        restore(library.database, library.blobs, archive)
    assert is_untouched(library)


def test_rows_the_database_does_not_take_are_said_so(library, archive):
    name = "tables/conversations/000001.jsonl"

    def repeat_a_row(members, manifest):
        members[name] *= 2
        manifest["parts"][name] = hashlib.sha256(members[name]).hexdigest()

    rewrite(archive, repeat_a_row)
    with pytest.raises(InvalidInput, match="does not take what this backup holds"):
        restore(library.database, library.blobs, archive)
    assert is_untouched(library)


@pytest.mark.parametrize("line", [b"[]", b"{}", b"7", b"no JSON", b'{"id": "x"}', b"\xff"])
def test_a_line_that_is_no_row_restores_nothing(library, archive, line):
    name = "tables/conversations/000001.jsonl"

    def replace(members, manifest):
        members[name] = line + b"\n"
        manifest["parts"][name] = hashlib.sha256(members[name]).hexdigest()

    rewrite(archive, replace)
    with pytest.raises(InvalidInput, match="Try another copy"):
        restore(library.database, library.blobs, archive)
    assert is_untouched(library)


@pytest.mark.parametrize("old", OLD, ids=lambda path: path.stem)
def test_a_backup_of_every_earlier_version_can_be_restored(library, old, tmp_path):
    restore(library.database, library.blobs, old)
    (conversation,) = library.alice.list()
    first, second = library.alice.branch(conversation.id)
    assert conversation.title == "Volcanoes"
    assert first.user.attachments[0].data == b"a note"
    assert len(library.alice.exchanges(first.id)) == 1
    assert [hit.turn_id for hit in library.alice.search("atna")] == [first.id]
    assert Ledger(library.database, "alice").totals().cost_usd == Decimal("0.0000123")
    assert Preferences(library.database, "alice").get("default_model") == {"id": None}
    library.alice.save_turn(turn(conversation.id, parent=second))
    backup(library.database, library.blobs, tmp_path / "again.tar")
