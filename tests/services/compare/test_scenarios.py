"""Scenarios are complete, go on by themselves, and count code that runs."""

from __future__ import annotations

import pytest

from services.compare.records import LaneTalk
from services.compare.scenarios import (
    Scenario,
    lines_of_code,
    next_step,
    playing,
    scenarios,
    steps_played,
    took,
    with_scenario,
)
from services.turns import Message, Mode, Turn, TurnStatus
from tests.support.lanes import talk

EVERY_MODE = dict.fromkeys(Mode, ("OpenAI", "gpt-6-luna"))
each = pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.id)


def talks_of(scenario: Scenario, steps: int) -> list[LaneTalk]:
    said = [(step.say, "Yes.") for step in scenario.steps[:steps]]
    return [talk(one, *said) for one in scenario.lanes(EVERY_MODE)]


@each
def test_a_scenario_shows_every_mode_says_what_to_watch_and_gives_a_verdict(scenario: Scenario) -> None:
    assert {part.mode for part in scenario.parts} == set(Mode)
    assert 2 <= len(scenario.parts) <= 4
    assert all(step.watch.endswith((".", "?")) and "!" not in step.watch for step in scenario.steps)
    assert len(scenario.needs) >= 3
    assert "short" in scenario.instructions


@each
def test_each_message_is_played_once_and_then_the_next(scenario: Scenario) -> None:
    for number, step in enumerate(scenario.steps):
        talks = talks_of(scenario, number)
        assert steps_played(scenario, talks) == number
        assert next_step(scenario, talks) is step
    assert next_step(scenario, talks_of(scenario, len(scenario.steps))) is None


def test_it_waits_while_a_lane_answers_and_ends_when_a_person_stops_one() -> None:
    scenario = scenarios()[0]
    talks = talks_of(scenario, 1)
    lane = talks[0].lane
    growing = Turn("c", Message("user", scenario.steps[1].say), lane.model, lane.connection, lane.mode)
    for status in (TurnStatus.STREAMING, TurnStatus.STOPPED):
        growing.status = status
        assert next_step(scenario, [LaneTalk(lane, (*talks[0].turns, growing)), *talks[1:]]) is None


def test_a_lane_that_failed_does_not_end_it() -> None:
    scenario = scenarios()[0]
    talks = talks_of(scenario, 1)
    talks[0].turns[0].status = TurnStatus.FAILED
    assert next_step(scenario, talks) is scenario.steps[1]
    assert took(talks[0]).failed == 1


def test_a_question_of_the_persons_own_does_not_count_as_a_step() -> None:
    scenario = scenarios()[0]
    said = [(scenario.steps[0].say, "Yes."), ("Something of mine.", "Well."), (scenario.steps[1].say, "Yes.")]
    talks = [talk(one, *said) for one in scenario.lanes(EVERY_MODE)]
    assert next_step(scenario, talks) is scenario.steps[2]


def test_a_connection_without_a_mode_leaves_its_lanes_out() -> None:
    lanes = scenarios()[1].lanes({Mode.CHAT_COMPLETIONS: ("OpenAI", "gpt-6-luna")})
    assert [lane.mode for lane in lanes] == [Mode.CHAT_COMPLETIONS]


def test_which_scenario_plays_is_kept_with_the_comparison() -> None:
    assert playing(with_scenario({}, scenarios()[2])) is scenarios()[2]
    assert playing({"scenario": "none of ours"}) is None


def test_the_files_are_small_and_of_the_kinds_they_say() -> None:
    files = [file for scenario in scenarios() for file in scenario.attachments()]
    assert {file.media_type for file in files} == {"application/pdf", "text/csv"}
    assert sum(len(file.data) for file in files) < 50_000
    assert files[0].data.startswith(b"%PDF")


def test_only_lines_that_hold_code_are_counted() -> None:
    program = '"""What it does."""\n\n# A remark.\nx = 1  # one\n\n\ndef f():\n    """Says it."""\n    return """a\n\nb"""\n'
    assert lines_of_code(program) == 5


@each
def test_every_scenario_has_a_program_for_each_mode(scenario: Scenario) -> None:
    for mode in Mode:
        program = scenario.program(mode)
        compile(program, f"{scenario.id}-{mode}", "exec")
        assert 5 < lines_of_code(program) < 60
