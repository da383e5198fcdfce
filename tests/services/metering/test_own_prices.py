from datetime import date
from decimal import Decimal

import pytest

from services.catalog import describe
from services.errors import InvalidInput
from services.metering.own_prices import (
    FILE_NAME,
    OwnPrice,
    own_prices,
    parse,
    problem,
    save_own_prices,
    to_toml,
)
from services.metering.prices import list_price, price
from services.turns import Usage

TEN = Usage(10_000, 1_000, 4_000)
MINE = OwnPrice(
    "llama3", Decimal("0.05"), Decimal("0.2"), source='a "quoted" source', date=date(2026, 11, 25)
)


def test_a_price_of_ones_own_comes_first_and_prices_what_nobody_does(own_home):
    assert price("llama3", TEN) is None and list_price("llama3") is None
    save_own_prices([MINE, OwnPrice("gpt-6.2-sol", Decimal(1), Decimal(1), Decimal("0.5"))])
    assert price("llama3", TEN) == Decimal("0.0007")
    assert list_price("llama3").source == 'a "quoted" source'
    assert price("gpt-6.2-sol", TEN) == Decimal("0.009")
    assert price("gpt-6.2-sol-2026-11-17", TEN) == Decimal("0.009")
    assert describe("gpt-6.2-sol", "OpenAI").price_in_usd_per_million == 1
    save_own_prices([])
    assert price("llama3", TEN) is None and price("gpt-6.2-sol", TEN) == Decimal("0.0224")


def test_a_price_of_ones_own_is_for_the_standard_tier_only(own_home):
    save_own_prices([MINE])
    assert price("llama3", TEN, service_tier="default") is not None
    assert price("llama3", TEN, service_tier="flex") is None


def test_a_free_model_and_one_that_writes_nothing_can_be_priced(own_home):
    save_own_prices([OwnPrice("free", Decimal(0), Decimal(0)), OwnPrice("embed", Decimal(1), Decimal(0))])
    assert price("free", TEN) == 0
    assert price("embed", Usage(1_000_000)) == 1


def test_prices_survive_the_way_through_a_file():
    prices = (MINE, OwnPrice("ünïcode/ä:1", Decimal("0.000001"), Decimal(3), Decimal(0), Decimal("1.25")))
    assert parse(to_toml(prices).encode()) == prices


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"\xff\xfe\x00", "no text in UTF-8"),
        (b"model: llama3", "no TOML"),
        (b"a = " + b"[" * 5000, "no TOML"),
        (b"price = 3", r"under \[\[price\]\]"),
        (b"price = [1]", r"under \[\[price\]\]"),
        (b"[[price]]\ninput = 1\noutput = 2", "Price 1 names no model"),
        (b"[[price]]\nmodel = 'm'\ninput = 1", "m needs input and output"),
        (b"[[price]]\nmodel = 'm'\ninput = -1\noutput = 2", "input is '-1'"),
        (b"[[price]]\nmodel = 'm'\ninput = nan\noutput = 2", "input is 'nan'"),
        (b"[[price]]\nmodel = 'm'\ninput = 'cheap'\noutput = 2", "input is 'cheap'"),
        (b"[[price]]\nmodel = 'm'\ninput = true\noutput = 2", "input is 'True'"),
        (b"[[price]]\nmodel = 'm'\ninput = 1e9\noutput = 2", "from 0 to 100,000"),
        (b"[[price]]\nmodel = 'm'\ninput = '1e-999999'\noutput = 2", "from 0 to 100,000"),
        (b"[[price]]\nmodel = 'm'\ninput = 1\noutput = 2\ndate = 'today'", "2026-11-25"),
        (b"[[price]]\nmodel = 'm'\ninput = 1\noutput = 2\nprize = 3", "an entry 'prize'"),
        (b'[[price]]\nmodel = "m\\u0000"\ninput = 1\noutput = 2', "on one line"),
        (b"[[price]]\nmodel = 'm'\ninput = 1\noutput = 2\n" * 2, "m is priced twice"),
        (b"#" * 200_000, "100 kB"),
        (b"".join(b"[[price]]\nmodel='%d'\ninput=1\noutput=1\n" % n for n in range(501)), "at most 500"),
    ],
)
def test_a_price_file_that_is_nonsense_is_refused_with_a_sentence(text, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        parse(text)


def test_a_file_that_was_spoiled_by_hand_counts_for_nothing_and_says_so(own_home):
    save_own_prices([MINE])
    (own_home / FILE_NAME).write_text("[[price]]\nmodel = 'llama3'\ninput = 'much'\noutput = 1\n")
    assert own_prices() == () and price("llama3", TEN) is None
    assert "input is 'much'" in problem()
    assert price("gpt-6-luna", TEN) is not None
    save_own_prices([MINE])
    assert problem() is None and own_prices() == (MINE,)


def test_what_is_no_price_is_not_written(own_home):
    save_own_prices([MINE])
    with pytest.raises(InvalidInput):
        save_own_prices([OwnPrice("m", Decimal(-1), Decimal(1))])
    assert own_prices() == (MINE,)
