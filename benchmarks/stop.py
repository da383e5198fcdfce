"""How soon Stop reaches the model's server, before the first token."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.browser import chromium
from benchmarks.report import Figure, median_and_slowest
from tests.browser.conftest import running_app
from tests.support.upstream import Script, ScriptedUpstream

TIMES = 7
LIMIT_S = 20


def figures(quick: bool = False) -> list[Figure]:
    """From the click to the moment the upstream sees its client leave."""
    with tempfile.TemporaryDirectory() as folder, ScriptedUpstream() as upstream:
        upstream.only_streams = True
        env = {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": "k"}
        with running_app(Path(folder) / "home", **env) as app, chromium() as browser:
            times_s = []
            for _ in range(2 if quick else TIMES):
                page = browser.new_page(base_url=app.url)
                times_s.append(_stop_s(page, upstream))
                page.close()
    return median_and_slowest("Stop before the first token", times_s, 0.5)


def _stop_s(page: Page, upstream: ScriptedUpstream) -> float:
    page.goto("/chat")
    upstream.play(Script(hang=True))
    upstream.holding.clear()
    upstream.client_left.clear()
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill("Hello")
    box.press("Enter")
    button = page.get_by_test_id("stChatInputStopButton")
    button.wait_for()
    if not upstream.holding.wait(LIMIT_S):
        raise TimeoutError("the question never reached the upstream")
    began = time.perf_counter()
    button.click()
    if not upstream.client_left.wait(LIMIT_S):
        raise TimeoutError("Stop never reached the upstream")
    return time.perf_counter() - began
