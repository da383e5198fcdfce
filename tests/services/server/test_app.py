"""The whole application, started as people start it."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

ROOT = Path(__file__).parents[3]
COMMANDS = {
    "streamlit": ["streamlit", "run", "app.py", "--server.headless=true", "--server.port"],
    "uvicorn": ["uvicorn", "app:app", "--log-level=warning", "--port"],
}


@contextmanager
def _started(command: list[str], home: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = os.environ | {
        "TANDEM_HOME": str(home),
        "OPENAI_API_KEY": "sk-unused",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", *command, str(port)], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(15)


def _wait_until_healthy(url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            assert httpx2.get(f"{url}/healthz", timeout=5).status_code == 200
        except httpx2.TransportError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("the application did not become healthy")


@pytest.mark.parametrize("server", COMMANDS)
def test_pages_api_and_health_share_one_port(server: str, tmp_path: Path) -> None:
    with _started(COMMANDS[server], tmp_path) as url:
        _wait_until_healthy(url)
        key_file = tmp_path / "api_key"
        bearer = {"authorization": f"Bearer {key_file.read_text()}"}
        assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
        assert httpx2.get(f"{url}/v1/models").status_code == 401
        assert httpx2.get(f"{url}/v1/models/all-minilm-l6-v2", headers=bearer).status_code == 200
        assert httpx2.get(f"{url}/v1/docs").status_code == 200
        assert "<title>" in httpx2.get(f"{url}/chat").text
