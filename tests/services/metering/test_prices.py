from datetime import UTC, datetime
from decimal import Decimal

import pytest

from services.catalog import describe
from services.metering.prices import list_price, price, price_table
from services.turns import Usage

AT = datetime(2026, 11, 22, tzinfo=UTC)
TEN = Usage(10_000, 1_000, 4_000)


@pytest.mark.parametrize(
    ("usage", "tier", "usd"),
    [
        (TEN, None, "0.0224"),
        (TEN, "default", "0.0224"),
        (TEN, "flex", "0.0112"),
        (TEN, "batch", "0.0112"),
        (TEN, "priority", "0.0448"),
        (TEN, "fast", "0.0448"),
        (Usage(300_000, 1_000), None, "1.215"),
        (Usage(10_000, 10, 2_000, 5_000), None, "0.0188"),
    ],
)
@pytest.mark.parametrize("model", ["gpt-6.1-sol", "gpt-6.2-sol"])
def test_prices_agree_with_worked_examples(model, usage, tier, usd):
    # Both models have the same list price; one comes from the library, the other from catalog.toml.
    assert price(model, usage, AT, tier) == Decimal(usd)


@pytest.mark.parametrize(
    ("model", "input_usd", "cached_usd", "output_usd"),
    [
        ("gpt-6.2-astra", "8", "0.40", "40"),
        ("gpt-6.2-sol", "2", "0.10", "10"),
        ("gpt-6-astra", "10", "1", "50"),
        ("gpt-6.1-terra", "1", "0.05", "5"),
        ("gpt-6-sol", "2", "0.2", "10"),
        ("gpt-6-luna", "0.1", "0.01", "0.5"),
        ("gpt-5.6-terra", "2", "0.2", "12"),
        ("gpt-5.5", "5", "0.5", "30"),
        ("gpt-5.4-mini", "0.75", "0.075", "4.5"),
        ("gpt-5-nano", "0.05", "0.005", "0.4"),
        ("o3", "2", "0.5", "8"),
        ("gpt-4.1-mini", "0.4", "0.1", "1.6"),
        ("gpt-4o", "2.5", "1.25", "10"),
    ],
)
def test_list_prices_are_those_published(model, input_usd, cached_usd, output_usd):
    found = list_price(model)
    assert (found.input, found.cached, found.output) == (
        Decimal(input_usd),
        Decimal(cached_usd),
        Decimal(output_usd),
    )
    assert found.source and found.date


@pytest.mark.parametrize(
    "model",
    [
        "gpt-5.1-mini",
        "gpt-audio-1.5",
        "gpt-realtime-2.1-mini",
        "gpt-5.2-chat-latest",
        "gpt-5-nano-xyz",
        "gpt-7",
        "llama3",
        "",
    ],
)
def test_a_similar_name_does_not_lend_its_price(model):
    assert price(model, TEN, AT) is None


@pytest.mark.parametrize("model", ["tts-1", "whisper-1"])
def test_what_is_not_sold_by_tokens_is_unknown_and_not_free(model):
    assert price(model, TEN, AT) is None


@pytest.mark.parametrize("tier", ["scale", "nonsense", "ultrafast"])
def test_a_tier_without_a_price_is_unknown(tier):
    assert price("gpt-6.1-sol", TEN, AT, tier) is None


def test_flex_is_unknown_where_it_is_not_sold():
    assert price("gpt-4o", TEN, AT, "flex") is None


def test_the_promotion_of_ultrafast_ends():
    standard = price("gpt-6.2-sol", TEN, AT)
    assert price("gpt-6.2-sol", TEN, AT, "ultrafast") == standard * 3
    assert price("gpt-6.2-sol", TEN, datetime(2027, 3, 1, tzinfo=UTC), "ultrafast") == standard * 6


def test_usage_that_was_not_reported_makes_the_price_unknown():
    assert price("gpt-6-luna", Usage(), AT) is None
    assert price("gpt-6-luna", Usage(prompt_tokens=5), AT) is None
    assert price("gpt-6.2-sol", Usage(prompt_tokens=5), AT) is None
    assert price("gpt-6.2-sol", Usage(10, 1, 20), AT) is None


def test_embeddings_need_no_completion():
    assert price("text-embedding-3-small", Usage(1_000_000), AT) == Decimal("0.02")


def test_snapshots_cost_what_their_model_costs():
    assert price("gpt-6-luna-2026-09-22", TEN, AT) == price("gpt-6-luna", TEN, AT)
    assert price("gpt-6.2-sol-2026-11-17", TEN, AT) == price("gpt-6.2-sol", TEN, AT)


def test_local_models_are_known_to_be_free():
    assert price("qwen2.5-coder-1.5b-instruct", Usage(), AT) == 0
    assert price(describe("gpt-4o", "Local", {"id": "gpt-4o", "local": True, "kind": "chat"}), TEN, AT) == 0


def test_every_chat_model_of_the_table_has_a_price():
    assert [name for name, found in price_table() if found is None or found.input is None] == []
