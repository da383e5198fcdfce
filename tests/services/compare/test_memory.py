"""Where memory lives is told for each mode, and it fills as the talk goes on."""

from __future__ import annotations

from services.compare.memory import remembered
from services.turns import Mode
from tests.support.lanes import lane, talk

SAID = [("My name is Ada.", "Hello Ada."), ("What is my name?", "Ada.")]


def kinds(mode: Mode, side: str, **more: object) -> list[str]:
    memory = remembered(talk(lane(mode, instructions="Be brief.", **more), *SAID))
    return [piece.kind for piece in memory.on(side)]  # type: ignore[arg-type]


def test_chat_completions_leaves_nothing_on_the_server() -> None:
    assert kinds(Mode.CHAT_COMPLETIONS, "server") == []
    assert kinds(Mode.CHAT_COMPLETIONS, "client") == ["instructions", "history"]


def test_an_assistants_client_holds_only_an_id_and_its_functions() -> None:
    tools = ("file_search", "code_interpreter", "calculator")
    assert kinds(Mode.ASSISTANTS, "client", tools=tools) == ["pointer", "tools"]
    server = kinds(Mode.ASSISTANTS, "server", tools=tools, files=("a",))
    assert server == ["instructions", "history", "files", "index", "sandbox"]


def test_responses_keeps_the_history_and_not_the_instructions() -> None:
    assert kinds(Mode.RESPONSES, "client") == ["pointer", "instructions"]
    assert kinds(Mode.RESPONSES, "server") == ["history"]


def test_the_history_grows_and_is_as_large_in_every_mode() -> None:
    sizes = []
    for mode in Mode:
        of = talk(lane(mode), *SAID)
        pieces = [next(p for p in remembered(of, n).pieces if p.kind == "history") for n in (0, 1, 2)]
        sizes.append([piece.amount for piece in pieces])
        assert [piece.count for piece in pieces] == ["0 messages", "2 messages", "4 messages"]
    assert sizes[0] == sizes[1] == sizes[2]
    assert sizes[0][0] == 0 < sizes[0][1] < sizes[0][2]  # type: ignore[operator]
