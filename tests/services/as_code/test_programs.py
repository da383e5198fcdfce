"""Each program is run against our own server before a scripted upstream, and must hold the talk that its lane held."""

from __future__ import annotations

import ast
import contextlib
import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from services.as_code.programs import lines_of_code, program
from services.as_code.records import NoProgram, Program, Recipe, Target
from services.tools import toolbox
from services.turns import Mode
from tests.browser.conftest import free_port
from tests.support.assistants import MODEL
from tests.support.talks import Person, asked
from tests.support.upstream import Script, ToolCall

SAID = ('My cat is called "Miso" and costs $5 `daily` \\ ½', "What is she called?")
ANSWERS = ("Nice to meet Miso.", "Miso.")
TOOLS = tuple(tool for tool in toolbox() if tool.name in ("calculator", "current_time"))
SUM = ToolCall("calculator", '{"expression": "17 * 3"}')
DOT = (
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c63f8cfc0f01f0005000201a5f6450a0000000049454e44ae426082"
)
WITH_LANGCHAIN = (Mode.CHAT_COMPLETIONS, Mode.RESPONSES)


def recipe(person: Person, mode: Mode, **changes: Any) -> Recipe:
    given = Recipe(mode, person.account.base_url, MODEL, SAID, ANSWERS[:1], "Be brief.", {"temperature": 0.2})
    return replace(given, **changes)


def made(given: Recipe, target: Target) -> Program:
    written = program(given, target)
    assert isinstance(written, Program)
    return written


@pytest.fixture
def folder(tmp_path: Path, person: Person, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the program is run, with the files beside it and the key in the environment."""
    (tmp_path / "kettle.txt").write_text("The warranty of the kettle lasts two years.")
    (tmp_path / "dot.png").write_bytes(bytes.fromhex(DOT))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", person.account.key)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    return tmp_path


def ran(written: Program) -> str:
    """What the program prints, run within this process: importing the SDK again takes seconds."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(written.text, written.filename, "exec"), {"__name__": "__main__"})
    return printed.getvalue()


def bash(folder: Path, written: Program) -> str:
    (folder / written.filename).write_text(written.text)
    done = subprocess.run(
        ["bash", written.filename], check=False, cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def contents(person: Person) -> list[Any]:
    return [message["content"] for message in asked(person)]


def model_reads(person: Person) -> list[dict[str, Any]]:
    """The messages of the last call of the model, whole or streamed."""
    bodies = [request.json for request in person.upstream.requests if request.raw]
    messages: list[dict[str, Any]] = [b for b in bodies if "messages" in b][-1]["messages"]
    return messages


def play(person: Person, *scripts: Script) -> None:
    """Have the model answer like this, streamed or whole."""
    person.upstream.only_streams = False
    person.upstream.play(*scripts)


@pytest.fixture(autouse=True)
def streams_only(person: Person) -> Iterator[None]:
    yield
    person.upstream.only_streams = True


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("mode", Mode)
def test_python_holds_the_talk(person: Person, mode: Mode) -> None:
    play(person, *(Script(text=(answer,)) for answer in ANSWERS))
    printed = ran(made(recipe(person, mode), Target.PYTHON))
    assert printed == "".join(f"> {q}\n{a}\n\n" for q, a in zip(SAID, ANSWERS, strict=True))
    read = [(m["role"], m["content"]) for m in model_reads(person)]
    assert read == [
        ("system", "Be brief."),
        ("user", SAID[0]),
        ("assistant", ANSWERS[0]),
        ("user", SAID[1]),
    ]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("mode", WITH_LANGCHAIN)
def test_langchain_holds_the_talk(person: Person, mode: Mode) -> None:
    play(person, *(Script(text=(answer,)) for answer in ANSWERS))
    printed = ran(made(recipe(person, mode), Target.LANGCHAIN))
    assert printed == "".join(f"> {q}\n{a}\n\n" for q, a in zip(SAID, ANSWERS, strict=True))
    assert [m["role"] for m in model_reads(person)] == ["system", "user", "assistant", "user"]


@pytest.mark.parametrize("mode", Mode)
def test_curl_holds_the_talk(person: Person, folder: Path, mode: Mode) -> None:
    play(person, *(Script(text=(answer,)) for answer in ANSWERS[mode is Mode.CHAT_COMPLETIONS :]))
    printed = bash(folder, made(recipe(person, mode), Target.CURL))
    assert ANSWERS[1] in printed
    said = [m["content"] for m in model_reads(person) if m["role"] != "system"]
    assert said == [SAID[0], ANSWERS[0], SAID[1]]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("mode", Mode)
def test_the_service_holds_the_talk(person: Person, mode: Mode) -> None:
    play(person, *(Script(text=(answer,)) for answer in ANSWERS))
    names: dict[str, Any] = {"__name__": "service"}
    exec(compile(made(recipe(person, mode), Target.FASTAPI).text, "service.py", "exec"), names)
    with TestClient(names["app"]) as http:
        talk = http.post("/talks").json()["talk"]
        said = [http.post(f"/talks/{talk}", json={"message": said}).json() for said in SAID]
        assert http.post(f"/talks/{talk}", json={"message": ""}).status_code == 422
    assert said == [{"answer": answer} for answer in ANSWERS]


def test_the_service_runs_on_a_port_of_its_own(person: Person, folder: Path) -> None:
    written = made(recipe(person, Mode.RESPONSES), Target.FASTAPI)
    (folder / written.filename).write_text(written.text)
    port = free_port()
    environment = {**os.environ, "PORT": str(port)}
    service = subprocess.Popen([sys.executable, written.filename], cwd=folder, env=environment)
    try:
        talk = _patiently(f"http://127.0.0.1:{port}/talks")["talk"]
        answer = httpx2.post(f"http://127.0.0.1:{port}/talks/{talk}", json={"message": "Hi"}, timeout=30)
        assert answer.json() == {"answer": "Hello world"}
    finally:
        service.terminate()
        service.wait(10)


def _patiently(url: str) -> Any:
    deadline = time.monotonic() + 60
    while True:
        try:
            return httpx2.post(url, timeout=30).json()
        except httpx2.ConnectError:
            assert time.monotonic() < deadline, "the service does not start"
            time.sleep(0.1)


# --- tools and files ------------------------------------------------------------------------


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("mode", "target"),
    [*((mode, Target.PYTHON) for mode in Mode), *((mode, Target.LANGCHAIN) for mode in WITH_LANGCHAIN)],
)
def test_functions_are_run_by_the_program(person: Person, mode: Mode, target: Target) -> None:
    play(
        person,
        Script(tool_calls=(SUM, ToolCall("current_time", '{"place": "Rome"}', "call_2"))),
        Script(text=("It is 51.",)),
    )
    printed = ran(made(recipe(person, mode, messages=("17 * 3?",), tools=TOOLS), target))
    assert "It is 51." in printed
    outputs = [m["content"] for m in model_reads(person) if m["role"] == "tool"]
    assert outputs == ["51", "Error: Write here what current_time does."]


@pytest.mark.parametrize("mode", [Mode.ASSISTANTS, Mode.RESPONSES])
@pytest.mark.parametrize("target", [Target.PYTHON, Target.CURL])
def test_files_are_searched_on_the_server(person: Person, folder: Path, mode: Mode, target: Target) -> None:
    search = ToolCall("file_search", '{"query": "warranty of the kettle"}')
    play(person, Script(tool_calls=(search,)), Script(text=("Two years.",)))
    given = recipe(
        person,
        mode,
        messages=("How long?",),
        built_in=("file_search", "code_interpreter"),
        files=("kettle.txt",),
    )
    written = made(given, target)
    printed = bash(folder, written) if target is Target.CURL else ran(written)
    assert "Two years." in printed
    assert "lasts two years" in next(m["content"] for m in model_reads(person) if m["role"] == "tool")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("target", [Target.PYTHON, Target.LANGCHAIN])
def test_chat_completions_carries_the_files_itself(person: Person, target: Target) -> None:
    play(person, Script(text=("Two years.",)))
    given = recipe(person, Mode.CHAT_COMPLETIONS, messages=("How long?",), files=("kettle.txt", "dot.png"))
    assert "Two years." in ran(made(given, target))
    words, picture = model_reads(person)[1]["content"]
    assert words["text"] == "kettle.txt:\nThe warranty of the kettle lasts two years."
    assert picture["image_url"]["url"].startswith("data:image/png;base64,iVBOR")


@pytest.mark.usefixtures("folder")
def test_responses_takes_files_into_the_conversation(person: Person) -> None:
    play(person, Script(text=("Two years.",)))
    given = recipe(person, Mode.RESPONSES, messages=("How long?",), files=("kettle.txt", "dot.png"))
    assert "Two years." in ran(made(given, Target.PYTHON))
    assert "lasts two years" in str(model_reads(person)[1]["content"])


# --- what is said of it ---------------------------------------------------------------------


def test_where_a_program_makes_no_sense_a_sentence_says_so(person: Person) -> None:
    assistants = recipe(person, Mode.ASSISTANTS)
    for given, target, words in (
        (replace(assistants, base_url="https://api.openai.com/v1"), Target.PYTHON, "switched"),
        (assistants, Target.LANGCHAIN, "LangChain"),
    ):
        missing = program(given, target)
        assert isinstance(missing, NoProgram) and words in missing.reason
        assert lines_of_code(given, target) is None


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("target", Target)
def test_whatever_was_said_stays_inside_a_literal(mode: Mode, target: Target) -> None:
    nasty = '"""\n\'\'\'\nJSON\n$(touch x) `touch y` \ud800 {end} \\" \u2028 %s'
    given = Recipe(mode, "http://127.0.0.1:1/v1", nasty, (nasty, nasty), (nasty,), nasty, {"temperature": 1})
    written = program(replace(given, files=(nasty,)), target)
    if not isinstance(written, Program):
        return
    written.text.encode()
    if written.language == "python":
        found = [node.value for node in ast.walk(ast.parse(written.text)) if isinstance(node, ast.Constant)]
        assert found.count(nasty) >= 3  # model, instructions and file, and the messages where there are some
    else:
        done = subprocess.run(["bash", "-n"], check=False, input=written.text.encode(), capture_output=True)
        assert done.returncode == 0, done.stderr


def test_keys_are_read_from_the_environment_and_stand_nowhere(person: Person) -> None:
    texts = [program(recipe(person, mode), target) for mode in Mode for target in Target]
    written = [text for text in texts if isinstance(text, Program)]
    assert len(written) == 11
    assert all("OPENAI_API_KEY" in one.text and person.account.key not in one.text for one in written)


def test_memory_of_ones_own_takes_more_lines(person: Person) -> None:
    counts = {mode: lines_of_code(recipe(person, mode)) for mode in Mode}
    assert counts[Mode.CHAT_COMPLETIONS] > counts[Mode.RESPONSES]  # type: ignore[operator]
