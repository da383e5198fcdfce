"""The code interpreter: programs really run, and what they print, draw and write is told as the wire has it."""

from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import openai
import openpyxl
import pytest
from openai import OpenAI
from openai.types.beta import Assistant, Thread
from openai.types.beta.threads import ImageFileContentBlock, Message, Run, TextContentBlock
from pydantic import SecretStr

from services.engines.registry import Engines
from services.sandbox.interpreter import Interpreter
from services.server.api import create_api
from services.settings import Settings
from tests.contract.assistants.conftest import StartService
from tests.support.assistants import FUNCTION, PARIS, Account, Service, names, until
from tests.support.engines import CHAT_MODEL
from tests.support.server import served
from tests.support.upstream import Script, ScriptedUpstream, ToolCall

CSV = b"city,sales\nParis,20\nRome,22\n"
DRAW = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\nprint('drawn')"
WRITE = """
import pandas
table = pandas.read_csv("/mnt/data/sales.csv")
table.to_excel("/mnt/data/out.xlsx", index=False)
print(table.sales.sum())
"""
LINK = "sandbox:/mnt/data/out.xlsx"
PATIENCE_S = 60.0
SLOW_S = 600.0


@pytest.fixture(scope="module", autouse=True)
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


def program(code: str) -> ToolCall:
    return ToolCall("code_interpreter", json.dumps({"code": code}))


def analyst(me: Account, *file_ids: str) -> Assistant:
    """An assistant that may run programs, with these files."""
    resources: Any = {"code_interpreter": {"file_ids": list(file_ids)}}
    return me.assistant(tools=[{"type": "code_interpreter"}], tool_resources=resources)


def ran(me: Account, *codes: str, thread: Thread | None = None, says: tuple[str, ...] = ("Done.",)) -> Run:
    """A run in which the model runs these programs, one after the other, and then says this."""
    me.upstream.play(*(Script(tool_calls=(program(code),)) for code in codes), Script(text=says))
    run = me.run(thread, analyst(me))
    assert run.status == "completed", run.last_error
    return run


def calls(me: Account, run: Run) -> list[dict[str, Any]]:
    """The calls of a run's steps, as the wire has them."""
    details: list[Any] = [step.step_details.to_dict() for step in me.steps(run)]
    return [call["code_interpreter"] for each in details for call in each.get("tool_calls", ())]


def told(upstream: ScriptedUpstream) -> str:
    """What the model was told last."""
    return str(upstream.requests[-1].json["messages"][-1]["content"])


def uploaded(me: Account, name: str = "sales.csv", data: bytes = CSV) -> str:
    return me.client.files.create(file=(name, data), purpose="assistants").id


def asked(me: Account, file_id: str) -> Thread:
    """A thread in which a person has attached this file."""
    tools: Any = [{"type": "code_interpreter"}]
    attached: Any = [{"file_id": file_id, "tools": tools}]
    return me.client.beta.threads.create(
        messages=[{"role": "user", "content": "What do we sell?", "attachments": attached}]
    )


def the_message(me: Account, run: Run) -> Message:
    (message,) = me.written(run)
    return message


def session_folder(service: Service, thread_id: str) -> Path | None:
    """Where the files of a thread's session lie; None when there is no session."""
    sessions = service.api.state.server.stateful.interpreter._interpreter._sessions
    found = [session for key, session in sessions.items() if key.endswith(thread_id)]
    return found[0].folder.path if found and found[0].folder else None


def test_what_a_program_prints_is_a_log_and_told_to_the_model(
    me: Account, upstream: ScriptedUpstream
) -> None:
    run = ran(me, "print(6 * 7)")
    assert calls(me, run) == [{"input": "print(6 * 7)", "outputs": [{"type": "logs", "logs": "42\n"}]}]
    assert told(upstream) == "42"
    tools, message = me.steps(run)
    assert (tools.type, tools.status, message.type) == ("tool_calls", "completed", "message_creation")


def test_a_call_is_told_piece_by_piece(me: Account) -> None:
    run = ran(me, "print(1)\n" + DRAW)
    deltas = [event.data for event in me.events(run) if event.name == "thread.run.step.delta"]
    (call_id,) = [
        call["id"] for step in me.steps(run)[:1] for call in step.step_details.to_dict()["tool_calls"]
    ]  # type: ignore[attr-defined, index]
    pieces = [delta["delta"]["step_details"]["tool_calls"][0] for delta in deltas]
    code = "print(1)\n" + DRAW
    (image,) = [output for output in calls(me, run)[0]["outputs"] if output["type"] == "image"]
    assert pieces[:2] == [
        {
            "index": 0,
            "id": call_id,
            "type": "code_interpreter",
            "code_interpreter": {"input": "", "outputs": []},
        },
        {"index": 0, "type": "code_interpreter", "code_interpreter": {"input": code}},
    ]
    outputs = [piece["code_interpreter"]["outputs"][0] for piece in pieces[2:]]
    assert outputs == [
        {"index": 0, "type": "logs", "logs": "1\n"},
        {"index": 1, **image},
        {"index": 2, "type": "logs", "logs": "drawn\n"},
    ]
    assert all("id" not in piece for piece in pieces[1:])


def test_output_is_told_while_the_program_runs_and_cancelling_stops_it(
    me: Account, upstream: ScriptedUpstream
) -> None:
    upstream.play(Script(tool_calls=(program("print('on its way')\nwhile True: pass"),)))
    runs, thread = me.client.beta.threads.runs, me.thread("Hi")
    with runs.stream(thread_id=thread.id, assistant_id=analyst(me).id) as stream:
        for event in stream:
            if event.event == "thread.run.step.delta" and "on its way" in str(event.data):
                runs.cancel(event.data.id and stream.current_run.id, thread_id=thread.id)  # type: ignore[union-attr]
        assert event.event == "thread.run.cancelled"
    again = ran(me, "print('still here')", thread=thread)
    assert calls(me, again)[0]["outputs"][0]["logs"].startswith("still here\n")


def test_a_traceback_goes_back_to_the_model_which_tries_again(
    me: Account, upstream: ScriptedUpstream
) -> None:
    run = ran(me, "x = 1\nx.upper()", "print(str(x).upper())")
    first, second = calls(me, run)
    assert "AttributeError" in first["outputs"][0]["logs"]
    assert second["outputs"] == [{"type": "logs", "logs": "1\n"}]
    failed = upstream.requests[1].json["messages"][-1]["content"]
    assert "x.upper()" in failed and "run it again" in failed


def test_tries_are_bounded(me: Account, upstream: ScriptedUpstream) -> None:
    run = ran(me, *["1 / 0"] * 6)
    outputs = [call["outputs"] for call in calls(me, run)]
    assert [bool(each) for each in outputs] == [True] * 4 + [False] * 2
    assert "Do not run another one" in told(upstream)
    assert calls(me, ran(me, "1 / 1"))[0]["outputs"] == [{"type": "logs", "logs": "1.0\n"}]


def test_variables_and_files_live_on_between_the_runs_of_a_thread(me: Account) -> None:
    thread = me.thread("Hi")
    ran(me, "x = 41; open('note.txt', 'w').write('kept')", thread=thread)
    again = ran(me, "print(x + 1, open('/mnt/data/note.txt').read())", thread=thread)
    assert calls(me, again)[0]["outputs"][0]["logs"] == "42 kept\n"
    elsewhere = ran(me, "import os; print(os.listdir(), 'x' in globals())")
    assert calls(me, elsewhere)[0]["outputs"][0]["logs"] == "[] False\n"


def test_an_attached_table_is_read_and_a_workbook_is_handed_over(
    me: Account, client: OpenAI, upstream: ScriptedUpstream
) -> None:
    text = f"It is 42: [out.xlsx]({LINK})."
    run = ran(me, WRITE, thread=asked(me, uploaded(me)), says=(text[:20], text[20:30], text[30:]))
    assert calls(me, run)[0]["outputs"] == [{"type": "logs", "logs": "42\n"}]
    assert f"[out.xlsx]({LINK})" in told(upstream)
    (content,) = the_message(me, run).content
    assert isinstance(content, TextContentBlock)
    assert content.text.value == text
    (annotation,) = content.text.annotations
    assert annotation.type == "file_path"
    assert (annotation.text, text[annotation.start_index : annotation.end_index]) == (LINK, LINK)
    file = client.files.retrieve(annotation.file_path.file_id)
    assert (file.filename, file.purpose) == ("out.xlsx", "assistants_output")
    workbook = openpyxl.load_workbook(io.BytesIO(client.files.content(file.id).read()))
    assert list(workbook.active.values) == [("city", "sales"), ("Paris", 20), ("Rome", 22)]  # type: ignore[union-attr]
    parts = [e.data["delta"]["content"][0] for e in me.events(run) if e.name == "thread.message.delta"]
    assert "".join(part["text"]["value"] for part in parts) == text
    carried = [part["text"] for part in parts if part["text"].get("annotations")]
    assert carried == [{"value": LINK, "annotations": [{"index": 0, **annotation.to_dict()}]}]


def test_a_later_answer_may_link_to_a_file_of_an_earlier_run(me: Account) -> None:
    thread = asked(me, uploaded(me))
    ran(me, WRITE, thread=thread)
    me.upstream.play(Script(text=(f"Here again: {LINK}",)))
    (content,) = the_message(me, me.run(thread, analyst(me))).content
    assert isinstance(content, TextContentBlock)
    assert [found.type for found in content.text.annotations] == ["file_path"]


def test_files_of_the_assistant_and_of_the_thread_are_there_and_named_to_the_model(
    me: Account, client: OpenAI, upstream: ScriptedUpstream
) -> None:
    resources: Any = {"code_interpreter": {"file_ids": [uploaded(me, "theirs.csv")]}}
    thread = client.beta.threads.create(
        messages=[{"role": "user", "content": "Hi"}], tool_resources=resources
    )
    code = "import os; print(sorted(os.listdir('/mnt/data')))"
    upstream.play(Script(tool_calls=(program(code),)))
    run = me.run(thread, analyst(me, uploaded(me, "ours.csv"), uploaded(me, "ours.csv")))
    assert calls(me, run)[0]["outputs"][0]["logs"] == "['ours (2).csv', 'ours.csv', 'theirs.csv']\n"
    (tool,) = upstream.requests[0].json["tools"]
    assert tool["function"]["description"].endswith(
        "now: ours.csv (columns: city, sales), theirs.csv (columns: city, sales)."
    )


def test_a_figure_is_shown_before_the_text(me: Account, client: OpenAI, upstream: ScriptedUpstream) -> None:
    thread = me.thread("Draw")
    run = ran(me, DRAW, thread=thread, says=("A", " line."))
    picture, text = the_message(me, run).content
    assert isinstance(picture, ImageFileContentBlock)
    assert isinstance(text, TextContentBlock)
    assert text.text.value == "A line."
    assert client.files.content(picture.image_file.file_id).read().startswith(b"\x89PNG")
    assert calls(me, run)[0]["outputs"][0] == {
        "type": "image",
        "image": {"file_id": picture.image_file.file_id},
    }
    parts = [e.data["delta"]["content"][0] for e in me.events(run) if e.name == "thread.message.delta"]
    assert parts == [
        {"index": 0, **picture.to_dict()},
        {"index": 1, "type": "text", "text": {"value": "A", "annotations": []}},
        {"index": 1, "type": "text", "text": {"value": " line."}},
    ]
    me.run(thread, analyst(me))
    said = [message for message in upstream.requests[-1].json["messages"] if message["role"] == "assistant"]
    assert said == [{"role": "assistant", "content": "[A figure was shown here.]\nA line."}]


def test_the_sdk_follows_a_figure(me: Account, client: OpenAI, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(tool_calls=(program(DRAW),)), Script())
    thread = me.thread("Draw")
    with client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=analyst(me).id) as stream:
        told = names(stream)
        (message,) = stream.get_final_messages()
        step = stream.get_final_run_steps()[0]
    assert told.count("thread.message.delta") == 1
    assert [part.type for part in message.content] == ["image_file", "text"]
    assert step.step_details.to_dict()["tool_calls"][0]["code_interpreter"]["input"] == DRAW  # type: ignore[index]


def test_a_figure_is_shown_once(me: Account) -> None:
    run = ran(me, DRAW, "print(1)")
    assert [part.type for part in the_message(me, run).content] == ["image_file", "text"]
    me.upstream.play(Script(before=("Wait.",), tool_calls=(program(DRAW),)), Script())
    run = me.run(me.thread("Draw"), analyst(me))
    assert [[part.type for part in m.content] for m in me.written(run)] == [["text"], ["image_file", "text"]]


def test_a_figure_drawn_before_the_caller_is_asked_is_in_the_answer(me: Account) -> None:
    me.upstream.play(Script(tool_calls=(program(DRAW), PARIS)))
    run = me.answered(me.run(assistant=me.assistant(tools=[{"type": "code_interpreter"}, FUNCTION])))
    assert [part.type for part in the_message(me, run).content] == ["image_file", "text"]


def test_nobody_else_reaches_what_a_program_wrote(me: Account, other: Account) -> None:
    run = ran(me, "open('mine.txt', 'w').write('secret')\n" + DRAW)
    file_ids = [file.id for file in me.client.files.list(purpose="assistants_output")]
    assert len(file_ids) == 2
    for file_id in file_ids:
        for attempt in (other.client.files.content, other.client.files.retrieve, other.client.files.delete):
            with pytest.raises(openai.NotFoundError):
                attempt(file_id)
        with pytest.raises(openai.NotFoundError):
            analyst(other, file_id)
    assert other.client.files.list().data == []
    assert run.status == "completed"


def test_deleting_a_thread_ends_its_session_and_removes_its_files(me: Account, shared: Service) -> None:
    thread = me.thread("Hi")
    ran(me, "open('here.txt', 'w').write('1')", thread=thread)
    folder = session_folder(shared, thread.id)
    assert folder is not None and (folder / "data" / "here.txt").exists()
    me.client.beta.threads.delete(thread.id)
    until(lambda: session_folder(shared, thread.id) is None and not folder.exists(), PATIENCE_S)


def test_files_outlive_the_server(start_service: StartService, own_upstream: ScriptedUpstream) -> None:
    with start_service() as service:
        me = service.account_of(1)
        thread = asked(me, uploaded(me))
        ran(me, WRITE, thread=thread)
        me.close()
    with start_service() as service:
        me = service.account_of(1)
        again = ran(me, "import os; print(sorted(os.listdir()))", thread=thread)
        assert calls(me, again)[0]["outputs"][0]["logs"] == "['out.xlsx', 'sales.csv']\n"
        me.close()
    (left,) = (path for path in (service.api.state.server.settings.home / "interpreter",) if path.exists())
    assert list(left.iterdir()) == []


def test_a_call_without_a_program_is_said_to_be_one(me: Account, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(tool_calls=(ToolCall("code_interpreter", "{}"),)))
    run = me.run(assistant=analyst(me))
    assert (run.status, calls(me, run)) == ("completed", [{"input": "", "outputs": []}])
    assert "no program" in told(upstream)


def test_where_no_sandbox_works_the_model_is_told_and_the_run_goes_on(
    start_service: StartService, own_upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    with start_service() as service:
        interpreter = service.api.state.server.stateful.interpreter
        interpreter._interpreter = Interpreter(tmp_path / "none", walls=())
        me = service.account()
        run = ran(me, "print(1)", says=("I cannot run programs here.",))
        (logs,) = calls(me, run)[0]["outputs"]
        assert logs["logs"].startswith("The code interpreter needs Linux 6.7 or newer")
        assert "Answer without running programs" in told(own_upstream)
        assert me.texts(run) == ["I cannot run programs here."]
        me.close()


@pytest.mark.model
def test_the_local_model_sums_a_column_by_a_program(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, api_key=SecretStr("tandem-test-key-of-the-analyst"))
    numbers = range(1013, 9000, 617)
    data = "".join(["city,sales\n", *(f"Town {n},{n}\n" for n in numbers)]).encode()
    with served(create_api(settings, Engines(settings.models_dir))) as base_url:
        me = Account(base_url, "tandem-test-key-of-the-analyst", ScriptedUpstream())
        client = me.client.with_options(timeout=SLOW_S)
        file = client.files.create(file=("sales.csv", data), purpose="assistants")
        attached: Any = [{"file_id": file.id, "tools": [{"type": "code_interpreter"}]}]
        question = "What is the sum of the sales column in the attached file?"
        run = client.beta.threads.create_and_run_poll(
            assistant_id=me.assistant(model=CHAT_MODEL, tools=[{"type": "code_interpreter"}]).id,
            thread={"messages": [{"role": "user", "content": question, "attachments": attached}]},
        )
        assert run.status == "completed", run.last_error
        logs = [output["logs"] for call in calls(me, run) for output in call["outputs"]]
        assert any(str(sum(numbers)) in text for text in logs)
        assert str(sum(numbers)) in me.texts(run)[-1].replace(",", "")
        me.close()
