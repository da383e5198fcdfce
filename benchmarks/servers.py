"""Servers in processes of their own, on free ports of the loopback address."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
KEY = "benchmark"
START_LIMIT_S = 30.0
STOP_LIMIT_S = 15.0


@contextmanager
def python_process(
    arguments: Sequence[str], environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """`python arguments` with more environment variables, ended afterwards."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def own_app() -> Iterator[str]:
    """The app with a home of its own and no upstream; the address of its /v1, which takes `KEY`."""
    port = free_port()
    with tempfile.TemporaryDirectory() as home:
        environment = {"TANDEM_HOME": str(Path(home, "home")), "TANDEM_API_KEY": KEY, "OPENAI_API_KEY": ""}
        with python_process(["-m", "uvicorn", "app:app", "--port", str(port)], environment):
            wait_for(port)
            yield f"http://127.0.0.1:{port}/v1"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    """Return once something listens on the port. Raises TimeoutError."""
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")
