"""The usage page: the ledger drawn, budgets, limits, prices and ends, with odd ledgers too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from components import navigation
from components.sidebar import MODEL_PREFERENCE
from services.gpts.records import Gpt
from services.gpts.store import Gpts
from services.metering.budgets import Budgets, Limits
from services.metering.ledger import Ledger
from services.metering.own_prices import OwnPrice, own_prices, save_own_prices
from services.metering.rate_limits import RateLimit, RateLimits
from services.metering.records import CallRecord
from services.metering.tiers import Tier, Tiers
from services.settings import DEFAULT_OWNER, get_settings
from services.storage.database import Database, open_database
from services.turns import Usage
from tests.pages.conftest import OpenPage, fill, preferences, store, texts


def database() -> Database:
    """The database of the test's data folder."""
    return open_database(get_settings().resolved_database_url)


def enter(**changes: object) -> None:
    """One call in the ledger, now."""
    values = {
        "at": datetime.now(UTC),
        "connection": "OpenAI",
        "mode": "chat_completions",
        "model": "gpt-4.1",
        "answered_by": None,
        "usage": Usage(1000, 200, 500, 0, 0),
        "status": "completed",
        "cost_usd": Decimal("0.25"),
        **changes,
    }
    Ledger(database(), DEFAULT_OWNER).record(CallRecord(**values))  # type: ignore[arg-type]


def open_tab(open_page: OpenPage, tab: str) -> AppTest:
    """The page with one of its tabs open."""
    app = open_page("usage", **{"usage-tabs": tab})
    assert not app.exception, app.exception
    return app


def metrics(app: AppTest) -> dict[str, str]:
    """The figures at the top."""
    return {metric.label: metric.value for metric in app.metric}


def test_an_empty_ledger_teaches_what_will_be_here(open_page: OpenPage) -> None:
    app = open_tab(open_page, "Spending")
    assert "Nothing used yet" in texts(app) and not app.metric


@pytest.mark.parametrize("tab", ["Budgets", "Rate limits", "Prices", "Shutdown dates"])
def test_every_tab_opens_on_an_empty_installation(tab: str, open_page: OpenPage) -> None:
    open_tab(open_page, tab)


def test_the_ledger_is_added_up_and_unknown_prices_are_told(open_page: OpenPage) -> None:
    conversation = fill(store(), 1)
    enter(conversation_id=conversation)
    enter(mode="something_new", cost_usd=None, status="failed", usage=Usage())
    app = open_tab(open_page, "Spending")
    assert metrics(app) == {"Spent": "$0.2500", "Calls": "2", "Tokens sent": "1,000", "Tokens written": "200"}
    assert [metric.delta for metric in app.metric[:2]] == ["+ 1 unknown", "1 failed"]
    table = app.dataframe[0].value
    assert list(table["Mode"]) == ["Chat Completions", "Something new"]
    assert "**\\$0.2500**" in texts(app)


def test_tokens_can_be_parted_by_kind_and_every_period_opens(open_page: OpenPage) -> None:
    enter(at=datetime.now(UTC) - timedelta(days=300))
    enter()
    app = open_tab(open_page, "Spending")
    for period in ("7 days", "This month", "12 months", "All"):
        next(b for b in app.button_group if b.key == "usage-period").set_value(period).run()
        assert not app.exception
    assert metrics(app)["Calls"] == "2"
    next(b for b in app.button_group if b.key == "usage-measure").set_value("Tokens").run()
    next(b for b in app.button_group if b.key == "usage-by-True").set_value("Kind of token").run()
    assert not app.exception


def test_a_clock_that_was_set_back_is_told_and_its_calls_left_out(open_page: OpenPage) -> None:
    enter()
    enter(at=datetime.now(UTC) + timedelta(days=400))
    app = open_tab(open_page, "Spending")
    assert "Dated in the future: 1 call." in texts(app)
    assert metrics(app)["Calls"] == "1"


def test_a_budget_of_zero_is_drawn_as_used_up(open_page: OpenPage) -> None:
    Budgets(preferences()).set_limits(Limits(day_usd=Decimal(0), month_usd=Decimal(1)))
    app = open_tab(open_page, "Budgets")
    assert "A budget of nothing: only what is free is sent." in texts(app)
    assert "Your budget for today is used up" in texts(app)


def test_a_budget_that_is_nearly_used_up_warns_on_every_page(open_page: OpenPage) -> None:
    Budgets(preferences()).set_limits(Limits(month_usd=Decimal("0.30"), hard=False))
    enter()
    assert "nearly used up" in texts(open_page("home"))
    assert "only **warns**" in texts(open_tab(open_page, "Budgets"))


def test_limits_as_seen_are_drawn_and_reckoned_with(open_page: OpenPage) -> None:
    RateLimits(database(), DEFAULT_OWNER).remember(
        RateLimit("OpenAI", "gpt-6-luna", datetime.now(UTC), 500, 499, 0.12, 30_000, 29_000, 2.0)
    )
    app = open_tab(open_page, "Rate limits")
    assert app.selectbox(key="tier").value == "gpt-6-luna, as OpenAI said"
    assert "Tokens a minute run out first" in texts(app)
    app.number_input(key="tier-tokens").set_value(10).run()
    assert "It fits." in texts(app)


def test_a_model_without_a_price_is_asked_for_and_a_spoiled_file_is_told(
    open_page: OpenPage, own_home: Path
) -> None:
    enter(model="llama3", cost_usd=None)
    assert "No price is known for llama3" in texts(open_tab(open_page, "Prices"))
    save_own_prices([OwnPrice("llama3", Decimal(1), Decimal(2))])
    assert "No price is known" not in texts(open_tab(open_page, "Prices"))
    (own_home / "prices.toml").write_text("[[price]]\nmodel = 'llama3'\ninput = 'much'\noutput = 1\n")
    assert "input is 'much'" in texts(open_tab(open_page, "Prices")).replace("\\", "")


def test_a_price_file_is_taken_or_refused_with_a_sentence(open_page: OpenPage) -> None:
    app = open_tab(open_page, "Prices")
    upload = app.file_uploader[0]
    upload.set_value(
        ("mine.toml", b"[[price]]\nmodel = 'm'\ninput = 'cheap'\noutput = 1", "application/toml")
    ).run()
    app.button(key="take-prices").click().run()
    assert not app.exception and "cheap" in texts(app) and own_prices() == ()
    app.file_uploader[0].set_value(
        ("mine.toml", b"[[price]]\nmodel = 'm'\ninput = 1\noutput = 1", "application/toml")
    ).run()
    app.button(key="take-prices").click().run()
    assert not app.exception and [price.model for price in own_prices()] == ["m"]


def test_what_of_mine_ends_is_found_and_replaced_with_a_click(open_page: OpenPage) -> None:
    preferences().set(MODEL_PREFERENCE, {"OpenAI": "gpt-4.1"})
    conversation = store().create(title="A trip to [Rome](x)").id
    Gpts(preferences()).save(Gpt("", "Tutor of mine", instructions="Teach.", model="gpt-4.1"))
    enter(conversation_id=conversation)
    app = open_tab(open_page, "Shutdown dates")
    words = texts(app)
    assert "1 call in the last 30 days for \\$0.2500 of your budgets" in words
    assert "**gpt\\-6\\-luna** takes its place" in words and "94% less" in words
    assert "Assistants could not be looked at" in words
    links = [link.proto.label for link in app.get("page_link")]
    assert "Tutor of mine" in links and any("Rome" in label for label in links)
    app.button(key="replace-gpt-4.1").click().run()
    assert not app.exception
    assert preferences().get(MODEL_PREFERENCE) == {"OpenAI": "gpt-6-luna"}


def test_names_from_elsewhere_are_never_markup(open_page: OpenPage) -> None:
    live = "[click](http://evil) **x** $1$ :red[y] <b>z</b>"
    enter(model=live, connection=live, mode="own_mode", cost_usd=None)
    Tiers(preferences()).save([Tier("mine", 5, source=live)])
    save_own_prices([OwnPrice("m", Decimal(1), Decimal(1), source=live)])
    for tab in ("Spending", "Rate limits", "Prices", "Shutdown dates"):
        words = texts(open_tab(open_page, tab))
        assert "[click](" not in words and ":red[y]" not in words and "<b>" not in words


def test_the_page_is_found_under_manage() -> None:
    assert [spec.name for spec in navigation.GROUPS["Manage"]] == ["usage", "settings"]
