"""The whole application as a process of its own, to be killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from openai import OpenAI

from tests.support.retrieval import until

ROOT = Path(__file__).parents[2]
KEY = "tandem-test-key-of-a-process"
# A closed port stands in for the network: should anything want to fetch something, nothing leaves the machine.
NO_NETWORK = {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "PIP_NO_INDEX": "1"}


@dataclass(frozen=True, slots=True)
class Server:
    """A running `uvicorn app:app`, and the SDK in front of it."""

    process: subprocess.Popen[bytes]
    client: OpenAI
    log: Path

    def kill(self) -> None:
        """End it as a power cut would: its helpers are left to themselves."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def readers(self) -> list[psutil.Process]:
        """The processes that read documents for it."""
        with suppress(psutil.NoSuchProcess):
            children = psutil.Process(self.process.pid).children(recursive=True)
            return [child for child in children if "services.documents.worker" in " ".join(child.cmdline())]
        return []


@contextmanager
def running(home: Path, port: int, **env: str) -> Iterator[Server]:
    """The application on this port, with its data in `home`; ended afterwards."""
    home.mkdir(parents=True, exist_ok=True)
    told = {
        **os.environ,
        **NO_NETWORK,
        "NO_PROXY": "127.0.0.1",
        "TANDEM_HOME": str(home),
        "TANDEM_API_KEY": KEY,
    }
    told |= {"OPENAI_API_KEY": "sk-unused", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"} | env
    command = [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port), "--log-level", "warning"]
    log = home / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=told, stdout=output, stderr=output)
    client = OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key=KEY, max_retries=0)
    try:
        until(lambda: _is_up(client, process, log), 40)
        yield Server(process, client, log)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()


def _is_up(client: OpenAI, process: subprocess.Popen[bytes], log: Path) -> bool:
    assert process.poll() is None, log.read_text()[-2000:]
    with suppress(Exception):
        return client.files.list(limit=1).data is not None
    return False
