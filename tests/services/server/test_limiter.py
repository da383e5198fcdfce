"""The limiter: so much a minute, refilled evenly, told in headers."""

from __future__ import annotations

import openai
import pytest
from openai import OpenAI

from services.server.errors import ApiError
from services.server.limiter import Limiter, duration, estimated_tokens
from services.settings import Settings
from tests.support.api import MakeApi, Open, sdk

LONG = [{"role": "user", "content": "x" * 60}]


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_requests_of_a_minute_come_back_evenly() -> None:
    clock = Clock()
    limiter = Limiter(Settings(requests_per_minute=2), clock)
    limiter.take("alice", requests=1)
    limiter.take("alice", requests=1)
    with pytest.raises(ApiError) as refused:
        limiter.take("alice", requests=1)
    assert (refused.value.status, refused.value.headers["retry-after"]) == (429, "30")
    clock.now_s += 30
    limiter.take("alice", requests=1)


def test_owners_do_not_share_a_limit() -> None:
    limiter = Limiter(Settings(requests_per_minute=1), Clock())
    limiter.take("alice", requests=1)
    limiter.take("bob", requests=1)


def test_a_refused_request_costs_nothing() -> None:
    limiter = Limiter(Settings(requests_per_minute=5, tokens_per_minute=10), Clock())
    limiter.take("alice", tokens=8)
    with pytest.raises(ApiError, match="tokens per min"):
        limiter.take("alice", requests=1, tokens=8)
    assert limiter.headers("alice")["x-ratelimit-remaining-requests"] == "5"
    assert limiter.headers("alice")["x-ratelimit-remaining-tokens"] == "2"


def test_a_request_larger_than_the_limit_is_paid_back_by_waiting() -> None:
    clock = Clock()
    limiter = Limiter(Settings(tokens_per_minute=60), clock)
    limiter.take("alice", tokens=90)
    with pytest.raises(ApiError) as refused:
        limiter.take("alice", tokens=1)
    assert refused.value.headers["retry-after"] == "31"
    clock.now_s += 31
    limiter.take("alice", tokens=1)


def test_tokens_are_estimated_from_text_and_the_longest_answer() -> None:
    parts = [
        {"type": "text", "text": "x" * 40},
        {"type": "image_url", "image_url": {"url": "data:" + "A" * 9000}},
    ]
    messages = [{"role": "user", "content": parts}, {"role": "assistant", "content": "y" * 40}]
    assert estimated_tokens({"messages": messages, "max_completion_tokens": 100}) == 120
    assert estimated_tokens({"input": ["x" * 40, [1, 2, 3]]}) == 13


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.12, "120ms"), (1, "1s"), (59.2, "1m0s"), (60, "1m0s"), (360, "6m0s"), (61.5, "1m2s")],
)
def test_reset_times_are_written_as_openai_writes_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_sdk_meets_the_limit_as_a_rate_limit_error(make_api: MakeApi, open_api: Open) -> None:
    client = sdk(open_api(make_api(requests_per_minute=1)))
    first = client.models.with_raw_response.list()
    assert first.headers["x-ratelimit-limit-requests"] == "1"
    assert first.headers["x-ratelimit-remaining-requests"] == "0"
    with pytest.raises(openai.RateLimitError) as refused:
        client.models.list()
    assert refused.value.code == "rate_limit_exceeded"
    assert int(refused.value.response.headers["retry-after"]) >= 1


def test_tokens_count_against_the_limit(make_api: MakeApi, open_api: Open) -> None:
    client = sdk(open_api(make_api(tokens_per_minute=20)))
    ask = client.chat.completions.with_raw_response.create
    assert ask(model="gpt-4o", messages=LONG).headers["x-ratelimit-remaining-tokens"] == "5"
    with pytest.raises(openai.RateLimitError, match="TPM"):
        ask(model="gpt-4o", messages=LONG)


def test_without_a_limit_there_are_no_headers(client: OpenAI) -> None:
    headers = client.models.with_raw_response.list().headers
    assert not [name for name in headers if name.startswith("x-ratelimit")]
