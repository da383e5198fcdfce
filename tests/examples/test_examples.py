"""Every recipe runs as it stands against our server, in front of a scripted model."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support.assistants import KETTLE, MODEL, Account, Service, serving
from tests.support.upstream import Script, ScriptedUpstream, ToolCall

FOLDER = Path(__file__).parents[2] / "examples"
LIMIT_S = 30
Run = Callable[..., str]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = tmp_path_factory.mktemp("examples")
    with ScriptedUpstream() as model, serving(home, f"sqlite:///{home}/tandem.db", model) as running:
        yield running


@pytest.fixture
def account(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """Somebody whose environment leads to our server."""
    somebody = service.account()
    monkeypatch.setenv("OPENAI_BASE_URL", somebody.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", somebody.key)
    monkeypatch.setenv("MODEL", MODEL)
    yield somebody
    service.quiet()
    somebody.close()


@pytest.fixture
def run(account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a Python recipe as `python examples/…` does; gives what it prints."""

    def run_(name: str, *arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        runpy.run_path(str(FOLDER / name), run_name="__main__")
        return capsys.readouterr().out

    return run_


def sent(account: Account) -> list[dict[str, Any]]:
    """The bodies that reached the model, in order."""
    return [request.json for request in account.upstream.requests if "messages" in request.json]


def said(body: dict[str, Any]) -> list[str]:
    """What the messages of a request say."""
    return [str(message["content"]) for message in body["messages"]]


def test_a_question_gets_its_answer(run: Run, account: Account) -> None:
    assert run("chat.py", "What", "is it?") == "Hello world\n"
    assert said(sent(account)[0]) == ["Answer in one short sentence.", "What is it?"]


def test_a_streamed_conversation_sends_its_history_each_time(run: Run, account: Account) -> None:
    assert run("chat_streaming.py", "One", "Two").count("Hello world") == 2
    assert said(sent(account)[1]) == ["One", "Hello world", "Two"]


def test_many_questions_are_asked_at_once_and_one_failure_leaves_the_others(
    run: Run, account: Account
) -> None:
    refused = {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": None}}
    account.upstream.by_request = lambda body: (
        Script(status=400, body=refused) if "Peru" in str(body["messages"]) else None
    )
    try:
        lines = run("chat_async.py", "France?", "Peru?", "Japan?").splitlines()
    finally:
        account.upstream.by_request = lambda _: None
    assert lines[0] == "France? Hello world" and lines[2] == "Japan? Hello world"
    assert lines[1].startswith("Peru? failed:")


def test_a_batch_answers_each_question_says_which_failed_and_is_cleared_away(
    run: Run, account: Account
) -> None:
    refused = {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": None}}
    account.upstream.by_request = lambda body: (
        Script(status=400, body=refused) if "Peru" in str(body["messages"]) else None
    )
    try:
        lines = run("batch.py", "France?", "Peru?", "Japan?").splitlines()
    finally:
        account.upstream.by_request = lambda _: None
    assert sorted(lines[:2]) == ["France? Hello world", "Japan? Hello world"]
    assert lines[2].startswith("Peru? failed:")
    assert account.client.files.list().data == []


def test_a_function_is_run_and_its_result_sent_back(run: Run, account: Account) -> None:
    account.upstream.play(
        Script(tool_calls=(ToolCall("fare", '{"city": "Oslo"}'),)), Script(text=("387 euros",))
    )
    assert run("chat_tools.py") == "387 euros\n"
    assert json.loads(sent(account)[1]["messages"][-1]["content"]) == {"city": "oslo", "euros": 129}


@pytest.mark.parametrize("arguments", ["nonsense", "[]", '{"city": 3}', '{"city": "Atlantis"}'])
def test_a_function_called_wrongly_tells_the_model_so(arguments: str, run: Run, account: Account) -> None:
    account.upstream.play(Script(tool_calls=(ToolCall("fare", arguments),)))
    assert run("chat_tools.py") == "Hello world\n"
    assert "error" in json.loads(sent(account)[1]["messages"][-1]["content"])


def test_an_assistant_remembers_the_thread_and_is_cleared_away(run: Run, account: Account) -> None:
    assert run("assistant.py", "One", "Two") == "Hello world\nHello world\n"
    assert said(sent(account)[1])[-3:] == ["One", "Hello world", "Two"]
    assert account.client.beta.assistants.list().data == []


def test_a_response_goes_on_from_the_one_before(run: Run, account: Account) -> None:
    assert run("responses.py", "One", "Two") == "Hello world\nHello world\n"
    assert "One" in str(said(sent(account)[1])) and "Two" in str(said(sent(account)[1]))


def test_langchain_needs_nothing_but_the_address(run: Run, account: Account) -> None:
    assert run("langchain_chat.py", "a token") == "Hello world\n"
    assert said(sent(account)[0])[-1] == "What is a token?"


def test_langchain_answers_from_files_and_leaves_nothing_behind(
    run: Run, account: Account, tmp_path: Path
) -> None:
    (tmp_path / "kettle.txt").write_bytes(KETTLE)
    assert (
        run("langchain_retriever.py", "How long is the warranty?", str(tmp_path / "kettle.txt"))
        == "Hello world\n"
    )
    (prompt,) = said(sent(account)[0])
    assert "[kettle.txt]" in prompt and "two years" in prompt and "How long is the warranty?" in prompt
    assert account.client.vector_stores.list().data == [] and account.client.files.list().data == []


def test_an_agent_calls_its_tool_and_survives_a_wrong_call(run: Run, account: Account) -> None:
    account.upstream.play(
        Script(tool_calls=(ToolCall("days_between", '{"first": "2027-03-01", "last": "soon"}'),)),
        Script(tool_calls=(ToolCall("days_between", '{"first": "2027-03-01", "last": "2027-05-15"}'),)),
        Script(text=("75 days",)),
    )
    assert run("langchain_agent.py") == "75 days\n"
    failed, worked = (sent(account)[n]["messages"][-1]["content"] for n in (1, 2))
    assert failed.startswith("failed: ") and worked == "75"


def test_the_notebook_runs_from_top_to_bottom(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    cells = json.loads((FOLDER / "notebook.ipynb").read_text(encoding="utf-8"))["cells"]
    names: dict[str, Any] = {}
    for cell in cells:
        assert not cell.get("outputs"), "what a notebook printed stays out of the repository"
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), "notebook.ipynb", "exec"), names)
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.endswith("Hello world")] == lines[:3]
    assert lines[5] == "5 messages, 11 tokens sent: Which is warmer?"


def test_a_service_knows_its_people_streams_and_keeps_to_the_budget(
    account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SERVICE_KEYS", "ada=secret-1,bob=secret-2")
    monkeypatch.setenv("SERVICE_USD_A_DAY", "0.00405")
    monkeypatch.setenv("SERVICE_DATABASE_URL", f"sqlite:///{tmp_path}/service.db")
    http = TestClient(runpy.run_path(str(FOLDER / "fastapi_service.py"))["app"])
    ada, bob = ({"Authorization": f"Bearer secret-{n}"} for n in (1, 2))
    question = {"question": "What is it?"}
    assert http.post("/ask", json=question).status_code in (401, 403)
    assert http.post("/ask", json=question, headers={"Authorization": "Bearer guess"}).status_code == 401
    assert http.post("/ask", json={"question": ""}, headers=ada).status_code == 422
    assert http.post("/ask", json=question, headers=ada).text == "Hello world"
    assert http.get("/spent", headers=ada).json() == {"calls": 1, "usd": "0.000078"}
    refused = http.post("/ask", json=question, headers=ada)
    assert refused.status_code == 402 and "Your budget for today" in refused.json()["detail"]
    assert http.post("/ask", json=question, headers=bob).text == "Hello world"


@pytest.mark.parametrize(
    ("program", "name", "expected"),
    [("node", "chat.mjs", r"Hello world\n"), ("curl", "chat.sh", r'(?s).*"content":\s*"Hello world".*')],
)
def test_programs_in_other_languages_get_the_same_answer(
    program: str, name: str, expected: str, account: Account
) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed here, so {name} was not run.")
    command = [program if program == "node" else "sh", str(FOLDER / name), 'Is "this" a \\ question?']
    ended = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert ended.returncode == 0, ended.stderr
    assert re.fullmatch(expected, ended.stdout)
    assert said(sent(account)[0]) == ['Is "this" a \\ question?']


def test_node_says_what_went_wrong(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not installed here, so chat.mjs was not run.")
    monkeypatch.setenv("OPENAI_API_KEY", "not-a-key")
    ended = subprocess.run(
        ["node", str(FOLDER / "chat.mjs")], capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert ended.returncode == 1 and ended.stderr.startswith("401: ")


def test_the_table_names_every_recipe_and_no_other() -> None:
    told = set(re.findall(r"\]\(([\w.]+)\)", (FOLDER / "README.md").read_text(encoding="utf-8")))
    there = {file.name for file in FOLDER.iterdir() if file.suffix in (".py", ".mjs", ".sh", ".ipynb")}
    assert told == there
