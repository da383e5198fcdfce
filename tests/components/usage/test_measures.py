"""What the chart can show: kinds of tokens that do not overlap, modes that keep their colours, and whatever else was counted."""

from __future__ import annotations

from decimal import Decimal

from components.usage.measures import KIND, MODE, MODEL, kinds, measures, mode_name, order, parts
from services.metering.sums import Sum
from services.metering.units import units


def summed(mode: str = "assistants", **counted: float) -> Sum:
    """A sum that counted this."""
    return Sum("OpenAI", mode, "gpt-6-luna", False, 3, 1, 0, Decimal("0.5"), counted)


def test_each_token_is_of_one_kind() -> None:
    one = summed(
        prompt_tokens=100,
        cached_tokens=60,
        cache_write_tokens=10,
        completion_tokens=50,
        reasoning_tokens=20,
    )
    assert kinds(one) == {
        "sent": 30,
        "sent, from the cache": 60,
        "sent, put into the cache": 10,
        "answer": 30,
        "reasoning": 20,
    }
    tokens = next(measure for measure in measures([one]) if measure.name == "tokens")
    assert tokens.of(one) == 150 == sum(parts(one, tokens, KIND).values())


def test_a_server_that_counts_oddly_makes_no_negative_bar() -> None:
    assert min(kinds(summed(prompt_tokens=5, cached_tokens=9, reasoning_tokens=3)).values()) == 0


def test_whatever_else_was_counted_can_be_shown_and_nothing_that_was_not() -> None:
    others = [unit for unit in units() if not unit.is_tokens]
    assert [measure.label for measure in measures([summed()])] == ["Cost", "Tokens", "Calls"]
    for unit in others:
        one = summed(**{unit.name: 7})
        shown = next(measure for measure in measures([one]) if measure.name == unit.name)
        assert (shown.label, shown.of(one), parts(one, shown, MODEL)) == (unit.label, 7, {"gpt-6-luna": 7})


def test_modes_keep_their_place_and_so_their_colour() -> None:
    assert order(MODE, {"Responses": 9, "Lab": 1}) == ["Chat Completions", "Assistants", "Responses", "Lab"]
    assert order(MODEL, {"small": 1, "large": 9}) == ["large", "small"]
    assert mode_name("text_to_speech") == "Text to speech"
