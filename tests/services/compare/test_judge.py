"""The judge reads every pair twice, in both orders, and what it cannot stand by is no verdict."""

from __future__ import annotations

import json

import pytest

from services.catalog import describe
from services.clients import Connection
from services.compare.judge import RUBRIC, ask_model, judge, parsed
from services.errors import InvalidInput, UpstreamFailed
from services.loop import BackgroundLoop
from tests.support.upstream import Script, ScriptedUpstream

ANSWERS = ["Paris.", "London, I think."]


def said(best: str) -> str:
    return json.dumps({"reason": f"{best} is right.", "best": best})


def test_a_judge_that_follows_the_answer_is_believed() -> None:
    prompts: list[str] = []

    def ask(text: str) -> str:
        prompts.append(text)
        return said("A" if text.index("Paris.") < text.index("London") else "B")

    judgement = judge(ask, "What is the capital of France?", ANSWERS)
    assert (judgement.winner, judgement.is_steady) == (0, True)
    assert prompts[0] != prompts[1]
    assert RUBRIC in prompts[0]


def test_a_judge_that_follows_the_place_gives_no_winner() -> None:
    judgement = judge(lambda _: said("A"), "Which?", ANSWERS)
    assert (judgement.winner, judgement.is_steady) == (None, False)


def test_none_both_times_is_a_steady_tie() -> None:
    judgement = judge(lambda _: said("none"), "Which?", ANSWERS)
    assert (judgement.winner, judgement.is_steady) == (None, True)


@pytest.mark.parametrize(
    "text", ["", "A", "[]", "{}", '{"best": "C", "reason": ""}', '{"best": ["A"], "reason": ""}']
)
def test_an_answer_that_names_none_of_the_answers_is_refused(text: str) -> None:
    with pytest.raises(UpstreamFailed):
        parsed(text, 2)


@pytest.mark.parametrize("rubric", ["  ", "x" * 5000])
def test_a_rubric_must_say_something_and_not_too_much(rubric: str) -> None:
    with pytest.raises(InvalidInput):
        judge(lambda _: said("A"), "Which?", ANSWERS, rubric)


def test_the_model_is_asked_for_structured_output_and_its_tokens_are_told() -> None:
    loop = BackgroundLoop()
    with ScriptedUpstream() as upstream:
        upstream.play(Script(text=(said("B"),)))
        connection = Connection("Scripted", "openai", upstream.base_url, "sk-test")
        model = describe("gpt-6-luna", "Scripted")
        text, usage = loop.run(ask_model(connection, loop.pool(upstream.base_url), model, "Judge.", 3))
        body = upstream.requests[-1].json
    assert json.loads(text)["best"] == "B"
    assert usage.total_tokens == 18
    assert body["response_format"]["json_schema"]["schema"]["properties"]["best"]["enum"] == [
        "A",
        "B",
        "C",
        "none",
    ]
