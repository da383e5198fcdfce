"""How much an owner may ask for in a minute."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from services.server.errors import ApiError
from services.settings import Settings


@dataclass(slots=True)
class Bucket:
    """A token bucket: `per_minute` in it at most, refilled evenly."""

    per_minute: int
    level: float
    at_s: float

    def refill(self, now_s: float) -> None:
        """Add what time has given back."""
        self.level = min(self.per_minute, self.level + (now_s - self.at_s) * self.per_minute / 60)
        self.at_s = now_s

    def wait_s(self, amount: float) -> float:
        """Seconds until `amount` can be taken; more than the bucket holds needs a full one."""
        return max(0.0, (min(amount, self.per_minute) - self.level) * 60 / self.per_minute)


class Limiter:
    """Requests and tokens of each owner. A limit of 0 is none."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = {"requests": settings.requests_per_minute, "tokens": settings.tokens_per_minute}
        self._clock = clock
        self._buckets: dict[tuple[str, str], Bucket] = {}

    def take(self, owner: str, *, requests: int = 0, tokens: int = 0) -> None:
        """Count this much against the owner; ApiError 429 when it is too much, and nothing is counted then."""
        asked = {"requests": requests, "tokens": tokens}
        buckets = {kind: self._bucket(owner, kind) for kind, limit in self._limits.items() if limit}
        for kind, bucket in buckets.items():
            if bucket.wait_s(asked[kind]) > 0:
                raise _too_many(kind, bucket, asked[kind])
        for kind, bucket in buckets.items():
            bucket.level -= asked[kind]

    def headers(self, owner: str) -> dict[str, str]:
        """The x-ratelimit-* headers of the limits that are set."""
        headers = {}
        for kind, limit in self._limits.items():
            if limit:
                bucket = self._bucket(owner, kind)
                headers[f"x-ratelimit-limit-{kind}"] = str(limit)
                headers[f"x-ratelimit-remaining-{kind}"] = str(max(0, math.floor(bucket.level)))
                headers[f"x-ratelimit-reset-{kind}"] = duration(bucket.wait_s(limit))
        return headers

    def _bucket(self, owner: str, kind: str) -> Bucket:
        limit, now = self._limits[kind], self._clock()
        bucket = self._buckets.setdefault((owner, kind), Bucket(limit, limit, now))
        bucket.refill(now)
        return bucket


class Limited:
    """Middleware that counts each request of an owner, and tells how much is left."""

    def __init__(self, app: ASGIApp, limiter: Limiter) -> None:
        self.app = app
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if owner := scope.get("state", {}).get("owner"):
            scope["state"]["limit_headers"] = partial(self._limiter.headers, owner)
            self._limiter.take(owner, requests=1)
        await self.app(scope, receive, send)


def estimated_tokens(body: Mapping[str, Any]) -> int:
    """What a request may cost, as OpenAI's limiter reckons: a token for four characters, and the longest answer."""
    named = ("max_completion_tokens", "max_output_tokens", "max_tokens")
    longest_answer = next((body[name] for name in named if body.get(name)), 0)
    prompt = _characters(body.get("messages")) + _characters(body.get("input"))
    return prompt // 4 + (longest_answer if isinstance(longest_answer, int) else 0)


def _characters(value: Any) -> int:
    """Length of the text in a value, not counting files and pictures."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return sum(_characters(item) for item in value)
    if isinstance(value, dict):
        return _characters(value.get("content")) + _characters(value.get("text"))
    return 4 if isinstance(value, int) else 0


def duration(seconds: float) -> str:
    """A time as OpenAI writes it: `0s`, `120ms`, `1s`, `6m0s`."""
    if 0 < seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms"
    minutes, rest = divmod(math.ceil(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def _too_many(kind: str, bucket: Bucket, asked: float) -> ApiError:
    wait_s = bucket.wait_s(asked)
    short = "RPM" if kind == "requests" else "TPM"
    return ApiError(
        429,
        f"Rate limit reached on {kind} per min ({short}): Limit {bucket.per_minute}, Requested {asked:.0f}. "
        f"Please try again in {duration(wait_s)}.",
        kind=kind,
        code="rate_limit_exceeded",
        headers={
            "retry-after": str(max(1, math.ceil(wait_s))),
            "retry-after-ms": str(math.ceil(wait_s * 1000)),
        },
    )
