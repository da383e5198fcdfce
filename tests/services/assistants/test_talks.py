"""A person talks in a thread: what goes up, what is refused before anything is sent, and what the thread is called."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from io import BytesIO

import pytest
from PIL import Image

from services.assistants.calling import Decision
from services.assistants.talks import MAX_FILES, MAX_MESSAGE_CHARS, destination
from services.errors import BudgetExceeded, InvalidInput
from services.functions.checks import make_function
from services.functions.function_tool import CannedAnswer, FunctionTool, TypedAnswer
from services.metering.budgets import Limits
from services.turns import TurnStatus
from tests.support.assistants import FUNCTION, KETTLE, PARIS, until
from tests.support.talks import Person, asked, over, streaming
from tests.support.upstream import Script, wrong_key

CITY = json.dumps(FUNCTION["function"]["parameters"])
SEARCHES = {"tools": [{"type": "file_search"}]}
COMPUTES = {"tools": [{"type": "code_interpreter"}]}


def picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (2, 2), "red").save(file, "PNG")
    return file.getvalue()


def weather(*, approval: bool = False, typed: bool = False) -> FunctionTool:
    answer = TypedAnswer() if typed else CannedAnswer("20°")
    return make_function("weather", "The weather.", CITY, answer, approval=approval)


def wanting(person: Person, function: FunctionTool | None) -> TurnStatus:
    """A turn whose model asks for the weather, until it ended or waits."""
    person.known = [function] if function else []
    person.upstream.play(Script(tool_calls=(PARIS,)))
    return person.say("Weather?", person.assistant(tools=[FUNCTION])).status


class Later:
    """A clock that is eleven minutes ahead."""

    def time(self) -> float:
        return time.time() + 660


# --- talking --------------------------------------------------------------------------------


def test_a_first_message_begins_a_thread_that_is_named(person: Person) -> None:
    turn = person.say("What is the warranty?")
    assert (turn.status, turn.text) == (TurnStatus.COMPLETED, "Hello world")
    until(lambda: person.api.thread(turn.conversation_id).title == "Hello world")


def test_a_thread_remembers_and_the_client_does_not_repeat(person: Person) -> None:
    assistant = person.assistant(instructions="Be kind.")
    first = person.say("My name is Ada.", assistant)
    thread = person.api.thread(first.conversation_id)
    second = person.say("Who am I?", assistant, thread)
    assert [m["content"] for m in asked(person)] == [
        "Be kind.",
        "My name is Ada.",
        "Hello world",
        "Who am I?",
    ]
    assert [sent.message_count for sent in second.sent] == [1, 0]


def test_a_thread_knows_whom_it_was_last_talked_to_with(person: Person) -> None:
    first, second = person.assistant(), person.assistant(name="Bob")
    turn = person.say("Hi", first)
    until(lambda: person.api.thread(turn.conversation_id).title)
    person.say("Hi", second, person.api.thread(turn.conversation_id))
    thread = person.api.thread(turn.conversation_id)
    assert (thread.assistant_id, thread.title) == (second.id, "Hello world")


def test_what_a_run_used_is_in_the_ledger(person: Person) -> None:
    turn = person.say("Hi")
    totals = person.ledger.totals(conversation_id=turn.conversation_id)
    assert totals.calls >= 1 and turn.usage is not None and turn.usage.total_tokens == 18
    assert turn.cost_usd is not None and turn.cost_usd > 0


def test_a_local_model_costs_nothing(person: Person) -> None:
    assert person.say("Hi", is_local=True).cost_usd == 0


def test_stop_cancels_the_run_and_keeps_what_had_arrived(person: Person) -> None:
    person.upstream.play(Script(hold_after=2))
    live = person.begin("Hi")
    streaming(live, "Hello")
    live.stop()
    assert (over(live).status, live.turn.text) == (TurnStatus.STOPPED, "Hello")
    thread_id = live.turn.conversation_id
    until(lambda: person.api.runs(thread_id, 1)[0]["status"] == "cancelled")
    (found,) = person.history(thread_id)
    assert (found.status, found.text) == (TurnStatus.STOPPED, "Hello")


def test_stop_before_the_first_token_cancels_the_run_too(person: Person) -> None:
    person.upstream.play(Script(hang=True))
    live = person.begin("Hi")
    assert person.upstream.holding.wait(10)
    live.stop()
    assert over(live).status is TurnStatus.STOPPED
    until(lambda: person.api.runs(live.turn.conversation_id, 1)[0]["status"] == "cancelled")


def test_a_reload_joins_the_running_answer(person: Person) -> None:
    person.upstream.play(Script(text=("Hel", "lo", " again"), hold_after=3))
    live = person.begin("Hi")
    streaming(live, "Hello")
    (found,) = person.history(live.turn.conversation_id)
    assert found.status is TurnStatus.STREAMING
    joined = person.go_on(found)
    streaming(joined, "Hello")
    assert (joined.turn.id, joined.turn.user.content) == (found.id, "Hi")
    person.upstream.release()
    assert (over(joined).text, over(live).text) == ("Hello again", "Hello again")
    assert joined.turn.status is TurnStatus.COMPLETED


def test_a_failed_turn_says_why_and_the_thread_goes_on(person: Person) -> None:
    assistant = person.assistant()
    person.upstream.play(*[wrong_key()] * 5)
    turn = person.say("Hi", assistant)
    assert turn.status is TurnStatus.FAILED and turn.error
    person.upstream.forget()
    again = person.say("Again", assistant, person.api.thread(turn.conversation_id))
    assert again.status is TurnStatus.COMPLETED
    assert [t.status for t in person.history(turn.conversation_id)] == [
        TurnStatus.FAILED,
        TurnStatus.COMPLETED,
    ]


def test_a_thread_deleted_while_it_is_answered_ends_the_turn_with_a_sentence(person: Person) -> None:
    person.upstream.play(Script(hold_after=2))
    live = person.begin("Hi")
    streaming(live, "Hello")
    person.api.delete_thread(live.turn.conversation_id)
    person.upstream.release()
    turn = over(live)
    assert turn.is_final and turn.text.startswith("Hello")


def test_naming_a_thread_that_is_gone_is_nobodys_problem(person: Person) -> None:
    turn = person.say("Hi")
    thread = person.api.thread(turn.conversation_id)
    until(lambda: person.api.thread(thread.id).title)
    person.api.delete_thread(thread.id)
    unnamed = person.api.create_thread({})
    person.api.delete_thread(unnamed.id)
    named = person.talks._name(unnamed, turn, person.api.connection)
    person.live._loop.run(named)


def test_a_run_that_waited_too_long_says_so(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    assert wanting(person, weather(approval=True)) is TurnStatus.AWAITING_APPROVAL
    thread = person.api.threads()[0]
    (waiting,) = person.history(thread.id)
    assert waiting.run is not None and waiting.run.expires_at is not None
    monkeypatch.setattr("services.server.store.clock.time", Later())
    turn = over(person.go_on(waiting, {call_id: Decision(True) for call_id in waiting.tool_steps}))
    assert (turn.status, turn.error_code, turn.retryable) == (TurnStatus.FAILED, "expired", True)
    assert turn.error is not None and "waited too long" in turn.error
    (found,) = person.history(thread.id)
    assert (found.status, found.error) == (TurnStatus.FAILED, turn.error)


# --- functions ------------------------------------------------------------------------------


def test_a_function_that_asks_nobody_runs_in_the_turn(person: Person) -> None:
    assert wanting(person, weather()) is TurnStatus.COMPLETED
    assert asked(person)[-1]["content"] == "20°"


@pytest.mark.parametrize("function", [weather(approval=True), weather(typed=True), None])
def test_a_function_that_needs_the_person_waits(person: Person, function: FunctionTool | None) -> None:
    assert wanting(person, function) is TurnStatus.AWAITING_APPROVAL


@pytest.mark.parametrize(
    ("decision", "told", "state"),
    [
        (Decision(True), "20°", "completed"),
        (Decision(True, '{"city": "Rome"}'), "20°", "completed"),
        (Decision(True, '{"town": 1}'), "Error: The arguments do not fit", "failed"),
        (Decision(False), "The person did not allow this call.", "refused"),
    ],
)
def test_what_the_person_decides_is_what_the_model_is_told(
    person: Person, decision: Decision, told: str, state: str
) -> None:
    person.known = [weather(approval=True)]
    person.upstream.play(Script(tool_calls=(PARIS,)))
    waiting = person.say("Weather?", person.assistant(tools=[FUNCTION]))
    (call_id,) = waiting.tool_steps
    done = over(person.go_on(waiting, {call_id: decision}))
    assert (done.status, done.tool_steps[call_id].state) == (TurnStatus.COMPLETED, state)
    assert asked(person)[-1]["content"].startswith(told)
    (found,) = person.history(waiting.conversation_id)
    assert found.tool_steps[call_id].state == state


@pytest.mark.parametrize("function", [weather(typed=True), None])
def test_an_answer_typed_by_the_person_is_cut_with_a_sentence(
    person: Person, function: FunctionTool | None
) -> None:
    person.known = [function] if function else []
    person.upstream.play(Script(tool_calls=(PARIS,)))
    waiting = person.say("Weather?", person.assistant(tools=[FUNCTION]))
    (call_id,) = waiting.tool_steps
    done = over(person.go_on(waiting, {call_id: Decision(True, typed="x" * 5_000_000)}))
    assert done.status is TurnStatus.COMPLETED
    told = asked(person)[-1]["content"]
    assert len(told) < 20_000 and told.endswith("are shown, of 5,000,000 bytes.")


def test_a_call_nobody_can_answer_says_so_to_the_model(person: Person) -> None:
    wanting(person, None)
    thread = person.api.threads()[0]
    (waiting,) = person.history(thread.id)
    (call_id,) = waiting.tool_steps
    done = over(person.go_on(waiting, {call_id: Decision(True)}))
    assert done.tool_steps[call_id].state == "failed"
    assert asked(person)[-1]["content"] == "Error: There is no function named 'weather' here."


def test_another_tab_cancels_what_waits(person: Person) -> None:
    wanting(person, weather(approval=True))
    thread = person.api.threads()[0]
    (run,) = person.api.runs(thread.id, 1)
    person.api.cancel(thread.id, run["id"])
    until(lambda: person.api.runs(thread.id, 1)[0]["status"] == "cancelled")
    (found,) = person.history(thread.id)
    (step,) = found.tool_steps.values()
    assert (found.status, step.state) == (TurnStatus.STOPPED, "failed")
    turn = over(person.go_on(found, {step.call.id: Decision(True)}))
    assert turn.status is TurnStatus.STOPPED


# --- files ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "name", "data", "goes_to"),
    [
        (SEARCHES, "a.pdf", b"%PDF", "file_search"),
        (SEARCHES, "a.csv", b"a,b", "file_search"),
        (COMPUTES, "a.csv", b"a,b", "code_interpreter"),
        (COMPUTES, "a.pdf", b"%PDF", "code_interpreter"),
        ({"tools": [*SEARCHES["tools"], *COMPUTES["tools"]]}, "A.CSV", b"a,b", "code_interpreter"),
        ({"tools": [*SEARCHES["tools"], *COMPUTES["tools"]]}, "a.pdf", b"%PDF", "file_search"),
        (COMPUTES, "a.png", picture(), "code_interpreter"),
        (SEARCHES, "a.png", picture(), "picture"),
        ({}, "a.png", picture(), "picture"),
    ],
)
def test_a_file_goes_to_the_tool_that_reads_it(
    person: Person, body: dict[str, object], name: str, data: bytes, goes_to: str
) -> None:
    assert destination(person.assistant(**body), name, data) == goes_to


def test_a_file_nobody_reads_is_refused_before_anything_is_sent(person: Person) -> None:
    with pytest.raises(InvalidInput, match=r"no tool that reads a\.pdf\. .*switch on file search"):
        person.begin("Read this", files=[("a.pdf", b"%PDF-1.4")])
    assert person.api.threads() == []
    assert person.account.client.files.list().data == []


def test_an_attached_file_is_searched_in_its_thread(person: Person) -> None:
    turn = person.say("How long?", person.assistant(**SEARCHES), files=[("../kettle.txt", KETTLE)])
    assert [a.filename for a in turn.user.attachments] == ["kettle.txt"]
    thread = person.api.thread(turn.conversation_id)
    assert thread.store_id is not None
    (file,) = person.api.store_files(thread.store_id)
    assert person.api.file(file.id).filename == "kettle.txt"
    (found,) = person.history(thread.id)
    assert [a.filename for a in found.user.attachments] == ["kettle.txt"]


def test_a_picture_is_shown_to_the_model_and_found_again(person: Person) -> None:
    turn = person.say("What is this?", files=[("dot.png", picture())])
    assert turn.status is TurnStatus.COMPLETED
    kinds = [part["type"] for part in asked(person)[-1]["content"]]
    assert kinds == ["text", "image_url"]
    (found,) = person.history(turn.conversation_id)
    (attachment,) = found.user.attachments
    assert (attachment.filename, attachment.is_image, attachment.data) == ("dot.png", True, picture())


def test_a_file_without_a_word_is_a_message_too(person: Person) -> None:
    turn = person.say("", person.assistant(**SEARCHES), files=[("a.txt", b"text")])
    assert turn.status is TurnStatus.COMPLETED
    (found,) = person.history(turn.conversation_id)
    assert found.user.content == "Here is a file."


# --- what is refused ------------------------------------------------------------------------


def test_a_message_that_is_too_long_is_refused_before_it_is_sent(person: Person) -> None:
    with pytest.raises(InvalidInput, match="256,001 characters; 256,000 is the most"):
        person.begin("x" * (MAX_MESSAGE_CHARS + 1))
    assert person.api.threads() == []


def test_too_many_files_are_refused(person: Person) -> None:
    with pytest.raises(InvalidInput, match="21 files at once are too many; 20"):
        person.begin("Hi", person.assistant(**SEARCHES), files=[("a.txt", b"x")] * (MAX_FILES + 1))


def test_a_budget_stops_a_turn_before_it_is_sent(person: Person) -> None:
    person.budgets.set_limits(Limits(day_usd=Decimal("0.0000001")))
    with pytest.raises(BudgetExceeded):
        person.begin("Hi")
    assert person.upstream.requests == []
    assert person.say("Hi", is_local=True).status is TurnStatus.COMPLETED


def test_an_empty_file_is_refused_before_anything_is_sent(person: Person) -> None:
    with pytest.raises(InvalidInput, match=r"a\.txt is empty"):
        person.begin("Hi", person.assistant(**SEARCHES), files=[("a.txt", b"")])
    assert person.api.threads() == []
