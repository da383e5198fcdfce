"""Pictures of the assistant and the Files page in each of their states, with the local model: `python scripts/screenshots.py [NAME …]`.

The app has a home of its own for this, and nothing is asked of anybody else.
"""

from __future__ import annotations

import io
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from openai import OpenAI
from openai.types.beta.assistant_update_params import ToolResources
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from scripts.chromium import find_chromium  # noqa: E402
from tests.browser.conftest import CHROMIUM_ARGS, RunningApp, running_app  # noqa: E402
from tests.services.documents.files import pdf  # noqa: E402
from tests.support.assistant_page import (  # noqa: E402
    SLOW_MS,
    answer,
    begin_as,
    box,
    finish,
    make_function,
    menu,
    open_page,
    send,
    settle,
    tab,
)
from tests.support.files_page import CONTRACT, TABLES, ask, make_collection  # noqa: E402
from tests.support.files_page import MANUAL as MANUAL_PDF  # noqa: E402

FOLDER = ROOT / "docs" / "screenshots"
COLOURS = 256
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
PHONE_AGENT = (
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"
)
MANUAL = (
    "Pump P-40\nHandbook, third edition\n\nThis handbook is for everyone who runs or repairs the pump.",
    "Maintenance\n\nThe bearings are greased every 500 hours of operation.\n"
    "The bearings are changed every 2000 hours.\nThe strainer is cleaned once a month.",
    "Warranty\n\nThe warranty of the pump lasts three years from the day of delivery.\n"
    "It ends early when parts of other makers are fitted.",
)
SALES = "city,month,sales\n" + "\n".join(
    f"{city},{month},{sales}"
    for city, month, sales in (
        ("Oslo", "May", 120),
        ("Oslo", "June", 150),
        ("Lima", "May", 90),
        ("Lima", "June", 210),
        ("Kyoto", "May", 170),
        ("Kyoto", "June", 160),
    )
)


class Studio:
    """A started app, a browser and a folder for pictures."""

    def __init__(self, app: RunningApp, browser: Browser, files: Path) -> None:
        self.app, self._browser = app, browser
        self.manual, self.sales = files / "pump-handbook.pdf", files / "sales.csv"
        self.manual.write_bytes(pdf(MANUAL))
        self.sales.write_text(SALES)
        self.threads: dict[str, str] = {}

    @contextmanager
    def page(self, theme: str = "light", viewport: dict[str, int] | None = None) -> Iterator[Page]:
        """A browser profile of its own on the assistant page."""
        agent = {"user_agent": PHONE_AGENT} if viewport is PHONE else {}
        context = self._browser.new_context(
            base_url=self.app.url, viewport=viewport or DESK, color_scheme=theme, locale="en-US", **agent
        )
        page = context.new_page()
        page.set_default_timeout(60_000)
        yield page
        context.close()

    def keep(self, page: Page, name: str) -> None:
        """Store what the page shows now, in few colours."""
        page.mouse.move(0, 0)
        page.wait_for_timeout(700)  # marks of saved states and toasts come with a movement
        with Image.open(io.BytesIO(page.screenshot())) as picture:
            few = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
            few.save(FOLDER / f"{name}.png", optimize=True)
        print(f"{name}.png: {(FOLDER / f'{name}.png').stat().st_size // 1000} kB", flush=True)

    def remember(self, page: Page, name: str) -> None:
        """Keep a thread's address for pictures to come."""
        self.threads[name] = page.url.partition("t=")[2]


def empty(studio: Studio) -> None:
    """Before there is an assistant."""
    for name, theme, viewport in (
        ("gallery", "light", DESK),
        ("gallery-dark", "dark", DESK),
        ("gallery-phone", "light", PHONE),
    ):
        with studio.page(theme, viewport) as page:
            open_page(page)
            studio.keep(page, name)


def tutor(studio: Studio) -> None:
    """A new thread, and a run as it happens."""
    with studio.page() as page:
        open_page(page)
        begin_as(page, "Tutor with memory")
        studio.keep(page, "new-thread")
        send(page, "My name is Ada. Explain in three sentences what a fraction is.")
        expect(page.get_by_test_id("stChatMessage")).to_have_count(2, timeout=SLOW_MS)
        page.wait_for_function(
            "[...document.querySelectorAll('[data-testid=stChatMessage]')].at(-1).innerText.length > 120",
            timeout=SLOW_MS,
        )
        studio.keep(page, "running")
        finish(page, timeout_ms=SLOW_MS)
        studio.keep(page, "answered")


def documents(studio: Studio) -> None:
    """An answer from a PDF, its source, and what the server did for it."""
    with studio.page() as page:
        open_page(page)
        _new(page, "Document analyst")
        _give_manual(studio)
        page.reload()
        send(page, "After how many hours are the bearings changed?")
        finish(page, timeout_ms=SLOW_MS)
        studio.remember(page, "documents")
        page.wait_for_timeout(2_000)  # the thread is given its name meanwhile
        studio.keep(page, "thread")
        step = answer(page).get_by_text("Searched the files")
        step.click()
        expect(answer(page).get_by_text("score").first).to_be_visible()
        page.mouse.wheel(0, 5_000)
        studio.keep(page, "thread-with-steps")
        step.click()
        tab(page, "What it holds")
        studio.keep(page, "what-the-server-holds")
        tab(page, "What was sent")
        studio.keep(page, "what-was-sent")
        page.get_by_test_id("stButtonGroup").get_by_text("pump-handbook.pdf").first.click()
        expect(page.get_by_role("dialog").get_by_role("img").first).to_be_visible()
        settle(page)
        studio.keep(page, "source")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Vector stores").click()
        page.get_by_role("dialog").get_by_test_id("stExpander").first.click()
        query = page.get_by_role("dialog").get_by_label("Search by hand")
        query.fill("when the bearings are greased")
        query.press("Enter")
        expect(page.get_by_role("dialog").get_by_text("score").first).to_be_visible()
        query.scroll_into_view_if_needed()
        studio.keep(page, "vector-stores")


def _give_manual(studio: Studio) -> None:
    """Make the handbook known to the newest assistant, as another program would, and wait until it is read."""
    api = OpenAI(base_url=f"{studio.app.url}/v1", api_key=studio.app.api_key)
    store = api.vector_stores.create(name="Pump handbooks")
    file = (studio.manual.name, studio.manual.read_bytes())
    api.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=file)
    newest = api.beta.assistants.list(limit=1).data[0]
    resources: ToolResources = {"file_search": {"vector_store_ids": [store.id]}}
    api.beta.assistants.update(newest.id, tool_resources=resources)


def data(studio: Studio) -> None:
    """A chart that the code interpreter drew."""
    with studio.page() as page:
        open_page(page)
        _new(page, "Data analyst")
        send(page, "Draw a bar chart of the total sales by city.", [studio.sales])
        finish(page, timeout_ms=SLOW_MS)
        studio.remember(page, "data")
        studio.keep(page, "chart")


def functions(studio: Studio) -> None:
    """A function made, and its call waiting for a person."""
    with studio.page() as page:
        open_page(page)
        make_function(page, "get_weather", "The weather in a city, now.", '{"celsius": 21, "sky": "clear"}')
        page.get_by_role("button", name="Functions").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_text("get_weather").click()
        dialog.get_by_text("Ask me before it runs").first.click()
        settle(page)
        dialog.get_by_text("A function is described to the model").scroll_into_view_if_needed()
        studio.keep(page, "functions")
        page.keyboard.press("Escape")
        menu(page, "More", "New assistant", which=0)
        dialog.get_by_label("Name", exact=True).fill("Weather desk")
        dialog.get_by_role("textbox", name="Instructions").fill(
            "Call get_weather for questions about the weather."
        )
        tab(page, "Tools")
        dialog.get_by_role("combobox").last.click()
        page.get_by_role("option", name="get_weather").click()
        page.keyboard.press("Escape")
        studio.keep(page, "editor")
        dialog.get_by_role("button", name="Create").click()
        expect(box(page)).to_have_attribute("placeholder", "Message Weather desk")
        send(page, "What is the weather in Oslo?")
        expect(page.get_by_text("The run waits for you")).to_be_visible(timeout=SLOW_MS)
        settle(page)
        studio.keep(page, "approval")
        page.get_by_role("button", name="Refuse").click()
        finish(page, timeout_ms=SLOW_MS)


def other_looks(studio: Studio) -> None:
    """Threads that were talked in before, in the dark and on a phone."""
    for thread, theme, viewport, name in (
        ("documents", "dark", DESK, "thread-dark"),
        ("data", "dark", DESK, "chart-dark"),
        ("documents", "light", PHONE, "thread-phone"),
    ):
        with studio.page(theme, viewport) as page:
            open_page(page, studio.threads[thread])
            studio.keep(page, name)
    with studio.page() as page:
        open_page(page, studio.threads["documents"])
        page.get_by_role("button", name="All threads").click()
        expect(page.get_by_role("dialog").get_by_text("messages").first).to_be_visible()
        studio.keep(page, "threads")


def files(studio: Studio) -> None:
    """Questions to documents and tables, with their sources, and the map of the passages."""
    with studio.page() as page:
        page.goto("/files")
        make_collection(page, "House papers", MANUAL_PDF, CONTRACT)
        studio.keep(page, "files-read")
        ask(page, "My heat pump shows E14. What does that mean?", SLOW_MS)
        page.get_by_role("radio", name="heat-pump-manual.pdf · page 8").first.click()
        expect(page.get_by_role("img", name="with the quoted passage marked")).to_be_visible()
        studio.keep(page, "files-answer")
        page.get_by_text("See retrieval").click()
        settle(page)
        page.wait_for_timeout(6_000)  # the chart library draws after the page
        studio.keep(page, "files-map")
    with studio.page("dark") as page:
        page.goto("/files")
        make_collection(page, "Shop", TABLES / "orders.csv", TABLES / "customers.csv")
        ask(page, "How many customers are there in each country?", SLOW_MS)
        page.wait_for_timeout(3_000)
        studio.keep(page, "files-table-dark")


def _new(page: Page, preset: str) -> None:
    """Another assistant from a preset; the first one comes from its card."""
    if page.get_by_role("main").get_by_role("button", name="Create").count():
        begin_as(page, preset)
        return
    page.get_by_role("button", name="New thread").click()
    settle(page)
    menu(page, "More", "New assistant", which=0)
    page.get_by_role("dialog").get_by_text(preset, exact=True).click()
    settle(page)
    page.get_by_role("dialog").get_by_role("button", name="Create").click()
    expect(box(page)).to_have_attribute("placeholder", f"Message {preset}")
    settle(page)


SCENES = {scene.__name__: scene for scene in (empty, tutor, documents, data, functions, other_looks, files)}


def main(names: Sequence[str]) -> int:
    """Take the pictures of these scenes, or of all."""
    executable = find_chromium()
    if executable is None:
        print("No Chromium: install chromium or Google Chrome, or set CHROMIUM_PATH.")
        return 1
    FOLDER.mkdir(exist_ok=True)
    expect.set_options(timeout=60_000)
    warnings.filterwarnings("ignore", category=DeprecationWarning)  # the SDK says so of every Assistants call
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder) / "home"
        with running_app(home, OPENAI_BASE_URL="https://api.openai.com/v1") as app:
            browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGS)
            studio = Studio(app, browser, Path(folder))
            for name in names or SCENES:
                SCENES[name](studio)
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
