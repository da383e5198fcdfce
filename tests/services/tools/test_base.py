import json
import threading
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from jsonschema import Draft202012Validator

from services.tools import toolbox
from services.tools.base import MAX_OUTPUT_CHARS, Tool, call, definition, flat_parameters, run
from services.tools.conversations import conversation_search


def tool(work):
    return Tool(
        "echo", "Echo", "Says it again.", flat_parameters(text="What to say"), ":material/campaign:", work
    )


@dataclass(frozen=True)
class Hit:
    title: str
    snippet: str
    created_at: datetime = datetime(2026, 11, 1, tzinfo=UTC)
    conversation_id: str = "conv_1"


def test_a_tool_gets_its_checked_arguments():
    assert run(tool(lambda a: a["text"] * 2), '{"text": "ho"}') == "hoho"


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        ("", "'text' is a required property"),
        ("{", "not JSON"),
        ("[]", "not of type 'object'"),
        ('{"text": 5}', "not of type 'string'"),
        ('{"text": "x", "more": 1}', "more"),
        ("[" * 19_000, "Error"),
        (json.dumps({"text": "x" * 30_000}), "longer than"),
    ],
)
def test_arguments_that_do_not_fit_are_explained_to_the_model(arguments, hint):
    answer = call(tool(lambda a: a["text"]), arguments)
    assert not answer.ok
    assert answer.text.startswith("Error: ")
    assert hint in answer.text


def test_a_failing_tool_gives_a_sentence_and_no_traceback():
    answer = call(tool(lambda a: str(1 / 0)), '{"text": "x"}')
    assert answer.text == "Error: echo failed with these arguments. Try simpler ones."
    assert not answer.ok


def test_a_tool_that_hangs_is_left_behind():
    never = threading.Event()
    answer = call(tool(lambda a: str(never.wait(30))), '{"text": "x"}', timeout_s=0.05)
    never.set()
    assert "took longer than 0.05 s" in answer.text


def test_a_long_answer_is_cut_and_says_so():
    answer = run(tool(lambda a: "x" * 10_000), '{"text": "x"}')
    assert len(answer) < MAX_OUTPUT_CHARS + 100
    assert "2,000 more characters" in answer


def test_every_tool_is_strict_flat_and_has_an_icon():
    tools = toolbox(lambda query, limit: [])
    assert len({t.name for t in tools}) == len(tools)
    for each in tools:
        function = definition(each)["function"]
        parameters = function["parameters"]
        Draft202012Validator.check_schema(parameters)
        assert function["strict"] is True
        assert parameters["additionalProperties"] is False
        assert parameters["required"] == list(parameters["properties"])
        assert {p["type"] for p in parameters["properties"].values()} == {"string"}
        assert each.icon.startswith(":material/")
        assert each.description.endswith(".")


def test_the_search_is_offered_only_where_there_is_one():
    names = [t.name for t in toolbox()]
    assert names == ["calculator", "current_time", "convert_time", "date_calculator", "convert_units"]
    assert toolbox(lambda query, limit: [])[-1].name == "search_conversations"


def test_conversations_that_were_found_are_listed():
    asked = []

    def search(query, limit):
        asked.append((query, limit))
        return [Hit("Backups", "we said\n  nightly"), Hit("Long", "word " * 200)]

    answer = run(conversation_search(search), '{"query": " backup "}')
    assert asked == [("backup", 5)]
    assert answer.startswith("“Backups” (2026-11-01): we said nightly\n\n“Long”")
    assert answer.endswith("…")


def test_nothing_found_and_nothing_asked_are_said():
    nothing = conversation_search(lambda query, limit: [])
    assert "No saved conversation contains “x”" in run(nothing, '{"query": "x"}')
    assert run(nothing, '{"query": " "}').startswith("Error: The query is empty")
