import asyncio
import json
import os
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from services.errors import AppError, InvalidInput, Unreachable, UpstreamFailed
from services.guarded_fetch import Fetched
from services.metering.library_prices import FILE_NAME, price_list, refresh
from services.metering.prices import list_price, price
from services.turns import Usage

TEN = Usage(10_000, 1_000)


def priced_list(models=30, usd=7):
    """A list in the library's shape with so many models of OpenAI."""
    return json.dumps(
        [
            {
                "id": "openai",
                "name": "OpenAI",
                "api_pattern": "api.openai.com",
                "models": [
                    {
                        "id": f"gpt-new-{n}",
                        "match": {"equals": f"gpt-new-{n}"},
                        "prices": {"input_mtok": usd, "output_mtok": 70},
                    }
                    for n in range(models)
                ],
            }
        ]
    ).encode()


def giving(body, status=200, is_cut=False):
    async def fetch(request):
        assert request.url.startswith("https://raw.githubusercontent.com/pydantic/genai-prices/")
        return Fetched(status, {}, body, request.url, is_cut)

    return fetch


def test_the_list_at_hand_is_the_one_that_ships_with_the_library(own_home):
    assert price_list().source.startswith("genai-prices 0")
    assert list_price("gpt-6-luna").source == price_list().source


def test_a_newer_list_is_kept_used_and_dated(own_home):
    assert price("gpt-new-3", TEN) is None
    fetched = asyncio.run(refresh(giving(priced_list())))
    assert fetched.date == datetime.now(UTC).date()
    assert price("gpt-new-3", TEN) == Decimal("0.14")
    assert list_price("gpt-new-3").source == "genai-prices, refreshed"
    asyncio.run(refresh(giving(priced_list(usd=8))))
    os.utime(own_home / FILE_NAME, (1, 1))
    assert price("gpt-new-3", TEN) == Decimal("0.15")
    assert list_price("gpt-new-3").date.year == 1970


@pytest.mark.parametrize(
    ("answer", "error", "sentence"),
    [
        (giving(b"<html>"), InvalidInput, "no price list"),
        (giving(b"[" * 100_000), InvalidInput, "no price list"),
        (giving(b"{}"), InvalidInput, "no price list"),
        (giving(b'[{"id": "openai"}]'), InvalidInput, "no price list"),
        (giving(b"[]"), InvalidInput, "no price list"),
        (giving(priced_list(models=2)), InvalidInput, "hardly a model"),
        (giving(priced_list(), status=404), UpstreamFailed, "status 404"),
        (giving(priced_list(), is_cut=True), InvalidInput, "larger than 30 MB"),
    ],
)
def test_a_list_that_is_nonsense_is_refused_and_the_prices_stay(own_home, answer, error, sentence):
    with pytest.raises(error, match=sentence):
        asyncio.run(refresh(answer))
    assert not (own_home / FILE_NAME).exists()
    assert price("gpt-6-luna", TEN) is not None


def test_no_network_leaves_the_prices_as_they_are(own_home):
    async def fetch(request):
        raise Unreachable("raw.githubusercontent.com cannot be reached.")

    with pytest.raises(AppError):
        asyncio.run(refresh(fetch))
    assert price("gpt-6-luna", TEN) is not None


def test_a_kept_list_that_was_spoiled_falls_back_to_the_library(own_home):
    own_home.mkdir(parents=True, exist_ok=True)
    (own_home / FILE_NAME).write_text("spoiled")
    assert price("gpt-6-luna", TEN) is not None
    assert price_list().source.startswith("genai-prices 0")
