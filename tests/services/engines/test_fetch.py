import hashlib
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from services.engines.fetch import Progress, ensure_files
from services.engines.manifest import ModelFile
from services.engines.progress import ProgressLine, describe
from services.engines.verify import is_intact
from services.errors import ModelUnavailable
from tests.services.engines.support import file_of

DATA = os.urandom(3 * 2**20 + 17)


class Publisher:
    """A download server: counts requests, can break off, ignore ranges, or send other bytes."""

    def __init__(self):
        self.ranges, self.breaks_at, self.ignores_ranges, self.data = [], [], False, DATA
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_GET(self):
                asked = self.headers.get("Range")
                publisher.ranges.append(asked)
                start = int(asked[6:-1]) if asked and not publisher.ignores_ranges else 0
                body = publisher.data[start:]
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                end = publisher.breaks_at.pop(0) - start if publisher.breaks_at else len(body)
                self.wfile.write(body[:end])

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/model.bin"


@pytest.fixture
def publisher():
    publisher = Publisher()
    thread = threading.Thread(target=publisher.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield publisher
    publisher.server.shutdown()
    thread.join()
    publisher.server.server_close()


@pytest.fixture
def file(publisher) -> ModelFile:
    return file_of(DATA, urls=(publisher.url,))


def test_missing_file_is_fetched_whole_and_checked(file, tmp_path):
    seen: list[Progress] = []
    ensure_files([file], tmp_path, seen.append)
    assert (tmp_path / "model.bin").read_bytes() == DATA
    assert seen[-1].fraction == 1.0
    assert not (tmp_path / "model.bin.part").exists()


def test_second_start_reads_neither_network_nor_file(file, publisher, tmp_path):
    ensure_files([file], tmp_path)
    path = tmp_path / "model.bin"
    stat = path.stat()
    path.write_bytes(b"x" * len(DATA))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # only a fresh hash could tell
    ensure_files([file], tmp_path)
    assert len(publisher.ranges) == 1


def test_download_that_breaks_off_goes_on_where_it_was(file, publisher, tmp_path):
    publisher.breaks_at = [2**20, 2 * 2**20]
    ensure_files([file], tmp_path)
    assert publisher.ranges == [None, f"bytes={2**20}-", f"bytes={2 * 2**20}-"]
    assert (tmp_path / "model.bin").read_bytes() == DATA


def test_part_of_an_earlier_run_is_continued(file, publisher, tmp_path):
    (tmp_path / "model.bin.part").write_bytes(DATA[:1000])
    ensure_files([file], tmp_path)
    assert publisher.ranges == ["bytes=1000-"]


def test_server_without_ranges_starts_again(file, publisher, tmp_path):
    publisher.ignores_ranges = True
    (tmp_path / "model.bin.part").write_bytes(DATA[:1000])
    ensure_files([file], tmp_path)
    assert (tmp_path / "model.bin").read_bytes() == DATA


def test_damaged_part_is_thrown_away_and_fetched_anew(file, publisher, tmp_path):
    (tmp_path / "model.bin.part").write_bytes(b"x" * 1000)
    ensure_files([file], tmp_path)
    assert publisher.ranges == ["bytes=1000-", None]
    assert (tmp_path / "model.bin").read_bytes() == DATA


@pytest.mark.parametrize("damaged", [DATA[:-1], b"x" + DATA[1:], b""])
def test_truncated_or_altered_file_is_noticed_and_fetched_again(file, tmp_path, damaged):
    ensure_files([file], tmp_path)
    (tmp_path / "model.bin").write_bytes(damaged)
    assert not is_intact(file, tmp_path)
    ensure_files([file], tmp_path)
    assert (tmp_path / "model.bin").read_bytes() == DATA


def test_other_bytes_than_promised_are_refused_with_a_sentence(publisher, tmp_path):
    publisher.data = os.urandom(len(DATA))
    file = file_of(DATA, urls=(publisher.url,))
    with pytest.raises(ModelUnavailable) as caught:
        ensure_files([file], tmp_path)
    assert "model.bin" in caught.value.user_message
    assert "sha256" in caught.value.user_message
    assert not (tmp_path / "model.bin").exists()


def test_longer_download_than_promised_is_cut(publisher, tmp_path):
    publisher.data = DATA + b"more"
    with pytest.raises(ModelUnavailable, match="too much"):
        ensure_files([file_of(DATA, urls=(publisher.url,))], tmp_path)


def test_next_source_is_asked_when_one_is_gone(file, tmp_path):
    sources = ("http://127.0.0.1:9/model.bin", *file.urls)
    ensure_files([file_of(DATA, urls=sources)], tmp_path)
    assert (tmp_path / "model.bin").read_bytes() == DATA


def test_no_source_at_all_ends_in_what_to_do(tmp_path):
    file = file_of(DATA, urls=("http://127.0.0.1:9/model.bin",))
    with pytest.raises(ModelUnavailable) as caught:
        ensure_files([file], tmp_path)
    message = caught.value.user_message
    assert "127.0.0.1" in message and str(tmp_path) in message and "services.engines fetch" in message


def test_two_fetches_at_once_download_once(file, publisher, tmp_path):
    threads = [threading.Thread(target=ensure_files, args=([file], tmp_path)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(publisher.ranges) == 1
    assert hashlib.sha256((tmp_path / "model.bin").read_bytes()).hexdigest() == file.sha256


def test_progress_tells_size_speed_and_time_left():
    line = describe(Progress("model.gguf", 250_000_000, 1_000_000_000, 10_000_000))
    assert line == "model.gguf: 25% of 1,000 MB, 10.0 MB/s, 1 min 15 s left"


def test_progress_without_a_terminal_is_plain_lines_and_few():
    import io

    out = io.StringIO()
    with ProgressLine(out) as line:
        for done in range(101):
            line.show(Progress("model.gguf", done, 100, 1e6))
    assert out.getvalue().splitlines() == [
        "model.gguf: 0% of 0 MB, 1.0 MB/s, 0 s left",
        "model.gguf: 100% of 0 MB, 1.0 MB/s, 0 s left",
    ]
