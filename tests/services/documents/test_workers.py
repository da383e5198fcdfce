"""A hostile file costs one document, never the next one, and no more than its limits."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from services.documents.extraction import extract
from services.documents.limits import Limits
from services.documents.reading_process import Cancelled
from services.documents.workers import Workers
from services.errors import InvalidInput
from tests.services.documents import files

HOSTILE = "tests.services.documents.hostile_worker"
ROOT = Path(__file__).parents[3]

Does = Callable[[str], str]


@pytest.fixture
def hostile() -> Iterator[Workers]:
    with Workers(limits=Limits(memory_bytes=2**29, cpu_s=1, wall_s=20), module=HOSTILE) as workers:
        yield workers


@pytest.fixture
def does(tmp_path: Path, hostile: Workers) -> Does:
    """The text that comes of a file whose reader does this."""

    def text(deed: str) -> str:
        return extract(files.written(tmp_path, "a.html", "<html>" + deed), "a.html", hostile).text

    return text


def children() -> set[psutil.Process]:
    return set(psutil.Process().children())


@pytest.mark.parametrize(
    ("deed", "hint"),
    [
        ("crash", "damaged, or takes too much memory"),
        ("much memory", "damaged, or takes too much memory"),
        ("loop", "takes too long"),
        ("no json", "damaged"),
        ("[]", "damaged"),
        ('{"part": [1, 2, 3, 4]}', "damaged"),
        ("no end", "damaged"),
        ("writing", "damaged"),
    ],
)
def test_a_hostile_file_costs_one_document(does: Does, deed: str, hint: str) -> None:
    with pytest.raises(InvalidInput, match=hint) as caught:
        does(deed)
    assert caught.value.code == "invalid_file"
    assert does("the next one") == "the next one"


def test_a_file_that_blocks_its_reader_is_given_up_in_time(tmp_path: Path) -> None:
    path = files.written(tmp_path, "a.html", "<html>hang")
    with (
        Workers(limits=Limits(wall_s=0.5), module=HOSTILE) as workers,
        pytest.raises(InvalidInput, match="takes too long"),
    ):
        extract(path, "a.html", workers)


def test_a_process_serves_one_document_after_the_other(does: Does) -> None:
    assert does("process") == does("process")


def test_the_memory_of_the_parent_does_not_count(does: Does) -> None:
    block = b"x" * (400 * 2**20)
    assert does("process") == does("process")
    del block


def test_a_process_that_keeps_much_memory_is_replaced(does: Does) -> None:
    first = does("process")
    assert does("keep memory") == "kept"
    assert does("process") != first


def test_a_process_lost_while_idle_is_replaced_unnoticed(does: Does) -> None:
    first = int(does("process"))
    os.kill(first, signal.SIGKILL)
    assert int(does("process")) != first


def test_no_key_reaches_the_process(does: Does, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("TANDEM_API_KEY", "secret")
    environment = json.loads(does("environment"))
    assert "secret" not in str(environment)
    assert not any("KEY" in name for name in environment)


def test_what_a_library_prints_is_no_answer(does: Does) -> None:
    assert does("chatter") == "from the reader"


def test_cancelling_ends_a_document_at_once(tmp_path: Path, hostile: Workers) -> None:
    cancelled = threading.Event()
    path = files.written(tmp_path, "a.html", "<html>hang")
    started = time.monotonic()
    with pytest.raises(Cancelled):
        extract(path, "a.html", hostile, progress=lambda done, total: cancelled.set(), cancelled=cancelled)
    assert time.monotonic() - started < 5
    files.written(tmp_path, "a.html", "<html>the next one")
    assert extract(path, "a.html", hostile).text == "the next one"


def test_cancelling_ends_the_wait_for_a_process(tmp_path: Path, hostile: Workers) -> None:
    reading, cancelled, first = threading.Event(), threading.Event(), threading.Event()
    path = files.written(tmp_path, "a.html", "<html>hang")
    with ThreadPoolExecutor(2) as threads:
        busy = threads.submit(
            extract, path, "a.html", hostile, progress=lambda done, total: reading.set(), cancelled=first
        )
        assert reading.wait(10)
        waiting = threads.submit(extract, path, "a.html", hostile, cancelled=cancelled)
        cancelled.set()
        with pytest.raises(Cancelled):
            waiting.result(5)
        first.set()
        with pytest.raises(Cancelled):
            busy.result(5)


def test_an_error_of_the_caller_leaves_the_pool_usable(tmp_path: Path, hostile: Workers) -> None:
    def fail(done: int, total: int) -> None:
        raise ZeroDivisionError

    path = files.written(tmp_path, "a.html", "<html>hang")
    with pytest.raises(ZeroDivisionError):
        extract(path, "a.html", hostile, progress=fail)
    files.written(tmp_path, "a.html", "<html>the next one")
    assert extract(path, "a.html", hostile).text == "the next one"


@pytest.mark.parametrize("count", [1, 2])
def test_threads_share_the_processes(tmp_path: Path, count: int) -> None:
    paths = [files.written(tmp_path, f"{i}.pdf", files.pdf([f"number {i}"] * 20)) for i in range(12)]
    others = children()
    with Workers(count) as workers, ThreadPoolExecutor(6) as threads:
        texts = list(threads.map(lambda path: extract(path, path.name, workers).text, paths))
        assert len(children() - others) <= count
    assert texts == ["\n\n".join([f"number {i}"] * 20) for i in range(12)]


def test_closing_ends_processes_and_what_they_read(tmp_path: Path) -> None:
    reading = threading.Event()
    path = files.written(tmp_path, "a.html", "<html>hang")
    others = children()
    workers = Workers(module=HOSTILE)
    with ThreadPoolExecutor(1) as threads:
        busy = threads.submit(extract, path, "a.html", workers, progress=lambda done, total: reading.set())
        assert reading.wait(10)
        workers.close()
        with pytest.raises(Cancelled):
            busy.result(5)
    with pytest.raises(Cancelled):
        extract(path, "a.html", workers)
    assert children() == others


def test_the_process_ends_with_its_parent(tmp_path: Path) -> None:
    path = files.written(tmp_path, "a.html", "<html>process")
    code = f"""
import os
from contextlib import suppress
from pathlib import Path
from services.documents.extraction import extract
from services.documents.workers import Workers
print(extract(Path({str(path)!r}), "a.html", Workers(module={HOSTILE!r})).text, flush=True)
os._exit(1)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    with suppress(psutil.NoSuchProcess):  # gone already
        psutil.Process(int(done.stdout)).wait(10)


def test_a_process_that_cannot_start_is_no_fault_of_the_file(tmp_path: Path) -> None:
    path = files.written(tmp_path, "a.html", "<html>text")
    with Workers(module="no.such.module") as workers, pytest.raises(RuntimeError, match="cannot be started"):
        extract(path, "a.html", workers)


def test_a_long_pdf_passes_through_page_by_page(tmp_path: Path) -> None:
    path = files.written(tmp_path, "a.pdf", files.pdf(["A line of text.\n" * 40] * 1000))
    seen: list[tuple[int, int]] = []
    others = children()
    with Workers(limits=Limits(memory_bytes=2**28)) as workers:
        document = extract(path, "a.pdf", workers, progress=lambda done, total: seen.append((done, total)))
        (process,) = children() - others
        assert process.memory_info().rss < 100 * 2**20
    assert seen == [(number, 1000) for number in range(1, 1001)]
    assert [section.page for section in document.sections] == list(range(1, 1001))
