"""The questionnaire ends in a recommendation that follows from its answers, with reasons."""

from __future__ import annotations

from itertools import product

import pytest

from services.compare.advice import advise, features, questions
from services.turns import Mode


def test_without_an_answer_there_is_no_advice() -> None:
    assert advise({}) is None
    assert advise({"memory": "No such answer", "nothing": "x"}) is None


@pytest.mark.parametrize(
    ("answers", "mode"),
    [
        (
            {"where": "At OpenAI, with its newest models", "code_base": "Yes, written for Assistants"},
            Mode.RESPONSES,
        ),
        ({"where": "At several providers", "memory": "The server"}, Mode.CHAT_COMPLETIONS),
        (
            {
                "where": "On my own server, Tandem's for instance",
                "code_base": "Yes, written for Assistants",
                "files": "Many, or long ones",
            },
            Mode.ASSISTANTS,
        ),
        (
            {"memory": "Nobody: single questions", "files": "No", "code": "No", "tools": "No"},
            Mode.CHAT_COMPLETIONS,
        ),
        (
            {"memory": "The server", "files": "Many, or long ones", "code_base": "No, it is new"},
            Mode.RESPONSES,
        ),
    ],
)
def test_the_advice_is_what_a_person_who_knows_would_say(answers: dict[str, str], mode: Mode) -> None:
    advice = advise(answers)
    assert advice is not None
    assert advice.mode is mode
    assert advice.reasons


def test_assistants_is_never_advised_where_openai_switched_it_off() -> None:
    every = [[(q.id, option.label) for option in q.options] for q in questions()]
    for chosen in product(*every):
        answers = dict(chosen)
        advice = advise(answers)
        assert advice is not None
        assert advice.reasons
        if answers["where"] != "On my own server, Tandem's for instance":
            assert advice.mode is not Mode.ASSISTANTS
            assert advice.runner_up is not Mode.ASSISTANTS
            assert advice.ruled_out == (Mode.ASSISTANTS,)


def test_every_mode_is_some_answers_advice() -> None:
    every = [[(q.id, option.label) for option in q.options] for q in questions()]
    assert {made.mode for chosen in product(*every) if (made := advise(dict(chosen)))} == set(Mode)


def test_the_table_tells_each_feature_for_each_mode() -> None:
    names = [feature.name for feature in features()]
    assert names[:5] == ["State", "Memory", "Multi-turn", "Tools", "Files"]
    assert all(feature.in_mode[mode].endswith(".") for feature in features() for mode in Mode)
