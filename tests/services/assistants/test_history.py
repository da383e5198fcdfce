"""A thread found again: its messages and runs as the turns they were."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.assistants.history import turns_of
from services.modes.run_events import PICTURE_GONE
from services.turns import Turn, TurnStatus, Usage
from tests.support.assistants import FUNCTION, PARIS
from tests.support.talks import Person
from tests.support.upstream import Script, ToolCall

NOON = 1_800_000_000
CITED = {
    "type": "file_citation",
    "text": "【4:0†a.pdf】",
    "start_index": 8,
    "end_index": 19,
    "file_citation": {"file_id": "file_1", "quote": "It rose.", "page": 3, "last_page": 4},
}


class Drawer:
    """Files: one picture, anything else is gone."""

    def name(self, file_id: str) -> str:
        return f"{file_id}.png"

    def data(self, file_id: str) -> bytes:
        return b"picture" if file_id == "file_kept" else b""


def text(value: str, *annotations: Any) -> dict[str, Any]:
    return {"type": "text", "text": {"value": value, "annotations": list(annotations)}}


def image(file_id: str) -> dict[str, Any]:
    return {"type": "image_file", "image_file": {"file_id": file_id}}


def message(number: int, *content: Any, run: str | None = None, at: int = NOON) -> dict[str, Any]:
    role = "assistant" if run else "user"
    parts = [text(part) if isinstance(part, str) else part for part in content]
    return {
        "id": f"msg_{number}",
        "object": "thread.message",
        "role": role,
        "content": parts,
        "created_at": at,
        "run_id": run,
        "attachments": [],
    }


def run(number: int, status: str = "completed", at: int = NOON, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"run_{number}",
        "object": "thread.run",
        "status": status,
        "created_at": at,
        "model": "m",
        **fields,
    }


def wrote(number: int) -> dict[str, Any]:
    """The step in which a message was written."""
    details = {"type": "message_creation", "message_creation": {"message_id": f"msg_{number}"}}
    return {
        "id": f"step_{number}",
        "type": "message_creation",
        "status": "completed",
        "created_at": NOON,
        "step_details": details,
    }


def turns(messages: list[Any], runs: list[Any]) -> list[Turn]:
    """The turns of messages and runs that are given the oldest first."""
    steps = {r["id"]: [wrote(int(m["id"][4:])) for m in messages if m["run_id"] == r["id"]] for r in runs}
    return turns_of("thread_1", messages[::-1], runs[::-1], steps.__getitem__, Drawer())


def told(found: list[Turn]) -> list[tuple[str, str, TurnStatus]]:
    return [(turn.user.content, turn.text, turn.status) for turn in found]


def test_a_conversation_is_found_as_it_was(person: Person) -> None:
    assistant = person.assistant()
    first = person.say("One", assistant)
    thread = person.api.thread(first.conversation_id)
    person.upstream.play(Script(text=("Second",)))
    live = person.say("Two", assistant, thread)
    found = person.history(thread.id)
    assert told(found) == [
        ("One", "Hello world", TurnStatus.COMPLETED),
        ("Two", "Second", TurnStatus.COMPLETED),
    ]
    assert found[1].usage == live.usage == Usage(11, 7, 0)
    assert list(found[1].steps.values()) == list(live.steps.values())
    assert found[1].run is not None and live.run is not None
    assert (found[1].run.run_id, found[1].model) == (live.run.run_id, live.model)


def test_tools_and_citations_are_found_as_they_were_streamed(person: Person) -> None:
    assistant, _ = person.account.searching()
    search = ToolCall("file_search", '{"query": "warranty of the kettle"}')
    person.upstream.play(Script(tool_calls=(search,)), Script(text=("Two years【4:0†kettle.txt】.",)))
    live = person.say("How long?", person.api.assistant(assistant.id))
    (found,) = person.history(live.conversation_id)
    (streamed,), (step,) = live.tool_steps.values(), found.tool_steps.values()
    assert (step.call, step.state, step.output) == (streamed.call, "completed", streamed.output)
    assert step.details is not None
    assert "two years" in step.details["results"][0]["content"][0]["text"]
    assert found.citations == live.citations != []
    assert found.text == live.text


def test_a_waiting_run_is_found_waiting(person: Person) -> None:
    person.upstream.play(Script(before=("Let me look.",), tool_calls=(PARIS,)))
    live = person.say("Weather?", person.assistant(tools=[FUNCTION]))
    (found,) = person.history(live.conversation_id)
    assert found.status is TurnStatus.AWAITING_APPROVAL
    assert found.text == live.text == "Let me look."
    assert [step.state for step in found.tool_steps.values()] == ["requested"]
    assert list(found.tool_steps) == list(live.tool_steps)


def test_a_thread_of_another_program_is_found_too(person: Person) -> None:
    threads = person.account.client.beta.threads
    thread = threads.create(messages=[{"role": "assistant", "content": "Welcome."}])
    threads.messages.create(thread.id, role="user", content="One")
    threads.messages.create(thread.id, role="user", content="Two")
    threads.messages.create(thread.id, role="assistant", content="Both.")
    assert told(person.history(thread.id)) == [
        ("", "Welcome.", TurnStatus.COMPLETED),
        ("One", "", TurnStatus.COMPLETED),
        ("Two", "Both.", TurnStatus.COMPLETED),
    ]


def test_an_empty_thread_has_no_turns(person: Person) -> None:
    assert person.history(person.api.create_thread({}).id) == []


def test_quick_turns_of_one_second_are_not_mixed_up() -> None:
    messages = [
        message(1, "One"),
        message(2, "a", run="run_1"),
        message(3, "Two"),
        message(4, "b", run="run_2"),
    ]
    assert told(turns(messages, [run(1), run(2)])) == [
        ("One", "a", TurnStatus.COMPLETED),
        ("Two", "b", TurnStatus.COMPLETED),
    ]


@pytest.mark.parametrize("end", ["failed", "cancelled", "expired"])
@pytest.mark.parametrize("second", ["completed", "failed"])
def test_a_run_that_wrote_nothing_belongs_to_its_question(end: str, second: str) -> None:
    messages = [message(1, "One"), message(2, "Two")]
    if second == "completed":
        messages.append(message(3, "b", run="run_2"))
    found = turns(messages, [run(1, end), run(2, second)])
    assert [turn.user.content for turn in found] == ["One", "Two"]
    assert [turn.run and turn.run.run_id for turn in found] == ["run_1", "run_2"]
    assert found[0].status is (TurnStatus.STOPPED if end == "cancelled" else TurnStatus.FAILED)


def test_a_second_run_on_the_same_question_is_a_turn_of_its_own() -> None:
    messages = [message(1, "One"), message(2, "a", run="run_2")]
    assert told(turns(messages, [run(1, "failed"), run(2)])) == [
        ("One", "", TurnStatus.FAILED),
        ("", "a", TurnStatus.COMPLETED),
    ]


def test_runs_older_than_the_messages_shown_mix_with_nothing() -> None:
    found = turns([message(9, "Late", at=NOON + 60)], [run(1), run(2, at=NOON + 60)])
    assert [(turn.user.content, turn.run and turn.run.run_id) for turn in found] == [
        ("", "run_1"),
        ("Late", "run_2"),
    ]


def test_a_citation_keeps_quote_and_pages() -> None:
    (found,) = turns(
        [message(1, "?"), message(2, text("It did. 【4:0†a.pdf】", CITED), run="run_1")], [run(1)]
    )
    (cited,) = found.citations
    assert (cited.quote, cited.page, cited.last_page, cited.reply) == ("It rose.", 3, 4, 0)
    assert found.text[cited.start : cited.end] == cited.marker


def test_pictures_stand_between_the_texts() -> None:
    answer = message(2, "Before", image("file_kept"), "After", run="run_1")
    (found,) = turns([message(1, "Draw"), answer], [run(1)])
    assert [reply.content for reply in found.replies] == ["Before", "", "After"]
    assert [a.data for reply in found.replies for a in reply.attachments] == [b"picture"]


def test_a_picture_that_was_deleted_leaves_a_sentence() -> None:
    question = message(1, "Draw", image("file_gone"))
    (found,) = turns([question, message(2, image("file_gone"), run="run_1")], [run(1)])
    assert found.text == PICTURE_GONE and not any(reply.attachments for reply in found.replies)
    assert [attachment.is_image for attachment in found.user.attachments] == [False]


def test_a_message_that_was_deleted_leaves_the_rest() -> None:
    found = turns_of("thread_1", [message(1, "One")], [run(1)], lambda _: [wrote(2)], Drawer())
    assert told(found) == [("One", "", TurnStatus.COMPLETED)]


def test_a_run_that_goes_on_is_found_going_on() -> None:
    expires_at = NOON + 600
    (found,) = turns([message(1, "One")], [run(1, "in_progress", expires_at=expires_at)])
    assert found.status is TurnStatus.STREAMING and found.run is not None
    assert found.run.expires_at == datetime.fromtimestamp(expires_at, UTC)


def test_how_long_a_run_took_is_told() -> None:
    (found,) = turns([message(1, "One")], [run(1, completed_at=NOON + 7)])
    assert found.duration_s == 7
