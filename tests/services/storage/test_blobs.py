"""What every store of blobs promises, tried on a folder and on an S3 server; then what is particular to a folder."""

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.errors import NotFound, StorageFailed
from services.settings import Settings
from services.storage.blobs import Blobs, open_blobs
from services.storage.folder_blobs import FolderBlobs
from tests.services.storage.scripts import start
from tests.support.object_store import ObjectStore

MISSING = hashlib.sha256(b"never put").hexdigest()
LARGE = bytes(range(256)) * 4096 * 20  # 20 MB: several pieces


@pytest.fixture(params=["folder", "objects"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Blobs]:
    if request.param == "folder":
        yield open_blobs(Settings(home=tmp_path / "home"))
        return
    with ObjectStore() as store:
        yield open_blobs(Settings(home=tmp_path / "home", **store.settings))


@pytest.fixture
def folder(tmp_path: Path) -> FolderBlobs:
    return FolderBlobs(tmp_path / "blobs")


def upload(blobs: Blobs, data: bytes) -> Path:
    path = blobs.incoming() / "upload"
    path.write_bytes(data)
    return path


def test_a_blob_is_named_by_its_content(blobs):
    key = blobs.put(b"hello")
    assert key == hashlib.sha256(b"hello").hexdigest()
    assert blobs.get(key) == b"hello"
    assert blobs.size_of(key) == 5
    assert blobs.put(b"hello") == key
    assert blobs.size_bytes() == 5


@pytest.mark.parametrize("data", [b"", b"small", LARGE], ids=["empty", "small", "large"])
def test_a_file_is_taken_over_whole(blobs, data):
    path = upload(blobs, data)
    key = blobs.put_file(path)
    assert key == hashlib.sha256(data).hexdigest()
    assert not path.exists()
    assert blobs.get(key) == data
    assert b"".join(blobs.stream(key)) == data
    assert blobs.size_of(key) == len(data)


def test_a_file_that_is_there_already_is_taken_over_all_the_same(blobs):
    key = blobs.put(b"twice")
    path = upload(blobs, b"twice")
    assert blobs.put_file(path) == key
    assert not path.exists()
    assert blobs.size_bytes() == 5


def test_pieces_of_a_large_blob_are_bounded_and_may_start_anywhere(blobs):
    key = blobs.put(LARGE)
    pieces = list(blobs.stream(key, start=9_000_001))
    assert b"".join(pieces) == LARGE[9_000_001:]
    assert len(pieces) > 1
    assert max(map(len, pieces)) <= 8 * 2**20
    assert list(blobs.stream(key, start=len(LARGE))) == []


def test_a_blob_can_be_read_as_a_file(blobs):
    key = blobs.put(LARGE)
    with blobs.local_path(key) as path:
        assert path.read_bytes() == LARGE
    assert list(blobs.incoming().iterdir()) == []


def test_an_error_of_the_reader_of_a_file_stays_its_own(blobs):
    key = blobs.put(b"x")
    with pytest.raises(IsADirectoryError), blobs.local_path(key):
        raise IsADirectoryError
    assert list(blobs.incoming().iterdir()) == []


def test_a_deleted_blob_is_gone(blobs):
    key = blobs.put(b"")
    blobs.delete(key)
    blobs.delete(key)
    with pytest.raises(NotFound):
        blobs.get(key)


@pytest.mark.parametrize(
    "key", [MISSING, "", "../../etc/passwd", "/etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n", "\0"]
)
def test_no_key_leads_anywhere_else(blobs, key):
    for call in (blobs.get, blobs.size_of, blobs.stream):
        with pytest.raises(NotFound):
            call(key)
    with pytest.raises(NotFound), blobs.local_path(key):
        pass
    if key != MISSING:
        with pytest.raises(NotFound):
            blobs.delete(key)


def test_all_keys_are_listed_and_nothing_else(blobs):
    upload(blobs, b"still being written")
    keys = {blobs.put(b"%d" % number) for number in range(8)}
    assert sorted(blobs.keys()) == sorted(keys)
    assert blobs.size_bytes() == 8


def test_uploads_left_behind_for_a_day_are_removed_at_opening(tmp_path):
    with ObjectStore() as store:
        for told in ({}, store.settings):
            settings = Settings(home=tmp_path / "home", **told)
            incoming = open_blobs(settings).incoming()
            (incoming / "old").touch()
            (incoming / "new").touch()
            day_ago_s = time.time() - 90_000
            os.utime(incoming / "old", (day_ago_s, day_ago_s))
            open_blobs(settings)
            assert [file.name for file in incoming.iterdir()] == ["new"]


# --- in a folder ----------------------------------------------------------------------------


def test_a_truncated_blob_is_written_again(folder):
    key = folder.put(b"whole")
    next(folder.folder.glob("??/*")).write_bytes(b"who")
    assert folder.put(b"whole") == key
    assert folder.get(key) == b"whole"


def test_a_file_from_another_disk_is_copied(folder, tmp_path):
    elsewhere = Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system here")
    path = elsewhere / f"tandem-test-{os.getpid()}"
    path.write_bytes(LARGE)
    assert folder.get(folder.put_file(path)) == LARGE
    assert not path.exists()
    assert list(folder.incoming().iterdir()) == []


def test_a_file_is_moved_and_not_copied(folder):
    path = upload(folder, LARGE)
    inode = path.stat().st_ino
    with folder.local_path(folder.put_file(path)) as kept:
        assert kept.stat().st_ino == inode


def test_a_folder_that_is_a_file_is_said_so(tmp_path):
    (tmp_path / "blobs").write_text("in the way")
    with pytest.raises(StorageFailed, match="TANDEM_HOME"):
        FolderBlobs(tmp_path / "blobs").put(b"x")


def test_a_full_disk_leaves_nothing_half_written(tmp_path):
    script = """
        import resource, signal, sys
        from pathlib import Path
        from services.errors import StorageFailed
        from services.storage.folder_blobs import FolderBlobs
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        store = FolderBlobs(Path(sys.argv[1]))
        try:
            store.put(b"x" * 100_000)
        except StorageFailed as error:
            print(error.code, [str(p) for p in store.folder.rglob("*") if p.is_file()])
    """
    said, errors = start(script, tmp_path).communicate()
    assert said.strip() == "disk_full []", errors


def test_a_folder_installation_never_imports_the_library_of_object_stores(tmp_path):
    script = """
        import sys
        from pathlib import Path
        from services.settings import Settings
        from services.storage.blobs import open_blobs
        blobs = open_blobs(Settings(home=Path(sys.argv[1])))
        blobs.get(blobs.put(b"x"))
        print("obstore" in sys.modules)
    """
    said, errors = start(script, tmp_path).communicate()
    assert said.strip() == "False", errors
