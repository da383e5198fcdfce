"""How soon Stop reaches the model's server, before the first token."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.report import Figure, at_most
from scripts.chromium import find_chromium
from tests.browser.conftest import CHROMIUM_ARGS, running_app
from tests.support.upstream import Script, ScriptedUpstream

TIMES = 5


def figures() -> list[Figure]:
    """From the click to the moment the upstream sees its client leave."""
    times = []
    with tempfile.TemporaryDirectory() as folder, ScriptedUpstream() as upstream, sync_playwright() as p:
        env = {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": "k"}
        with running_app(Path(folder) / "home", **env) as app:
            browser = p.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGS)
            for _ in range(TIMES):
                page = browser.new_page()
                page.goto(f"{app.url}/chat")
                upstream.play(Script(hang=True))
                upstream.holding.clear()
                upstream.client_left.clear()
                page.get_by_test_id("stChatInputTextArea").fill("Hello")
                page.get_by_test_id("stChatInputTextArea").press("Enter")
                button = page.get_by_test_id("stChatInputStopButton")
                button.wait_for()
                if not upstream.holding.wait(20):
                    raise ValueError("the question never reached the upstream")
                started = time.perf_counter()
                button.click()
                if not upstream.client_left.wait(20):
                    raise ValueError("Stop never reached the upstream")
                times.append(time.perf_counter() - started)
                page.close()
            browser.close()
    return [
        at_most(
            f"Stop before the first token, median of {TIMES}", round(statistics.median(times), 2), 0.5, "s"
        ),
        Figure("Stop before the first token, slowest", f"{max(times):.2f} s"),
    ]
