"""The page of fine-tuning: faults mended, answers one liked made into examples, a job watched, the ways compared."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from services.tuning.jobs import DATA_SET
from services.tuning.sample import sample
from tests.browser.conftest import RunningApp, running_app
from tests.browser.test_chat import box, finish, say
from tests.browser.test_pages import FITS, PHONE, settled
from tests.support.upstream import Script, ScriptedUpstream

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

expect.set_options(timeout=20_000)
ANSWER = ("The ", "answer ", "is ", "forty-two.")
JOB = {
    "id": "ftjob-1", "object": "fine_tuning.job", "model": "gpt-6-luna", "status": "running", "created_at": 1_790_000_000,
    "organization_id": "org", "result_files": [], "seed": 42, "training_file": "file-1", "hyperparameters": {"n_epochs": 3},
}  # fmt: skip
FAULTY = (
    '{"messages": [{"role": "user", "content": "Write to anna@example.org"}, {"role": "assistant", "content": "Done"}]}\n'
    "this is no example\n"
    '{"messages": [{"role": "human", "content": "Which tea?"}, {"role": "assistant", "content": "Green tea."}]}\n'
    '{"messages": [{"role": "user", "content": "Nobody answers this."}]}\n'
)


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(Script(text=ANSWER)) as server:
        server.only_streams = True
        yield server


@pytest.fixture(scope="module")
def tuning(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    home = tmp_path_factory.mktemp("tuning") / "home"
    with running_app(home, OPENAI_BASE_URL=upstream.base_url, OPENAI_API_KEY="sk-test-of-the-browser") as app:
        yield app


@pytest.fixture
def page(
    tuning: RunningApp, upstream: ScriptedUpstream, new_context: Callable[..., BrowserContext]
) -> Iterator[Page]:
    page = new_context(base_url=tuning.url).new_page()
    page.set_default_timeout(20_000)
    yield page
    upstream.forget()


def opened(page: Page, button: str) -> None:
    """A data set, made by one of the two buttons."""
    page.goto("/finetune")
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("button", name="All data sets")).to_be_visible()
    settled(page)


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()
    settled(page)


def import_file(page: Page, name: str, data: str) -> None:
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        {"name": name, "mimeType": "", "buffer": data.encode()}
    )


def test_faults_are_told_by_line_and_mended(page: Page) -> None:
    opened(page, "New data set")
    import_file(page, "faulty.jsonl", FAULTY)
    expect(page.get_by_text("What the checks found")).to_be_visible()
    expect(page.get_by_text("2 of 10 examples: a server takes no fewer than 10.")).to_be_hidden()
    expect(page.get_by_text("Line 2", exact=True)).to_be_visible()
    expect(page.get_by_text("Line 4", exact=True)).to_be_visible()
    page.get_by_role("button", name="Mend 1").first.click()
    expect(page.get_by_text("2 of 10 examples: a server takes no fewer than 10.")).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Cover 1").click()
    expect(page.get_by_role("button", name="Cover 1")).to_have_count(0)
    settled(page)
    page.get_by_test_id("stPopoverButton").filter(has_text="Data set").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as JSONL").click()
    kept = Path(download.value.path()).read_text()
    assert "anna@example.org" not in kept
    assert '"human"' not in kept
    page.keyboard.press("Escape")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.wait_for_function(FITS)


def test_an_answer_put_right_becomes_an_example(page: Page) -> None:
    page.goto("/chat")
    expect(box(page)).to_be_visible()
    say(page, "What is the answer?")
    finish(page)
    settled(page)
    page.get_by_role("radio", name="Thumbs down").click()
    page.get_by_role("button", name="Put it right").click()
    page.get_by_role("textbox", name="How it should have read").fill("It is forty-two, of course.")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("button", name="Put right")).to_be_visible()
    opened(page, "New data set")
    page.get_by_role("tab", name="From my conversations").click()
    page.get_by_role("button", name="Add 1 example").click()
    expect(page.get_by_text("1 of 10 examples")).to_be_visible()
    settled(page)
    page.get_by_test_id("stPopoverButton").filter(has_text="Data set").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as JSONL").click()
    messages = json.loads(Path(download.value.path()).read_text())["messages"]
    assert [one["content"] for one in messages] == ["What is the answer?", "It is forty-two, of course."]


def test_a_job_is_begun_watched_and_cancelled(page: Page, upstream: ScriptedUpstream) -> None:
    upstream.answers["GET", "/fine_tuning/jobs"] = {"object": "list", "data": [], "has_more": False}
    opened(page, "Try it with ready examples")
    tab(page, "Train")
    expect(page.get_by_text("No trainings yet.")).to_be_visible()
    page.get_by_role("button", name="Start the training").click()
    expect(page.get_by_text("Invalid URL")).to_be_visible()
    expect(page.get_by_role("button", name="Start the training")).to_be_visible()

    tell_of(upstream, {**JOB, "metadata": {DATA_SET: page.url.partition("d=")[2].partition("&")[0]}})
    page.get_by_role("button", name="Start the training").click()
    expect(page.get_by_text("is being trained")).to_be_visible()
    expect(page.get_by_text("Step 20 of 36")).to_be_visible()
    expect(page.get_by_text("Loss on what is learned 2.50 at step 10, 1.25 at step 20.")).to_be_visible()
    sent = [one for one in upstream.requests if one.method == "POST" and one.path == "/v1/files"]
    assert [one.raw.count(b'"messages"') for one in sent[-2:]] == [48, 12]

    ended = {**upstream.answers["GET", "/fine_tuning/jobs"]["data"][0], "status": "cancelled"}
    upstream.answers["POST", "/fine_tuning/jobs/ftjob-1/cancel"] = ended
    upstream.answers["GET", "/fine_tuning/jobs"] = listed(ended)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("cancelled", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)


def listed(*data: Any) -> dict[str, Any]:
    return {"object": "list", "data": list(data), "has_more": False}


def tell_of(upstream: ScriptedUpstream, job: dict[str, Any]) -> None:
    """Have the server know a job that is at step 20 of 36."""
    upstream.answers["POST", "/files"] = {
        "id": "file-1", "object": "file", "bytes": 1, "created_at": 1, "filename": "a", "purpose": "fine-tune", "status": "processed",
    }  # fmt: skip
    events = [
        {
            "id": f"ftevent-{step}", "object": "fine_tuning.job.event", "created_at": 1_790_000_000 + step, "level": "info",
            "message": f"Step {step}/36: training loss={loss}", "type": "metrics",
            "data": {"step": step, "total_steps": 36, "train_loss": loss},
        }
        for step, loss in ((20, 1.25), (10, 2.5))
    ]  # fmt: skip
    upstream.answers["POST", "/fine_tuning/jobs"] = job
    upstream.answers["GET", "/fine_tuning/jobs"] = listed(job)
    upstream.answers["GET", "/fine_tuning/jobs/ftjob-1/events"] = listed(*events)
    upstream.answers["GET", "/fine_tuning/jobs/ftjob-1/checkpoints"] = listed()


def test_ways_without_training_are_measured_and_one_becomes_a_gpt(
    page: Page, upstream: ScriptedUpstream
) -> None:
    wanted = {m[1]["content"]: m[2]["content"] for m in (json.loads(one)["messages"] for one in sample())}

    def answer(body: dict[str, Any]) -> Script | None:
        """Right with examples in the prompt, wrong without."""
        asked, system = body["messages"][-1]["content"], body["messages"][0]["content"]
        if asked not in wanted:
            return None
        return Script(text=(wanted[asked] if "Example 4" in system else "I do not know",))

    upstream.by_request = answer
    opened(page, "Try it with ready examples")
    tab(page, "Measure")
    page.get_by_role("button", name="Measure", exact=True).click()
    expect(page.get_by_text("What each way reached")).to_be_visible()
    chart = page.get_by_label("gpt-6-luna as it is 0%; Examples in the prompt 100%")
    expect(chart.first).to_be_attached()
    settled(page)
    tab(page, "Without training")
    page.get_by_role("button", name="Make a GPT of it").first.click()
    expect(page.get_by_role("textbox", name="Name").first).to_have_value("Sorting messages to a shop")
