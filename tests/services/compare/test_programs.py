"""The programs whose lines are counted run as they are, and do what their scenario says, against Tandem's own server."""

from __future__ import annotations

import asyncio
import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.compare.scenarios import SCENES
from services.sandbox.interpreter import Interpreter
from services.turns import Mode
from tests.support.assistants import MODEL, Service, serving
from tests.support.upstream import Script, ScriptedUpstream, ToolCall

FILES = SCENES / "files"
NAMES = "tern-lamp-handbook.pdf,tern-orders.csv"
in_each_mode = pytest.mark.parametrize("mode", list(Mode))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = tmp_path_factory.mktemp("programs")
    with ScriptedUpstream() as model, serving(home, f"sqlite:///{home}/tandem.db", model) as running:
        yield running


@pytest.fixture(scope="module")
def no_sandbox(tmp_path_factory: pytest.TempPathFactory) -> str | None:
    """Why no sandbox works here, if none does."""

    async def refusal() -> str | None:
        interpreter = Interpreter(tmp_path_factory.mktemp("interpreter"))
        try:
            return await interpreter.refusal()
        finally:
            await interpreter.close()

    return asyncio.run(refusal())


class Ran:
    """Runs a scenario's program as `python program.py …` would, in a folder of its own; gives the lines it printed."""

    def __init__(self, service: Service, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
        me = service.account()
        monkeypatch.setenv("OPENAI_BASE_URL", me.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", me.key)
        monkeypatch.setenv("MODEL", MODEL)
        self.upstream, self._patch, self._capsys = me.upstream, monkeypatch, capsys
        me.upstream.forget()

    def __call__(self, name: str, mode: Mode, *arguments: str) -> list[str]:
        path = SCENES / "programs" / f"{name}-{mode.value}.py"
        self._patch.setattr("sys.argv", [str(path), *arguments])
        runpy.run_path(str(path), run_name="__main__")
        printed: str = self._capsys.readouterr().out
        return printed.splitlines()


@pytest.fixture
def ran(service: Service, monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path) -> Ran:
    monkeypatch.chdir(tmp_path)
    return Ran(service, monkeypatch, capsys)


def knows(word: str) -> Any:
    """A model that says whether this word stands anywhere in what it was sent."""

    def answer(body: dict[str, Any]) -> Script:
        return Script(text=("yes" if word in json.dumps(body["messages"]) else "no",))

    return answer


@in_each_mode
def test_the_chatbot_remembers(ran: Ran, mode: Mode) -> None:
    ran.upstream.by_request = knows("Ada")
    assert ran("chatbot", mode, "Hello.", "I am Ada.", "Who am I?") == ["no", "yes", "yes"]


@in_each_mode
def test_the_tutor_remembers_after_a_restart(ran: Ran, mode: Mode) -> None:
    ran.upstream.by_request = knows("Noor")
    assert ran("tutor", mode, "I am Noor.") == ["yes"]
    assert ran("tutor", mode, "Who am I?") == ["yes"]


@in_each_mode
def test_the_file_bot_reads_the_passage(ran: Ran, mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FILES)

    def answer(body: dict[str, Any]) -> Script:
        has_read = "30 months" in json.dumps(body["messages"])
        asks = bool(body.get("tools")) and not has_read
        search = ToolCall("file_search", '{"query": "warranty of the Tern lamp"}')
        return (
            Script(tool_calls=(search,)) if asks else Script(text=("30 months" if has_read else "unknown",))
        )

    ran.upstream.by_request = answer
    assert ran("files", mode, NAMES, "How long is the warranty of the Tern lamp?") == ["30 months"]


@in_each_mode
def test_the_code_reviewer_runs_the_program(ran: Ran, mode: Mode, no_sandbox: str | None) -> None:
    if mode is not Mode.CHAT_COMPLETIONS and no_sandbox:
        pytest.skip(no_sandbox)
    name, argument = (
        ("run_python", "program") if mode is Mode.CHAT_COMPLETIONS else ("code_interpreter", "code")
    )
    ran.upstream.by_request = runs_a_tool(ToolCall(name, json.dumps({argument: "print(6 * 7)"})))
    assert "42" in ran("code", mode, "What does it print?")[0]


@in_each_mode
def test_the_agent_calls_its_function(ran: Ran, mode: Mode) -> None:
    ran.upstream.by_request = runs_a_tool(ToolCall("kilometres", '{"amount": 26.2}'))
    assert "42.16 km" in ran("agent", mode, "How far is a marathon?")[0]


def runs_a_tool(call: ToolCall) -> Any:
    """A model that calls this tool once, and then repeats what it gave."""

    def answer(body: dict[str, Any]) -> Script:
        results = [m["content"] for m in body["messages"] if m["role"] == "tool"]
        return Script(text=(str(results[-1]),)) if results else Script(tool_calls=(call,))

    return answer
