"""A talk is moved between the three modes on a real server, and the model there reads what was said before."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import pytest

from services.assistants.records import Assistant
from services.errors import AppError, InvalidInput, NotFound
from services.migrate.exported import read
from services.migrate.moving import Moves, as_program
from services.migrate.talk import (
    Cited,
    Said,
    as_history,
    as_items,
    as_messages,
    as_turns,
    of_thread,
    of_turns,
)
from services.responses.api import ResponsesApi
from services.storage.blobs import open_blobs
from services.storage.conversations import Conversations
from services.turns import Attachment, Message, Mode, Turn
from tests.support.assistants import FUNCTION, MODEL
from tests.support.talks import Person, asked
from tests.support.upstream import Script


def _png() -> bytes:
    from PIL import Image

    data = io.BytesIO()
    Image.new("RGB", (2, 2), "red").save(data, "PNG")
    return data.getvalue()


DOT = _png()
MARKED = "Two years【4:0†kettle.txt】. Not【9:9†made up】."


def message(role: str, text: str, *annotations: Any, **fields: Any) -> dict[str, Any]:
    part = {"type": "text", "text": {"value": text, "annotations": list(annotations)}}
    return {"object": "thread.message", "role": role, "content": [part], **fields}


def cited(marker: str, file_id: str) -> dict[str, Any]:
    return {
        "type": "file_citation",
        "text": marker,
        "start_index": 0,
        "end_index": 1,
        "file_citation": {"file_id": file_id},
    }


@pytest.fixture
def moves(person: Person, tmp_path: Path) -> Moves:
    from services.settings import Settings

    conversations = Conversations(
        person.ledger._database, open_blobs(Settings(home=tmp_path)), person.account.key
    )
    return Moves(person.api, ResponsesApi(lambda: person.api.connection), conversations)


# --- the talk -------------------------------------------------------------------------------


def test_markers_become_citations_at_their_place() -> None:
    (said,) = of_thread([message("assistant", MARKED, cited("【4:0†kettle.txt】", "file-1"))])
    assert said == Said("assistant", "Two years. Not.", cited=(Cited("file-1", "kettle.txt", 9),))
    (item,) = as_items([said])
    assert item["content"][0]["annotations"] == [
        {"type": "file_citation", "file_id": "file-1", "filename": "kettle.txt", "index": 9}
    ]


def test_a_history_carries_the_instructions_and_names_lost_pictures() -> None:
    talk = [Said("user", "Look", picture_ids=("file-1",)), Said("assistant", "Nice.")]
    assert as_history(talk, "Be brief.") == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Look\n\n[picture: file-1]"},
        {"role": "assistant", "content": "Nice."},
    ]


def test_turns_follow_each_other_and_two_answers_in_a_row_are_one() -> None:
    talk = [Said("assistant", "Welcome."), Said("user", "Hi"), Said("assistant", "A"), Said("assistant", "B")]
    first, second = as_turns(talk, "conv_1", "m", "Local")
    assert (first.user.content, first.text) == ("", "Welcome.")
    assert (second.parent_id, second.text) == (first.id, "A\n\nB")


def test_files_of_a_conversation_stand_in_the_text_and_a_long_text_becomes_several_messages() -> None:
    file, picture = Attachment("a.csv", "text/plain", b"1,2"), Attachment("a.png", "image/png", b"x")
    turn = Turn("c", Message("user", "Sum?", (file, picture)), "m", "Local")
    (said,) = of_turns([turn])
    assert said == Said("user", "a.csv:\n```\n1,2\n```\n\nSum?", pictures=(picture,))
    long = list(as_messages([Said("user", "x" * 256_001)]))
    assert len(long[0]["content"]) == 256_000 and long[1]["content"][0]["text"] == "x"


# --- moving ---------------------------------------------------------------------------------


def test_a_thread_goes_on_as_a_conversation_and_as_a_program(
    person: Person, moves: Moves, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {
        "instructions": "Be brief.",
        "tools": [FUNCTION, {"type": "code_interpreter"}],
        "temperature": 0.5,
    }
    assistant = person.assistant(**body)
    turn = person.say("My cat is called Miso.", assistant)
    thread = person.api.thread(turn.conversation_id)
    for number in range(12):  # more than one request may bring
        person.api.add_message(thread.id, {"role": "user", "content": f"Note {number}"})
        person.api.add_message(thread.id, {"role": "assistant", "content": f"Noted {number}."})
    made = moves.to_responses(thread)
    turns = moves.responses.turns(made.id)
    assert [turn.user.content for turn in turns[:2]] == ["My cat is called Miso.", "Note 0"]
    assert (turns[0].text, turns[-1].text, len(turns)) == ("Hello world", "Noted 11.", 13)
    assert made.metadata["moved_from"] == thread.id

    written = as_program(assistant, thread, person.account.base_url, made.id)
    monkeypatch.setenv("OPENAI_API_KEY", person.account.key)
    printed = io.StringIO()
    person.upstream.only_streams = False
    person.upstream.play(Script(text=("At Miso.",)))
    with contextlib.redirect_stdout(printed):
        exec(compile(written.text, "migrated.py", "exec"), {"__name__": "__main__"})
    person.upstream.only_streams = True
    assert "At Miso." in printed.getvalue()
    read_by_model = [m["content"] for m in person.upstream.requests[-1].json["messages"]]
    assert read_by_model[0] == "Be brief." and "My cat is called Miso." in read_by_model
    assert person.upstream.requests[-1].json["temperature"] == 0.5


def test_what_an_assistant_has_on_the_server_is_named_in_its_program() -> None:
    resources = {
        "file_search": {"vector_store_ids": ["vs_1"]},
        "code_interpreter": {"file_ids": ["file-1"]},
    }
    tools = ({"type": "file_search"}, {"type": "code_interpreter"}, FUNCTION)
    schema = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}
    assistant = Assistant(
        "asst_1",
        "Ada",
        "m",
        tools=tools,
        tool_resources=resources,
        reasoning_effort="low",
        response_format=schema,
    )
    text = as_program(assistant, None, "http://127.0.0.1:1/v1").text
    assert '"vector_store_ids": ["vs_1"]' in text and '"file_ids": ["file-1"]' in text
    assert 'reasoning={"effort": "low"}' in text and '"format": {"type": "json_schema", "name": "n"' in text
    assert 'raise NotImplementedError("Write here what weather does.")' in text
    compile(text, "program", "exec")


def test_a_thread_becomes_a_conversation_of_the_chat_page_with_its_pictures(
    person: Person, moves: Moves
) -> None:
    picture = person.api.upload("dot.png", DOT, "vision").id
    gone = person.api.upload("gone.png", DOT, "vision").id
    thread = person.api.create_thread({"title": "Dots"})
    parts = [{"type": "text", "text": "Look"}]
    parts += [{"type": "image_file", "image_file": {"file_id": i}} for i in (picture, gone)]  # type: ignore[dict-item]
    person.api.add_message(thread.id, {"role": "user", "content": parts})
    person.api.add_message(thread.id, {"role": "assistant", "content": "A dot."})
    person.api.delete_file(gone)
    made = moves.to_chat(thread, MODEL, "Local", "Be brief.")
    (turn,) = moves.conversations.branch(made.id)
    assert (made.title, made.settings) == ("Dots", {"system_prompt": "Be brief."})
    assert (turn.user.content, turn.text, turn.mode) == ("Look", "A dot.", Mode.CHAT_COMPLETIONS)
    assert [a.media_type for a in turn.user.attachments] == ["image/png"]


def test_a_conversation_of_the_chat_page_becomes_a_thread_that_a_run_reads(
    person: Person, moves: Moves
) -> None:
    picture = Attachment("dot.png", "image/png", DOT)
    talk = [Said("user", "My cat is called Miso.", pictures=(picture,)), Said("assistant", "Nice.")]
    saved = moves.conversations.create(title="Cats")
    for turn in as_turns(talk, saved.id, MODEL, "Local"):
        moves.conversations.save_turn(turn)
    thread = moves.to_thread(saved.id, person.assistant().id)
    assert thread.title == "Cats"
    (first,) = person.history(thread.id)
    assert (first.user.content, first.text, len(first.user.attachments)) == (
        "My cat is called Miso.",
        "Nice.",
        1,
    )
    person.say("What is she called?", person.assistant(), thread)
    assert [m["role"] for m in asked(person)] == ["user", "assistant", "user"]


def test_nothing_is_left_behind_when_a_move_fails(
    person: Person, moves: Moves, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidInput, match="nothing to move"):
        moves.to_responses(person.api.create_thread({}))
    saved = moves.conversations.create()
    before = len(person.api.threads())
    for turn in as_turns([Said("user", "Hi"), Said("assistant", " ")], saved.id, MODEL, "Local"):
        moves.conversations.save_turn(turn)
    monkeypatch.setattr(type(person.api), "add_message", _refuses)
    with pytest.raises(AppError):
        moves.to_thread(saved.id)
    assert len(person.api.threads()) == before
    with pytest.raises(NotFound):
        moves.to_thread("conv_none")


def _refuses(*_: Any) -> None:
    raise InvalidInput("The server refuses.")


def test_an_exported_thread_is_restored(person: Person, moves: Moves) -> None:
    data = b'{"object": "list", "data": [%s]}' % b",".join(
        b'{"object": "thread.message", "thread_id": "thread_1", "created_at": %d, "role": "%s", "content":'
        b' [{"type": "text", "text": {"value": "%s", "annotations": []}}]}' % entry
        for entry in ((3, b"user", b"And now?"), (2, b"assistant", b"Hello."), (1, b"user", b"Hi"))
    )
    (exported,) = read(data)
    thread = moves.restore(exported)
    assert thread.title == "Hi"
    assert [(t.user.content, t.text) for t in person.history(thread.id)] == [
        ("Hi", "Hello."),
        ("And now?", ""),
    ]
