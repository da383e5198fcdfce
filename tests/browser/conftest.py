"""The whole app as a person meets it: a server process of its own, and Chromium."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scripts.chromium import find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).parents[2]
SCREENSHOTS = Path(__file__).parent / "screenshots"
START_LIMIT_S = 60
STOP_LIMIT_S = 15
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True, slots=True)
class RunningApp:
    """A started app: where it listens, where its data lies, how long it took to be healthy."""

    url: str
    home: Path
    log: Path
    process: subprocess.Popen[bytes]
    healthy_after_s: float

    @property
    def api_key(self) -> str:
        return (self.home / "api_key").read_text().strip()

    def kill(self) -> None:
        """End it as a power cut would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


StartApp = Callable[..., AbstractContextManager[RunningApp]]


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(home: Path, more: dict[str, str]) -> dict[str, str]:
    # A closed port as the upstream: should anything ask it after all, nothing leaves the machine.
    own = {"TANDEM_HOME": str(home), "OPENAI_API_KEY": "", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    return {**os.environ, **own, **more}


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        with (
            contextlib.suppress(urllib.error.URLError, OSError),
            urllib.request.urlopen(f"{url}/healthz", timeout=5),
        ):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(f"The app did not become healthy. Its log ends:\n{log.read_text()[-4000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def running_app(
    home: Path, port: int | None = None, *, by: str = "streamlit", **env: str
) -> Iterator[RunningApp]:
    """The app as `make run` starts it, or by `uvicorn`, on `port` or a free one, with its data in `home`; ended afterwards."""
    port = port or free_port()
    url, log = f"http://127.0.0.1:{port}", home.parent / f"{home.name}.log"
    commands = {
        "streamlit": ["run", "app.py", "--server.headless", "true", "--server.port", str(port)],
        "uvicorn": ["app:app", "--port", str(port), "--log-level", "warning"],
    }
    started = time.monotonic()
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", by, *commands[by]],
            cwd=ROOT,
            env=_environment(home, env),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_healthy(url, process, log)
        yield RunningApp(url, home, log, process, time.monotonic() - started)
    finally:
        _end(process)


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """One app for all browser tests that do not need one of their own."""
    with running_app(tmp_path_factory.mktemp("app") / "home") as started:
        yield started


@pytest.fixture
def start_app(tmp_path: Path) -> StartApp:
    """Starts an app of the test's own: `with start_app() as app:`; the same `home` again finds its data."""

    def start(
        home: Path | None = None, port: int | None = None, **env: str
    ) -> AbstractContextManager[RunningApp]:
        return running_app(home or tmp_path / "own-app", port, **env)

    return start


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    executable = find_chromium()
    if executable is None:
        pytest.skip("No Chromium: install chromium or Google Chrome, or set CHROMIUM_PATH.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGS)
        yield chromium
        chromium.close()


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Opens a browser profile of its own: `new_context(viewport=…, color_scheme="dark")`."""
    opened: list[BrowserContext] = []

    def open_context(**options: Any) -> BrowserContext:
        context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 800}, "locale": "en-US", **options}
        )
        opened.append(context)
        return context

    yield open_context
    for context in opened:
        context.close()


@pytest.fixture
def page(
    app: RunningApp, new_context: Callable[..., BrowserContext], request: pytest.FixtureRequest
) -> Iterator[Page]:
    """A page of the shared app; addresses may be relative: `page.goto("/chat")`. A failed test leaves a picture."""
    context = new_context(base_url=app.url)
    tab = context.new_page()
    tab.set_default_timeout(30_000)
    yield tab
    if getattr(request.node, "failed", False):
        SCREENSHOTS.mkdir(exist_ok=True)
        tab.screenshot(path=SCREENSHOTS / f"{request.node.name}.png", full_page=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.when == "call":
        item.failed = report.failed
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
