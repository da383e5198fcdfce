"""Run OpenAI's own SDK tests of the Assistants and Responses protocols against this server in conformance mode, and print the score.

The tests are in the source distribution of the SDK, fetched from PyPI by its hash and unpacked as data.
"""

from __future__ import annotations

import hashlib
import os
import re
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
VERSION = "3.54.0"
SHA256 = "2e393e63f8a38be6452806f9ef0b6534fecd6d41ab3b2165180dfce3599249cd"
TYPES_VERSION = "2.4.0"
TYPES_SHA256 = "186406592bc115bf12d9ee88320f8051ab1ade0a8fa8941fd1e44b0be16684f1"
FOLDER = ROOT / ".venv" / "conformance"
KEY = "My API Key"
WANTED = 1600
SELECTED = (
    "beta/test_assistants.py",
    "beta/test_threads.py",
    "beta/threads",
    "test_vector_stores.py",
    "vector_stores",
    "test_files.py",
    "test_batches.py",
    "fine_tuning/test_jobs.py",
    "fine_tuning/jobs",
    "test_models.py",
    "test_images.py",
    "test_responses.py",
    "responses",
    "test_conversations.py",
    "conversations",
    "audio/test_speech.py",
    "audio/test_transcriptions.py",
    "audio/test_translations.py",
)
START_LIMIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Score:
    """How many tests passed, were skipped by the SDK itself, and failed; and what pytest said."""

    passed: int
    skipped: int
    failed: int
    said: str

    def __str__(self) -> str:
        done = self.passed + self.skipped
        return (
            f"{done} of {self.passed + self.skipped + self.failed} ({self.skipped} skipped by the SDK itself)"
        )


def fetched() -> Path:
    """The folder of the unpacked SDK. Raises OSError when it cannot be had."""
    folder = FOLDER / f"openai-{VERSION}"
    if not (folder / "tests").is_dir():
        FOLDER.mkdir(parents=True, exist_ok=True)
        archive = FOLDER / f"openai-{VERSION}.tar.gz"
        if not archive.is_file():
            _download(FOLDER, f"openai=={VERSION}", "--no-binary", "openai")
        if hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
            archive.unlink()
            raise OSError("The SDK's source distribution has another hash than expected.")
        with tarfile.open(archive) as unpacked:
            unpacked.extractall(FOLDER, filter="data")
    return folder


def open_responses() -> Path:
    """The wheel with the types of the Open Responses specification. Raises OSError when it cannot be had."""
    wheel = FOLDER / f"openresponses_types-{TYPES_VERSION}-py3-none-any.whl"
    if not wheel.is_file():
        FOLDER.mkdir(parents=True, exist_ok=True)
        _download(FOLDER, f"openresponses-types=={TYPES_VERSION}")
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != TYPES_SHA256:
        wheel.unlink()
        raise OSError("The types of Open Responses have another hash than expected.")
    return wheel


def _download(folder: Path, *wanted: str) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    done = subprocess.run([*command, *wanted], check=False, capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"{wanted[0]} could not be fetched: {done.stderr.strip()[-300:]}")


@contextmanager
def conformance_server() -> Iterator[str]:
    """A server in conformance mode over an empty data folder; gives its base URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {
            "TANDEM_CONFORMANCE": "1",
            "TANDEM_HOME": home,
            "TANDEM_API_KEY": KEY,
            "OPENAI_API_KEY": "unused",
            "TANDEM_MODELS_DIR": str(Path(home) / "no-models"),
        }
        command = [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port), "--log-level", "error"]
        server = subprocess.Popen(
            [*command, "--no-access-log"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz")
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()
            server.wait(20)


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310 - our own server
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError("The server did not start.")


def run() -> Score:
    """Run the tests and count. Raises OSError when they cannot be had."""
    folder = fetched()
    with conformance_server() as base_url:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not path_params"]
        done = subprocess.run(
            [*command, *(f"tests/api_resources/{name}" for name in SELECTED)],
            cwd=folder,
            env=os.environ | {"TEST_API_BASE_URL": base_url, "PYTHONPATH": str(folder)},
            check=False,
            capture_output=True,
            text=True,
        )
    counts = {
        word: int(number) for number, word in re.findall(r"(\d+) (passed|skipped|failed|error)", done.stdout)
    }
    failed = counts.get("failed", 0) + counts.get("error", 0)
    return Score(counts.get("passed", 0), counts.get("skipped", 0), failed, done.stdout)


def main() -> int:
    """Exit status: 0 when every test passed."""
    try:
        score = run()
    except OSError as error:
        print(error)
        return 1
    if score.failed or score.passed + score.skipped < WANTED:
        print(score.said)
    print(f"OpenAI's SDK tests of the Assistants and Responses protocols: {score}")
    return 0 if score.failed == 0 and score.passed + score.skipped >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
