"""The process ends in good order while answers are open."""

from __future__ import annotations

import json
import signal
import time
import urllib.request
from pathlib import Path

import pytest

from tests.browser.conftest import running_app
from tests.support.upstream import Script, ScriptedUpstream


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_open_stream_is_ended_with_a_word_and_the_process_leaves(
    tmp_path: Path, number: signal.Signals
) -> None:
    with ScriptedUpstream() as upstream:
        upstream.play(Script(hold_after=2))
        env = {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": "sk-test"}
        with running_app(tmp_path / "home", **env) as app:
            body = {"model": "gpt-6-luna", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
            request = urllib.request.Request(
                f"{app.url}/v1/chat/completions",
                json.dumps(body).encode(),
                {"Authorization": f"Bearer {app.api_key}", "Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request, timeout=20) as response:
                assert upstream.holding.wait(10)
                started = time.monotonic()
                app.process.send_signal(number)
                rest = response.read().decode()
            app.process.wait(10)
            assert time.monotonic() - started < 8, "the process waited for the answer to end"
            log = app.log.read_text()
        assert "The server is being stopped" in rest
        assert upstream.client_left.wait(2)
        assert "Traceback" not in log
