from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from services.settings import Settings


def test_a_test_cannot_leave_this_machine() -> None:
    with socket.socket() as outside, pytest.raises(RuntimeError, match=r"127\.0\.0\.1 only"):
        outside.connect(("192.0.2.1", 443))


def test_a_test_reaches_this_machine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_a_test_has_no_key_and_a_data_folder_of_its_own(settings: Settings, tmp_path: Path) -> None:
    assert "OPENAI_API_KEY" not in os.environ
    assert settings.openai_api_key is None
    assert settings.home.is_relative_to(tmp_path)
