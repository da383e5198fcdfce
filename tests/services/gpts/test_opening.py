"""The same GPT as Chat Completions and as an assistant; and one drafted by a model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence

import openai
import pytest

from services import catalog
from services.assistants.records import Hit
from services.errors import InvalidInput, UpstreamFailed
from services.functions.function_tool import demo_function
from services.gpts.drafting import draft
from services.gpts.opening import KNOWLEDGE, assistant_body, chat_settings, knowledge_tool
from services.gpts.records import Gpt
from services.tools import toolbox
from services.tools.base import run
from tests.support.upstream import Script, ScriptedUpstream

GPT = Gpt(
    "gpt_1", "Checker", "Checks.", "calculate", "Check.", ("Go",), ("calculator", "code_interpreter"), "vs_1"
)
DRAFT = {
    "name": "Tea desk",
    "description": "Answers.",
    "icon": "school",
    "instructions": "Be kind.",
    "starters": ["Hi"],
}


def test_chat_gets_the_functions_it_can_run() -> None:
    settings = chat_settings(GPT, ["calculator", "clock"])
    assert settings["tools"] == ["calculator"]
    assert settings["system_prompt"] == "Check."
    assert settings[KNOWLEDGE] == "vs_1"


def test_an_assistant_gets_built_in_tools_functions_and_files() -> None:
    functions = [demo_function(tool, None) for tool in toolbox()]
    body = assistant_body(GPT, "m", functions)
    assert [tool["type"] for tool in body["tools"]] == ["code_interpreter", "file_search", "function"]
    assert body["tool_resources"] == {"file_search": {"vector_store_ids": ["vs_1"]}}
    assert body["model"] == "m"


def test_its_files_are_searched_by_a_function_in_chat() -> None:
    asked: list[Sequence[str]] = []

    def search(queries: Sequence[str], most: int) -> list[Hit]:
        asked.append(queries)
        return [Hit("file_1", "tea.txt", 0.9, "Green tea is steeped at 75 degrees.", {})]

    answer = run(knowledge_tool(search), json.dumps({"query": "temperature"}))
    assert asked == [["temperature"]]
    assert "From tea.txt:\nGreen tea" in answer
    assert "Nothing in the files" in run(knowledge_tool(lambda queries, most: []), json.dumps({"query": "x"}))


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as upstream:
        yield upstream


def drafted(upstream: ScriptedUpstream, wish: str) -> Gpt:
    model = catalog.describe("gpt-6-luna", "OpenAI")

    async def ask() -> Gpt:
        async with openai.AsyncOpenAI(base_url=upstream.base_url, api_key="sk-test", max_retries=0) as client:
            return (await draft(client, model, wish))[0]

    return asyncio.run(ask())


def test_a_draft_is_read_from_a_strict_answer(upstream: ScriptedUpstream) -> None:
    upstream.play(Script(text=(json.dumps(DRAFT),)))
    gpt = drafted(upstream, "Answer tea questions")
    assert (gpt.name, gpt.starters) == ("Tea desk", ("Hi",))
    assert upstream.requests[-1].json["response_format"]["json_schema"]["strict"] is True


def test_a_draft_that_cannot_be_read_is_a_sentence(upstream: ScriptedUpstream) -> None:
    upstream.play(Script(text=("Sure, here it is",)))
    with pytest.raises(UpstreamFailed, match="could not be read"):
        drafted(upstream, "Anything")


@pytest.mark.parametrize("wish", ["", "  ", "x" * 5_000])
def test_a_wish_that_is_none_asks_nobody(wish: str, upstream: ScriptedUpstream) -> None:
    with pytest.raises(InvalidInput):
        drafted(upstream, wish)
    assert not upstream.requests
