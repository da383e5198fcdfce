from datetime import date
from decimal import Decimal

from services.metering.endings import Use, all_endings, my_endings


def test_what_uses_a_model_that_ends_is_found_by_its_model():
    uses = [
        Use("assistant", "gpt-4.1", "Tutor", "asst_1"),
        Use("conversation", "gpt-4o-2024-08-06", "Trip", "conv_1"),
        Use("default", "gpt-6-luna", "chosen"),
        Use("calls", "ft:gpt-4o-mini:me::1", "5 calls"),
        Use("default", "gpt-5", "chosen"),
        Use("calls", "gpt-4.1", "3 calls"),
    ]
    found = my_endings(uses)
    assert [ending.model.id for ending in found] == [
        "gpt-5",
        "ft:gpt-4o-mini:me::1",
        "gpt-4.1",
        "gpt-4o-2024-08-06",
    ]
    assert found[0].date == date(2026, 12, 11)
    assert [use.name for use in found[2].uses] == ["Tutor", "3 calls"]
    assert not found[0].is_over(date(2026, 12, 10)) and found[0].is_over(date(2026, 12, 11))


def test_a_replacement_is_told_with_its_price_and_what_it_lacks():
    (ending,) = my_endings([Use("default", "gpt-4.1", "chosen")])
    assert ending.replacement.model.id == "gpt-6-luna"
    assert ending.replacement.price_factor == Decimal("0.06")
    lacks = " ".join(ending.replacement.lacks)
    assert "tools" in lacks and "temperature" in lacks and "stop" in lacks
    assert "pictures" not in lacks and "reads" not in lacks


def test_another_kind_of_model_is_said_to_be_one():
    (speech,) = my_endings([Use("calls", "tts-1", "")])
    assert speech.replacement.lacks == ("is reached by another endpoint: calls must be written anew",)
    assert speech.replacement.price_factor is None


def test_where_nothing_takes_its_place_nothing_is_made_up():
    (ending,) = my_endings([Use("calls", "o3", "")])
    assert ending.replacement is None


def test_the_calendar_has_every_known_end_in_order():
    endings = all_endings()
    assert len(endings) > 40
    assert [e.date for e in endings] == sorted(e.date for e in endings)


def test_a_local_model_does_not_end():
    assert my_endings([Use("default", "qwen2.5-coder-1.5b-instruct", "")]) == ()
