"""Presets make assistants that work at once."""

from __future__ import annotations

import pytest

from services.assistants.presets import PRESETS, Preset, preset
from services.turns import TurnStatus
from tests.support.talks import Person, asked


def test_the_four_presets_are_there() -> None:
    names = ["Tutor with memory", "Code analyst", "Document analyst", "Data analyst"]
    assert [p.name for p in PRESETS] == names
    assert preset("Code analyst") is PRESETS[1] and preset("Nobody") is None and preset(None) is None


@pytest.mark.parametrize("given", PRESETS, ids=lambda p: p.name)
def test_a_preset_answers_at_once(person: Person, given: Preset) -> None:
    made = person.assistant(**given.body("gpt-4.1"))
    assert (made.name, made.description, made.metadata) == (
        given.name,
        given.sentence,
        {"preset": given.name},
    )
    assert tuple(tool["type"] for tool in made.tools) == given.tools
    turn = person.say(given.starters[0], made)
    assert (turn.status, turn.text) == (TurnStatus.COMPLETED, "Hello world")
    assert asked(person)[0]["content"].startswith(given.instructions)


@pytest.mark.parametrize("given", PRESETS, ids=lambda p: p.name)
def test_a_preset_tells_its_model_of_the_tools_it_has(given: Preset) -> None:
    for tool in ("code_interpreter", "file_search"):
        assert (tool in given.instructions) is (tool in given.tools)
    assert len(given.starters) == 3 and given.icon.startswith(":material/")
