"""The Voice page in Chromium, whose microphone plays a file that our own voice has spoken; the chat model is scripted."""

from __future__ import annotations

import re
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect

from scripts.chromium import find_chromium
from services.engines.manifest import local_models
from services.media.audio.encoding import wav_header
from services.metering.ledger import Ledger
from services.settings import DEFAULT_OWNER, get_settings
from services.storage.database import open_database
from tests.browser.conftest import CHROMIUM_ARGS, RunningApp, running_app
from tests.support.upstream import Script, ScriptedUpstream

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = [pytest.mark.model, pytest.mark.xdist_group("model")]
LIMIT_MS = 120_000
QUESTION = "What is the capital of Norway?"
ANSWER = (
    "Oslo is the capital of Norway. ",
    "It lies at the end of a fjord. ",
    "More than seven hundred ",
    "thousand people live there.",
)
RATE_HZ = 24_000


@pytest.fixture(scope="module")
def question(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The question as a recording: a moment of silence, the words, and silence until the end of the test."""
    if not all(m.present for m in local_models(get_settings().models_dir) if m.id == "whisper-base"):
        pytest.skip("the local speech model has not been fetched")
    from hibari import Hibari

    noise = np.random.default_rng(7).normal(0, 0.001, 90 * RATE_HZ)
    words = Hibari()(QUESTION, seed=7)
    noise[2 * RATE_HZ : 2 * RATE_HZ + words.size] += words
    path = tmp_path_factory.mktemp("spoken") / "question.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes((noise.clip(-1, 1) * 32767).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(Script(text=ANSWER)) as server:
        server.only_streams = True
        yield server


@pytest.fixture(scope="module")
def talking(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    home = tmp_path_factory.mktemp("voice") / "home"
    with running_app(home, OPENAI_BASE_URL=upstream.base_url, OPENAI_API_KEY="sk-test-of-the-browser") as app:
        yield app


@pytest.fixture
def with_microphone(browser: Browser, question: Path) -> Iterator[Browser]:
    """A Chromium whose microphone plays the question once, from the moment it is opened."""
    args = [
        *CHROMIUM_ARGS,
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={question}%noloop",
    ]
    listening = browser.browser_type.launch(executable_path=find_chromium(), args=args)
    yield listening
    listening.close()


@pytest.fixture
def voice(with_microphone: Browser, talking: RunningApp) -> Page:
    context = with_microphone.new_context(base_url=talking.url, permissions=["microphone"], locale="en-US")
    page = context.new_page()
    page.set_default_timeout(LIMIT_MS)
    page.goto("/voice")
    return page


def test_a_question_is_heard_answered_and_spoken_and_is_an_ordinary_turn(
    voice: Page, talking: RunningApp, upstream: ScriptedUpstream
) -> None:
    voice.get_by_role("button", name="Start talking").click()
    state = voice.get_by_role("status").and_(voice.locator(".state"))
    expect(state).to_have_text(re.compile("Speaking"), timeout=LIMIT_MS)
    expect(voice.locator(".stages li.reached")).to_have_count(4, timeout=LIMIT_MS)
    expect(state).to_have_text("Listening. Just talk.", timeout=LIMIT_MS)
    expect(voice.get_by_role("heading", name="What was said")).to_be_visible(timeout=LIMIT_MS)
    expect(voice.locator("audio")).to_have_count(2, timeout=LIMIT_MS)
    asked = upstream.requests[0].json["messages"][-1]["content"]
    assert "capital of norway" in asked.lower()

    voice.goto(voice.url.replace("/voice", "/chat"))
    expect(voice.get_by_text("More than seven hundred thousand people live there.")).to_be_visible()
    calls = Ledger(open_database(f"sqlite:///{talking.home}/tandem.db"), DEFAULT_OWNER).rows()
    assert sum(call.characters or 0 for call in calls) >= len("".join(ANSWER)) - 10
    assert any(1 < (call.audio_s or 0) < 6 for call in calls)


def test_pressing_again_while_it_answers_stops_the_model(voice: Page, upstream: ScriptedUpstream) -> None:
    upstream.forget()
    upstream.play(Script(text=ANSWER, hold_after=2))
    voice.get_by_test_id("stButtonGroup").get_by_text("Push to talk").click()
    meter = voice.get_by_role("meter")
    voice.get_by_role("button", name="Talk", exact=True).click()
    expect(meter).to_have_attribute("aria-valuenow", re.compile(r"^([3-9]\d|100)$"), timeout=LIMIT_MS)
    expect(meter).to_have_attribute("aria-valuenow", re.compile(r"^\d$"), timeout=LIMIT_MS)
    voice.wait_for_timeout(1500)  # the rest of the sentence: the microphone plays in real time
    voice.get_by_role("button", name="Send what was said").click()
    expect(voice.get_by_test_id("stChatMessage").get_by_text("Oslo")).to_be_visible(timeout=LIMIT_MS)
    voice.get_by_role("button", name="Talk", exact=True).click()
    assert upstream.client_left.wait(LIMIT_MS / 1000)


def test_without_a_microphone_the_page_says_what_to_do(
    talking: RunningApp, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context(base_url=talking.url).new_page()
    page.goto("/voice")
    page.get_by_role("button", name=re.compile("Start talking|Talk")).click()
    expect(page.get_by_role("alert").first).to_contain_text(re.compile("allow the microphone|Connect one"))


def transcribing(page: Page, recording: Path) -> Page:
    """The page with a recording uploaded and asked to be transcribed."""
    page.set_default_timeout(LIMIT_MS)
    page.goto("/voice")
    page.get_by_role("tab", name="Recordings").click()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(recording)
    page.get_by_role("button", name="Transcribe").click()
    return page


def test_a_recording_becomes_text_and_subtitles(
    talking: RunningApp, new_context: Callable[..., BrowserContext], question: Path
) -> None:
    page = transcribing(new_context(base_url=talking.url).new_page(), question)
    expect(page.get_by_text(re.compile("capital of Norway", re.IGNORECASE))).to_be_visible(timeout=LIMIT_MS)
    expect(page.get_by_role("button", name="Subtitles (SRT)")).to_be_visible(timeout=LIMIT_MS)


def test_a_long_recording_arrives(
    talking: RunningApp, new_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    """Larger than what a plain Streamlit app takes of its own accord: 40 MB."""
    silence = tmp_path / "silence.wav"
    size = 40 * 2**20
    silence.write_bytes(wav_header(size, 48_000) + bytes(size))
    page = transcribing(new_context(base_url=talking.url).new_page(), silence)
    expect(page.get_by_text("Nobody speaks in this recording.")).to_be_visible(timeout=LIMIT_MS)
