"""The built-in tools: the same stores and the same sandbox as runs have, told in the events of responses."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import openai
import pytest
from openai.types.responses import Response

from services.documents.image_metadata import without_metadata
from services.sandbox.interpreter import Interpreter
from tests.contract.responses.talk import WEATHER, ask, events, final, kinds, play, program, search
from tests.support.assistants import KETTLE, PARIS, Account, until
from tests.support.engines import CHAT_MODEL
from tests.support.upstream import Script, ScriptedUpstream

MESSAGE = ["output_item.added", "content_part.added", "output_text.delta"]
DONE = ["output_text.done", "content_part.done", "output_item.done", "completed"]
CODE: Any = {"type": "code_interpreter", "container": {"type": "auto"}}
DRAW = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint('drawn')"
WRITE = "open('/mnt/data/out.txt', 'w').write('42')\nprint('written')"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip where no sandbox works, and say why."""
    folder = tmp_path_factory.mktemp("interpreter")

    async def refusal() -> str | None:
        interpreter = Interpreter(folder)
        try:
            return await interpreter.refusal()
        finally:
            await interpreter.close()

    if (sentence := asyncio.run(refusal())) is not None:
        pytest.skip(sentence)


def kettle(me: Account, name: str = "kettle.txt", data: bytes = KETTLE, **options: Any) -> tuple[Any, str]:
    """A search tool over a file, about a kettle where no other is given, and the file's id."""
    file = me.client.files.create(file=(name, data), purpose="assistants")
    store = me.client.vector_stores.create()
    me.client.vector_stores.files.create(store.id, file_id=file.id, attributes={"lang": "en"})
    until(lambda: me.client.vector_stores.retrieve(store.id).file_counts.completed, 30)
    return {"type": "file_search", "vector_store_ids": [store.id], **options}, file.id


def item(response: Response, kind: str) -> Any:
    """The first item of this type."""
    return next(item for item in response.output if item.type == kind)


def annotations(response: Response) -> list[dict[str, Any]]:
    """Those of the message."""
    return [a.to_dict() for a in item(response, "message").content[0].annotations]


def test_a_search_is_told_and_its_passages_are_cited(me: Account, upstream: ScriptedUpstream) -> None:
    tool, file_id = kettle(me)
    play(
        me, Script(tool_calls=(search("warranty"),)), Script(text=("Two years 【4:0†", "kettle.txt】. Yes."))
    )
    told = events(me, "How long?", tools=[tool])
    searched = [
        "output_item.added",
        "file_search_call.in_progress",
        "file_search_call.searching",
        "file_search_call.completed",
        "output_item.done",
    ]
    cited = [*MESSAGE, "output_text.annotation.added", "output_text.delta"]
    assert kinds(told)[2:] == [*searched, *cited, *DONE]
    response = final(told)
    assert response.output_text == "Two years. Yes."
    citation = {"type": "file_citation", "index": 9, "file_id": file_id, "filename": "kettle.txt"}
    assert annotations(response) == [citation]
    call = item(response, "file_search_call")
    assert (call.status, call.queries, call.results) == ("completed", ["warranty"], None)
    assert "【4:0†kettle.txt】" in upstream.requests[-1].json["messages"][-1]["content"]
    assert me.client.responses.retrieve(response.id).to_dict() == response.to_dict()


def test_what_a_citation_rests_on_is_told_apart_from_the_wire_and_to_its_owner_alone(
    me: Account, other: Account
) -> None:
    tool, file_id = kettle(me, "sales.csv", b"city,sales\nOslo,120\nLima,90\n")
    play(me, Script(tool_calls=(search("Lima"),)), Script(text=("Lima sold 90 【4:0†sales.csv】.",)))
    response = ask(me, "How much did Lima sell?", tools=[tool])
    path = f"/responses/{response.id}/citations"
    told: Any = me.client.get(path, cast_to=object)
    (cited,) = told["data"]
    assert (cited["item_id"], cited["content_index"], cited["index"]) == (item(response, "message").id, 0, 0)
    assert (cited["file_id"], cited["rows"]) == (file_id, [1, 2]) and "Lima" in cited["quote"]
    with pytest.raises(openai.NotFoundError):
        other.client.get(path, cast_to=object)


def test_what_was_found_is_shown_where_it_is_asked_for(me: Account) -> None:
    tool, file_id = kettle(me)
    play(me, Script(tool_calls=(search("warranty"),)))
    response = ask(me, "How long?", tools=[tool], include=["file_search_call.results"])
    (found,) = item(response, "file_search_call").results
    assert (found.file_id, found.filename, found.text) == (file_id, "kettle.txt", KETTLE.decode())
    assert found.attributes == {"lang": "en"} and 0.5 < found.score <= 1
    kept = me.client.responses.retrieve(response.id)
    assert item(kept, "file_search_call").results is None
    shown = me.client.responses.retrieve(response.id, include=["file_search_call.results"])
    assert shown.to_dict() == response.to_dict()


def test_a_search_keeps_to_its_filter(me: Account) -> None:
    wanted = {"type": "eq", "key": "lang", "value": "fr"}
    tool, _ = kettle(me, filters=wanted, max_num_results=3)
    play(me, Script(tool_calls=(search("warranty"),)))
    response = ask(me, "How long?", tools=[tool], include=["file_search_call.results"])
    assert item(response, "file_search_call").results == []
    assert response.tools[0].filters.to_dict() == wanted  # type: ignore[union-attr]


def test_what_was_found_is_known_in_the_next_response(me: Account, upstream: ScriptedUpstream) -> None:
    tool, _ = kettle(me)
    play(me, Script(tool_calls=(search("warranty"),)), Script(text=("Two years.",)))
    first = ask(me, "How long?", tools=[tool])
    ask(me, "Sure?", previous_response_id=first.id)
    assert KETTLE.decode() in upstream.requests[-1].json["messages"][2]["content"]


def test_a_store_of_another_is_not_there(me: Account, other: Account) -> None:
    tool, _ = kettle(me)
    with pytest.raises(openai.NotFoundError):
        ask(other, "How long?", tools=[tool])


def test_searches_are_counted_and_then_the_model_must_answer(me: Account, upstream: ScriptedUpstream) -> None:
    tool, _ = kettle(me)
    play(me, Script(tool_calls=(search("warranty"), search("kettle"))))
    response = ask(me, "How long?", tools=[tool], max_tool_calls=1)
    assert [i.type for i in response.output] == ["file_search_call", "message"]
    assert upstream.requests[-1].json["tool_choice"] == "none"


def test_a_function_beside_a_search_waits_for_the_client(me: Account) -> None:
    tool, _ = kettle(me)
    play(me, Script(tool_calls=(search("warranty"), PARIS)))
    told = events(me, "Both", tools=[tool, WEATHER])
    assert [i.type for i in final(told).output] == ["file_search_call", "function_call"]
    assert kinds(told)[-2:] == ["output_item.done", "completed"]


@pytest.mark.usefixtures("sandbox")
def test_a_program_is_told_while_it_is_written_and_runs(me: Account) -> None:
    play(me, Script(tool_calls=(program("x = 6 * 7\nprint(x)"),)), Script(text=("It is 42.",)))
    told = events(me, "Compute", tools=[CODE], include=["code_interpreter_call.outputs"])
    assert kinds(told)[2:9] == [
        "output_item.added",
        "code_interpreter_call.in_progress",
        "code_interpreter_call_code.delta",
        "code_interpreter_call_code.done",
        "code_interpreter_call.interpreting",
        "code_interpreter_call.completed",
        "output_item.done",
    ]
    deltas = [event.delta for event in told if event.type == "response.code_interpreter_call_code.delta"]
    call = item(final(told), "code_interpreter_call")
    assert "".join(deltas) == call.code == "x = 6 * 7\nprint(x)" and len(deltas) > 1
    assert [output.to_dict() for output in call.outputs] == [{"type": "logs", "logs": "42\n"}]
    assert item(me.client.responses.retrieve(final(told).id), "code_interpreter_call").outputs is None


@pytest.mark.usefixtures("sandbox")
def test_the_next_response_runs_in_the_same_container(me: Account) -> None:
    play(me, Script(tool_calls=(program("x = 6 * 7"),)), Script(text=("Done.",)))
    first = ask(me, "Compute", tools=[CODE])
    play(me, Script(tool_calls=(program("print(x)"),)))
    outputs: Any = ["code_interpreter_call.outputs"]
    second = ask(me, "Print", tools=[CODE], previous_response_id=first.id, include=outputs)
    before, after = item(first, "code_interpreter_call"), item(second, "code_interpreter_call")
    assert before.container_id == after.container_id
    assert after.outputs[0].logs == "42\n"


@pytest.mark.usefixtures("sandbox")
def test_a_written_file_is_cited_and_can_be_fetched(me: Account, other: Account) -> None:
    link = "sandbox:/mnt/data/out.txt"
    play(me, Script(tool_calls=(program(WRITE),)), Script(text=(f"Here: [out.txt]({link})",)))
    response = ask(me, "Write", tools=[CODE])
    (citation,) = annotations(response)
    text = response.output_text
    assert text[citation["start_index"] : citation["end_index"]] == link
    assert (citation["type"], citation["filename"]) == ("container_file_citation", "out.txt")
    place = {"container_id": citation["container_id"]}
    files = me.client.containers.files
    assert files.content.retrieve(citation["file_id"], **place).read() == b"42"
    assert files.retrieve(citation["file_id"], **place).path == "/mnt/data/out.txt"
    assert [file.id for file in files.list(**place)] == [citation["file_id"]]
    with pytest.raises(openai.NotFoundError):
        other.client.containers.files.content.retrieve(citation["file_id"], **place)
    me.client.containers.delete(citation["container_id"])
    with pytest.raises(openai.NotFoundError):
        me.client.containers.retrieve(citation["container_id"])


@pytest.mark.usefixtures("sandbox")
def test_a_figure_stands_at_the_message_and_in_the_outputs(me: Account) -> None:
    play(me, Script(tool_calls=(program(DRAW),)), Script(text=("A line.",)))
    response = ask(me, "Draw", tools=[CODE], include=["code_interpreter_call.outputs"])
    (figure,) = annotations(response)
    assert (figure["type"], figure["start_index"], figure["end_index"]) == ("container_file_citation", 0, 0)
    outputs = {output.type: output for output in item(response, "code_interpreter_call").outputs}
    png = base64.b64decode(outputs["image"].url.removeprefix("data:image/png;base64,"))
    place = {"container_id": figure["container_id"]}
    kept = me.client.containers.files.content.retrieve(figure["file_id"], **place).read()
    assert png.startswith(b"\x89PNG") and png == without_metadata(kept)


@pytest.mark.usefixtures("sandbox")
def test_programs_find_the_files_of_their_container(me: Account, other: Account) -> None:
    file = me.client.files.create(file=("sales.csv", b"city,sales\nParis,20\n"), purpose="assistants")
    made = me.client.containers.create(name="Tables", file_ids=[file.id])
    tool: Any = {"type": "code_interpreter", "container": made.id}
    play(me, Script(tool_calls=(program("print(open('/mnt/data/sales.csv').read())"),)))
    response = ask(me, "Read", tools=[tool], include=["code_interpreter_call.outputs"])
    call = item(response, "code_interpreter_call")
    assert call.container_id == made.id and "Paris,20" in call.outputs[0].logs
    assert "sales.csv (columns: city, sales)" in str(me.upstream.requests[-1].json["tools"])
    with pytest.raises(openai.NotFoundError):
        ask(other, "Read", tools=[tool])


def test_a_small_model_is_spared_the_choice_and_its_sentences_are_traced(me: Account) -> None:
    tool, file_id = kettle(me)
    play(me, Script(text=(KETTLE.decode(),)))
    asked = "How long does the warranty of the kettle last?"
    response = me.client.responses.create(model=CHAT_MODEL, input=asked, tools=[tool])
    assert [i.type for i in response.output] == ["file_search_call", "message"]
    assert (response.model, response.output_text) == (CHAT_MODEL, KETTLE.decode())
    (citation,) = annotations(response)
    assert (citation["file_id"], citation["index"]) == (file_id, len(KETTLE))
