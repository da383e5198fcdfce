"""The Images page as a person uses it: made from words, masked by mouse, found again after a restart."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.sync_api import expect

from services.engines.manifest import manifest
from services.settings import get_settings
from tests.browser.conftest import RunningApp, StartApp

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

FOX = "a red fox under a tree"
HOSTED = {"OPENAI_BASE_URL": "https://api.openai.com/v1"}
SLOW = 60_000


@pytest.fixture(autouse=True)
def drawings() -> None:
    folder = get_settings().models_dir
    wanted = [f.filename for name in ("fluent-emoji-flat", "u2netp") for f in manifest().model(name).files]
    if not all((folder / name).is_file() for name in wanted):
        pytest.skip(
            "The drawings are not here: python -m services.engines fetch --only illustration,background-removal"
        )


def open_images(app: RunningApp, new_context: Callable[..., BrowserContext]) -> Page:
    page = new_context(base_url=app.url).new_page()
    page.set_default_timeout(SLOW)
    page.goto("/images")
    expect(page.get_by_role("heading", name="Images")).to_be_visible(timeout=SLOW)
    return page


def make(page: Page, prompt: str) -> None:
    page.get_by_label("What shall it show?").fill(prompt)
    page.get_by_role("button", name="Make", exact=True).click()
    expect(page.get_by_role("button", name="Download")).to_be_visible(timeout=SLOW)


def paint(page: Page) -> None:
    """A stroke across the lower left of the picture."""
    canvas = page.locator("canvas.paint")
    expect(canvas).to_have_js_property("width", 1024, timeout=SLOW)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] * 0.8)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.35, box["y"] + box["height"] * 0.85, steps=8)
    page.mouse.up()


def downloaded(page: Page) -> Image.Image:
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download").click()
    return Image.open(BytesIO(Path(waiting.value.path()).read_bytes()))


def test_made_masked_and_found_after_a_restart(
    start_app: StartApp, new_context: Callable[..., BrowserContext]
) -> None:
    with start_app(**HOSTED) as app:
        home, page = app.home, open_images(app, new_context)
        make(page, FOX)
        before = downloaded(page)
        assert before.info["Prompt"] == FOX and before.info["Model"] == "fluent-emoji-flat"
        page.get_by_role("radio", name="Edit").click()
        paint(page)
        expect(page.get_by_text("A mask is painted")).to_be_visible(timeout=SLOW)
        page.get_by_label("What shall change?").fill("add a snowman")
        page.get_by_role("button", name="Change", exact=True).click()
        expect(page.get_by_text("Added to the picture.")).to_be_visible(timeout=SLOW)
        after = downloaded(page)
        upper = (0, 0, 1024, 500)
        assert after.convert("RGB").crop(upper).tobytes() == before.convert("RGB").crop(upper).tobytes()
        assert after.convert("RGB").tobytes() != before.convert("RGB").tobytes()
    with start_app(home, **HOSTED) as app:
        page = open_images(app, new_context)
        page.get_by_label("Search").fill("fox")
        page.get_by_label("Search").press("Enter")
        expect(page.get_by_role("button", name="add a snowman")).to_have_count(0, timeout=SLOW)
        kept = page.get_by_test_id("stBaseButton-tertiary").filter(has_text=FOX, visible=True)
        expect(kept).to_have_count(1, timeout=SLOW)
        kept.click()
        page.get_by_role("button", name="Delete").click()
        page.get_by_role("button", name="Delete for good").click()
        expect(page.get_by_text("No picture was made with")).to_be_visible(timeout=SLOW)
        assert re.search(r"/images\??$", page.url)
