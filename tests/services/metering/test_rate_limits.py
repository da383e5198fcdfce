from datetime import timedelta

import pytest

from services.metering.rate_limits import RateLimit, RateLimits, parse_duration_s, parse_rate_limit
from tests.services.metering.make import NOON

HEADERS = {
    "x-ratelimit-limit-requests": "5000",
    "x-ratelimit-limit-tokens": "1000000",
    "X-RateLimit-Remaining-Requests": "4999",
    "x-ratelimit-remaining-tokens": "999950",
    "x-ratelimit-reset-requests": "12ms",
    "x-ratelimit-reset-tokens": "6m0s",
}
SEEN = RateLimit("OpenAI", "gpt-6-luna", NOON, 5000, 4999, 0.012, 1_000_000, 999_950, 360.0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1),
        ("6m0s", 360),
        ("120ms", 0.12),
        ("1h2m3.5s", 3723.5),
        ("1d", 86400),
        ("0s", 0),
        ("7", 7),
        (" 2S ", 2),
    ],
)
def test_durations_as_openai_writes_them(text, seconds):
    assert parse_duration_s(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "-1s", "1x", "1s later", "nan", "inf", "1e9", "m", "9" * 400])
def test_what_is_no_duration_is_unknown(text):
    assert parse_duration_s(text) is None


def test_headers_are_read_whatever_their_case():
    assert parse_rate_limit(HEADERS, "OpenAI", "gpt-6-luna", NOON) == SEEN


def test_no_headers_no_limit():
    assert parse_rate_limit({"content-type": "application/json"}, "a", "b", NOON) is None


@pytest.mark.parametrize("value", ["", "many", "-1", "1.5", "9" * 30, "٣"])
def test_a_count_that_is_none_is_unknown(value):
    assert parse_rate_limit({"x-ratelimit-limit-requests": value}, "a", "b", NOON) is None


def test_the_last_one_seen_is_kept_per_connection_and_model(database):
    mine = RateLimits(database, "alice")
    mine.remember(SEEN)
    later = RateLimit("OpenAI", "gpt-6-luna", NOON + timedelta(minutes=1), remaining_requests=1)
    mine.remember(later)
    other = RateLimit("Local", "gpt-6-luna", NOON, limit_requests=3)
    mine.remember(other)
    assert mine.last("OpenAI", "gpt-6-luna") == later
    assert mine.last("OpenAI", "gpt-6-sol") is None
    assert mine.all() == [later, other]
    assert RateLimits(database, "bob").all() == []


def test_a_response_without_limits_leaves_the_last_one(database):
    mine = RateLimits(database, "alice")
    seen = mine.see("OpenAI", "gpt-6-luna", HEADERS)
    assert mine.see("OpenAI", "gpt-6-luna", {}) is None
    assert mine.last("OpenAI", "gpt-6-luna") == seen
