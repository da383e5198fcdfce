import hashlib
import subprocess
import sys
import textwrap

import pytest

from services.errors import NotFound, StorageFailed
from services.storage.blobs import BlobStore


@pytest.fixture
def blobs(tmp_path):
    return BlobStore(tmp_path / "blobs")


def test_a_blob_is_named_by_its_content(blobs):
    key = blobs.put(b"hello")
    assert key == hashlib.sha256(b"hello").hexdigest()
    assert blobs.get(key) == b"hello"
    assert blobs.put(b"hello") == key
    assert blobs.size_bytes() == 5


def test_a_deleted_blob_is_gone(blobs):
    key = blobs.put(b"")
    blobs.delete(key)
    blobs.delete(key)
    with pytest.raises(NotFound):
        blobs.get(key)


@pytest.mark.parametrize(
    "key", ["", "../../etc/passwd", "/etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n", "..", "\0"]
)
def test_no_key_leads_out_of_the_folder(blobs, key):
    for call in (blobs.get, blobs.delete):
        with pytest.raises(NotFound):
            call(key)


def test_a_truncated_blob_is_written_again(blobs):
    key = blobs.put(b"whole")
    next(blobs.folder.glob("*/*")).write_bytes(b"who")
    assert blobs.put(b"whole") == key
    assert blobs.get(key) == b"whole"


def test_a_folder_that_is_a_file_is_said_so(tmp_path):
    (tmp_path / "blobs").write_text("in the way")
    with pytest.raises(StorageFailed, match="TANDEM_HOME"):
        BlobStore(tmp_path / "blobs").put(b"x")


def test_a_full_disk_leaves_nothing_half_written(tmp_path):
    script = """
        import resource, signal, sys
        from pathlib import Path
        from services.errors import StorageFailed
        from services.storage.blobs import BlobStore
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        store = BlobStore(Path(sys.argv[1]))
        try:
            store.put(b"x" * 100_000)
        except StorageFailed as error:
            print(error.code, [str(p) for p in store.folder.rglob("*") if p.is_file()])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "disk_full []", done.stderr
