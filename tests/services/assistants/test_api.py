"""The Assistants API as the pages use it, against a whole server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.assistants.api import AssistantsApi
from services.clients import Connection
from services.errors import InvalidInput, NotFound, Unreachable, WrongKey
from tests.support.assistants import KETTLE, MODEL, until
from tests.support.talks import Person

# --- assistants -----------------------------------------------------------------------------


def test_assistants_are_made_changed_copied_and_deleted(person: Person) -> None:
    made = person.assistant(name="Ada", instructions="Be kind.", tools=[{"type": "file_search"}])
    assert person.api.assistant(made.id) == made
    changed = person.api.update_assistant(made.id, {"name": "Bob", "tools": []})
    assert (changed.name, changed.instructions, changed.tools) == ("Bob", "Be kind.", ())
    assert made.has("file_search") and not changed.has("file_search")
    copy = person.api.create_assistant({"name": f"{changed.name} (copy)", "model": changed.model})
    assert [a.name for a in person.api.assistants()] == ["Bob (copy)", "Bob"]
    person.api.delete_assistant(made.id)
    assert [a.id for a in person.api.assistants()] == [copy.id]


def test_every_assistant_is_listed(person: Person) -> None:
    for number in range(103):
        person.assistant(name=str(number))
    assert [a.name for a in person.api.assistants()] == [str(number) for number in range(102, -1, -1)]


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ({"temperature": 9}, "temperature"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "name"),
        ({"metadata": {"x": "y" * 600}}, "metadata"),
    ],
)
def test_what_the_server_refuses_is_said(person: Person, body: dict[str, object], hint: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        person.assistant(**body)
    assert hint in caught.value.user_message


def test_what_another_tab_deleted_is_not_found(person: Person) -> None:
    made = person.assistant()
    person.api.delete_assistant(made.id)
    for gone in (
        lambda: person.api.assistant(made.id),
        lambda: person.api.delete_assistant(made.id),
        lambda: person.api.thread("thread_gone"),
        lambda: person.api.delete_thread("thread_gone"),
        lambda: person.api.messages("thread_gone", 10),
        lambda: person.api.content("file-gone"),
        lambda: person.api.store("vs_gone"),
    ):
        with pytest.raises(NotFound):
            gone()


# --- threads --------------------------------------------------------------------------------


def test_threads_are_listed_searched_renamed_and_deleted(person: Person) -> None:
    assistant = person.assistant()
    first = person.say("Tell me about kettles.", assistant).conversation_id
    second = person.say("Tell me about boats.", assistant).conversation_id
    until(lambda: all(person.api.thread(i).title for i in (first, second)))
    renamed = person.api.describe_thread(person.api.thread(first), title="Tea")
    assert (renamed.title, renamed.assistant_id) == ("Tea", assistant.id)
    assert {t.id for t in person.api.threads()} == {first, second}
    (found,) = person.api.threads("kettles")
    assert (found.id, found.message_count, found.title) == (first, 2, "Tea")
    assert found.last_message_at is not None and found.snippet and "kettles" in found.snippet
    assert person.api.threads("zebra") == []
    person.api.delete_thread(first)
    assert [t.id for t in person.api.threads()] == [second]
    assert person.api.threads("kettles") == []


def test_threads_come_page_by_page(person: Person) -> None:
    made = [person.account.thread(str(number)).id for number in range(5)]
    first = person.api.threads(limit=2)
    rest = person.api.threads(after=first[-1].id)
    assert [t.id for t in (*first, *rest)] == made[::-1]


@pytest.mark.parametrize("words", ["%", "_", '"', "' OR 1=1 --", "🙂", "\x00", "x" * 2_000])
def test_any_words_can_be_searched_for(person: Person, words: str) -> None:
    try:
        assert person.api.threads(words) == []
    except InvalidInput as error:
        assert error.user_message


def test_a_thread_goes_on_in_two_ways_from_a_message(person: Person) -> None:
    assistant = person.assistant()
    first = person.say("One", assistant)
    thread = person.api.thread(first.conversation_id)
    person.say("Two", assistant, thread)
    answer = person.api.messages(thread.id, 100)[-2]
    fork = person.api.fork(thread.id, answer["id"])
    assert [(t.user.content, t.text) for t in person.history(fork.id)] == [("One", "Hello world")]
    person.say("Three", assistant, fork)
    assert [t.user.content for t in person.history(fork.id)] == ["One", "Three"]
    assert [t.user.content for t in person.history(thread.id)] == ["One", "Two"]
    person.api.delete_thread(thread.id)
    assert [t.user.content for t in person.history(fork.id)] == ["One", "Three"]


def test_messages_come_newest_first_and_go_on_further_back(person: Person) -> None:
    texts = [str(number) for number in range(7)]
    thread = person.account.thread(*texts)

    def said(messages: list[dict[str, object]]) -> list[str]:
        return [m["content"][0]["text"]["value"] for m in messages]  # type: ignore[index]

    newest = person.api.messages(thread.id, 3)
    assert said(newest) == ["6", "5", "4"]
    assert said(person.api.messages(thread.id, 3, before=newest[-1]["id"])) == ["3", "2", "1"]
    person.api.delete_message(thread.id, newest[0]["id"])
    assert said(person.api.messages(thread.id, 1)) == ["5"]


def test_what_the_model_was_sent_is_told_round_by_round(person: Person) -> None:
    turn = person.say("Hi", person.assistant(instructions="Be kind."))
    (run,) = person.api.runs(turn.conversation_id, 5)
    assert person.api.run(turn.conversation_id, run["id"]) == run
    (prompt,) = person.api.prompts(turn.conversation_id, run["id"])
    assert "Be kind." in str(prompt) and "Hi" in str(prompt)
    (step,) = person.api.steps(turn.conversation_id, run["id"])
    assert step["type"] == "message_creation"


# --- files and stores -----------------------------------------------------------------------


def test_a_store_is_made_watched_searched_and_deleted(person: Person) -> None:
    file = person.api.upload("kettle.txt", KETTLE)
    assert (person.api.file(file.id), person.api.content(file.id)) == (file, KETTLE)
    store = person.api.create_store("Manuals", (file.id,), expires_after_days=3)
    until(lambda: person.api.store(store.id).counts["completed"] == 1)
    (read,) = person.api.store_files(store.id)
    assert (read.id, read.status, read.error) == (file.id, "completed", None)
    store = person.api.store(store.id)
    assert store.expires_after_days == 3 and store.expires_at is not None
    assert store.expires_at - datetime.now(UTC) > timedelta(days=2)
    (hit,) = person.api.search(store.id, "warranty of the kettle")
    assert (hit.filename, hit.text) == ("kettle.txt", KETTLE.decode()) and 0.5 < hit.score <= 1
    assert person.api.search(store.id, "warranty of the kettle", threshold=1.0) in ([], [hit])
    renamed = person.api.change_store(store.id, "Books", None)
    assert (renamed.name, renamed.expires_after_days, renamed.expires_at) == ("Books", None, None)
    person.api.take_from_store(store.id, file.id)
    assert person.api.store_files(store.id) == []
    person.api.add_to_store(store.id, file.id)
    person.api.delete_store(store.id)
    assert person.api.stores() == [] and person.api.file(file.id) == file
    person.api.delete_file(file.id)
    with pytest.raises(NotFound):
        person.api.file(file.id)


def test_a_file_that_cannot_be_read_says_why(person: Person) -> None:
    file = person.api.upload("broken.pdf", b"%PDF-1.4 nothing")
    store = person.api.create_store("Manuals", (file.id,))
    until(lambda: person.api.store(store.id).counts["failed"] == 1, 30)
    (read,) = person.api.store_files(store.id)
    assert read.status == "failed" and read.error


def test_every_store_is_listed(person: Person) -> None:
    for number in range(102):
        person.account.client.vector_stores.create(name=str(number))
    assert [store.name for store in person.api.stores()] == [str(number) for number in range(101, -1, -1)]


def test_a_store_knows_its_assistant_and_the_assistant_its_store(person: Person) -> None:
    store = person.api.create_store("Manuals")
    resources = {"file_search": {"vector_store_ids": [store.id]}}
    made = person.assistant(tools=[{"type": "file_search"}], tool_resources=resources)
    assert made.store_id == store.id
    assert (store.name, store.counts["total"], store.expires_at) == ("Manuals", 0, None)


# --- who asks -------------------------------------------------------------------------------


def test_a_wrong_key_and_no_server_are_said(person: Person) -> None:
    base_url = person.api.connection.base_url
    wrong = AssistantsApi(lambda: Connection("Local", "local", base_url, "wrong-key-of-nobody"))
    with pytest.raises(WrongKey):
        wrong.assistants()
    nowhere = AssistantsApi(lambda: Connection("Local", "local", "http://127.0.0.1:1/v1", "k"))
    with pytest.raises(Unreachable, match="own server did not answer"):
        nowhere.threads()


def test_the_server_that_is_asked_may_change(person: Person) -> None:
    person.assistant(name="Ada")
    now = [Connection("Local", "local", "http://127.0.0.1:1/v1", "k")]
    api = AssistantsApi(lambda: now[0])
    with pytest.raises(Unreachable):
        api.assistants()
    now[0] = person.api.connection
    assert [a.model for a in api.assistants()] == [MODEL]
