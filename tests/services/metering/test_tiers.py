from datetime import timedelta

import pytest

from services.errors import InvalidInput
from services.metering.rate_limits import RateLimit, Standing, standing
from services.metering.tiers import Tier, Tiers, known_tiers, loads, most_requests_per_minute, seen_tier
from tests.services.metering.make import NOON

TIER = Tier("mine", requests_per_minute=500, tokens_per_minute=30_000, requests_per_day=10_000)


def test_long_requests_run_out_of_tokens_and_short_ones_of_requests():
    first = loads(TIER, 60, 2_000)[0]
    assert (first.label, first.share, first.runs_out_after_s) == ("Tokens a minute", 4, 15)
    first = loads(TIER, 1_000, 10)[0]
    assert (first.label, first.runs_out_after_s) == ("Requests a minute", 30)


def test_a_day_can_run_out_though_every_minute_fits():
    first, *others = loads(TIER, 20, 100)
    assert (first.label, first.runs_out_after_s) == ("Requests a day", pytest.approx(30_000))
    assert all(load.runs_out_after_s is None for load in others)
    assert most_requests_per_minute(TIER, 100) == pytest.approx(10_000 / 1440)


def test_what_fits_says_which_limit_is_nearest():
    assert loads(TIER, 1, 1_000)[0].share == pytest.approx(0.144)
    assert loads(TIER, 1, 1_000)[0].runs_out_after_s is None
    assert loads(TIER, 1, 30_000)[0].runs_out_after_s is None, "a limit that is just used up is not passed"


def test_a_tier_without_limits_bears_everything():
    assert loads(Tier("free"), 1e6, 1e6) == () and most_requests_per_minute(Tier("free"), 5) is None


def test_headers_make_a_tier_and_tell_a_day_from_a_minute():
    seen = RateLimit("OpenAI", "gpt-6-luna", NOON, 10_000, 9_999, 8.64, 200_000, 100_000, 30.0)
    tier = seen_tier(seen)
    assert (tier.requests_per_day, tier.requests_per_minute) == (10_000, None)
    assert (tier.tokens_per_minute, tier.tokens_per_day) == (200_000, None)
    assert tier.source == "response headers" and tier.date == NOON.date()
    assert seen_tier(RateLimit("Ollama", "llama3", NOON, remaining_requests=3)) is None


@pytest.mark.parametrize(
    ("later_s", "expected"),
    [
        (0, Standing(1_000, 0.2, 40.0)),
        (20, Standing(1_000, pytest.approx(0.6), 20.0)),
        (41, Standing(1_000, 1.0, 0.0)),
        (-3600, Standing(1_000, 0.2, None)),
    ],
)
def test_what_is_left_comes_back_until_the_reset_and_a_clock_set_back_says_nothing(later_s, expected):
    seen = RateLimit("OpenAI", "m", NOON, limit_tokens=1_000, remaining_tokens=200, reset_tokens_s=40.0)
    assert standing(seen, "tokens", NOON + timedelta(seconds=later_s)) == expected
    assert standing(seen, "requests", NOON) == Standing(None, None, None)


def test_every_known_tier_says_where_it_is_from():
    assert all(tier.source and tier.date for tier in known_tiers())


def test_tiers_can_be_changed_and_changed_back(preferences):
    tiers = Tiers(preferences)
    assert tiers.all() == known_tiers() and not tiers.are_changed
    mine = Tier("Mine", 3, None, 200, None, "my account's page", NOON.date())
    tiers.save([mine])
    assert tiers.all() == (mine,) and tiers.are_changed
    tiers.reset()
    assert tiers.all() == known_tiers() and not tiers.are_changed


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ([Tier(" ", 1)], "has a name"),
        ([Tier("a")], "limits nothing"),
        ([Tier("a", 0)], "above 0"),
        ([Tier("a", 1), Tier("a", 2)], "Two tiers are called a"),
        ([Tier("x" * 300, 1)], "200 characters"),
    ],
)
def test_what_is_no_tier_is_refused_with_a_sentence(preferences, wrong, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        Tiers(preferences).save(wrong)
