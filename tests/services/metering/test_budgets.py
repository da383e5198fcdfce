from datetime import UTC, timedelta
from decimal import Decimal

import pytest

from services.errors import BudgetExceeded, InvalidInput
from services.metering.budgets import Budgets, Limits
from tests.services.metering.make import NOON, call


@pytest.fixture
def budgets(preferences):
    return Budgets(preferences)


def spend(ledger, usd, at=NOON, conversation_id="conv"):
    ledger.record(
        call(cost_usd=None if usd is None else Decimal(usd), at=at, conversation_id=conversation_id)
    )


def check(budgets, ledger, estimate="0.01", **options):
    cost = None if estimate is None else Decimal(estimate)
    return budgets.check(ledger, "conv", cost, NOON, UTC, **options)


def test_no_limits_at_first(budgets, ledger):
    spend(ledger, "1000")
    assert budgets.limits() == Limits()
    assert check(budgets, ledger).lines == ()


def test_limits_are_kept_exactly(budgets):
    limits = Limits(Decimal("0.10"), None, Decimal("20.05"), Decimal("0.5"), hard=False)
    budgets.set_limits(limits)
    assert budgets.limits() == limits


@pytest.mark.parametrize(
    "limits",
    [
        Limits(day_usd=Decimal(-1)),
        Limits(day_usd=Decimal("NaN")),
        Limits(day_usd=Decimal("1e30")),
        Limits(warn_share=Decimal(0)),
    ],
)
def test_impossible_limits_are_refused(budgets, limits):
    with pytest.raises(InvalidInput):
        budgets.set_limits(limits)


@pytest.mark.parametrize(("spent", "state"), [("0.79", "fine"), ("0.80", "near"), ("1.00", "over")])
def test_a_line_says_how_near_the_limit_is(budgets, ledger, spent, state):
    budgets.set_limits(Limits(day_usd=Decimal(1), hard=False))
    spend(ledger, spent)
    (line,) = check(budgets, ledger).lines
    assert (line.scope, line.state, line.left_usd) == ("day", state, 1 - Decimal(spent))


@pytest.mark.parametrize("scope", ["conversation", "day", "month"])
def test_a_call_that_would_pass_a_hard_limit_is_stopped_with_figures(budgets, ledger, scope):
    budgets.set_limits(Limits(**{f"{scope}_usd": Decimal("0.50")}))
    spend(ledger, "0.45")
    check(budgets, ledger, "0.05")
    with pytest.raises(
        BudgetExceeded, match=r"\$0\.50.*\$0\.45.*\$0\.06.*Nothing was sent.*Settings"
    ) as caught:
        check(budgets, ledger, "0.06")
    assert caught.value.code == f"budget_{scope}"


def test_a_call_of_unknown_cost_is_stopped_only_when_all_is_spent(budgets, ledger):
    budgets.set_limits(Limits(day_usd=Decimal(1)))
    spend(ledger, "0.99")
    check(budgets, ledger, None)
    spend(ledger, "0.01")
    with pytest.raises(BudgetExceeded):
        check(budgets, ledger, None)


def test_a_soft_limit_stops_nothing(budgets, ledger):
    budgets.set_limits(Limits(day_usd=Decimal(1), hard=False))
    spend(ledger, "5")
    assert check(budgets, ledger, "5").lines[0].state == "over"


def test_local_calls_are_never_stopped(budgets, ledger):
    budgets.set_limits(Limits(day_usd=Decimal(0)))
    check(budgets, ledger, "0")
    check(budgets, ledger, None, local=True)


def test_what_was_spent_elsewhere_or_before_does_not_count(budgets, ledger):
    budgets.set_limits(Limits(conversation_usd=Decimal(1), day_usd=Decimal(1), month_usd=Decimal(1)))
    spend(ledger, "9", at=NOON - timedelta(days=40), conversation_id="other")
    assert [line.spent_usd for line in check(budgets, ledger).lines] == [0, 0, 0]


def test_unknown_costs_are_told(budgets, ledger):
    budgets.set_limits(Limits(day_usd=Decimal(1)))
    spend(ledger, None)
    assert check(budgets, ledger).lines[0].unknown_cost_calls == 1


@pytest.mark.parametrize("zone", [UTC, None])
def test_a_call_made_while_the_clock_was_ahead_blocks_neither_today_nor_this_month(budgets, ledger, zone):
    budgets.set_limits(Limits(day_usd=Decimal(1), month_usd=Decimal(1)))
    spend(ledger, "9", at=NOON + timedelta(days=40))
    assert [line.spent_usd for line in budgets.state(ledger, None, NOON, zone).lines] == [0, 0]
    budgets.check(ledger, None, Decimal("0.5"), NOON, zone)


def test_a_budget_of_zero_stops_what_costs_and_nothing_else(budgets, ledger):
    budgets.set_limits(Limits(day_usd=Decimal(0)))
    check(budgets, ledger, "0")
    check(budgets, ledger, "5", local=True)
    for estimate in ("0.000001", None):
        with pytest.raises(BudgetExceeded, match=r"is \$0\.00; \$0\.00 of it is spent"):
            check(budgets, ledger, estimate)
