"""Answers cached by meaning: how alike two questions must be, and which would get the wrong answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from services.clients import Connection, open_client
from services.lab.material import ALIKE, UNLIKE
from services.loop import BackgroundLoop
from services.metering.budgets import Budgets
from services.metering.ledger import Ledger
from services.metering.prices import price
from services.metering.records import CallRecord
from services.turns import Usage

LOCAL_MODEL, OPENAI_MODEL = "all-minilm-l6-v2", "text-embedding-3-small"
TIMEOUT_S = 120.0
MODE = "embeddings"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two questions, how alike their embeddings are (cosine), and whether they may share an answer."""

    first: str
    second: str
    likeness: float
    may_share: bool


@dataclass(frozen=True, slots=True)
class Hits:
    """What a cache with this threshold would do: right hits and false ones, of the pairs that may and may not share."""

    threshold: float
    right: int
    false: int


def model_for(connection: Connection) -> str:
    """The embedding model asked on this connection."""
    return LOCAL_MODEL if connection.is_local else OPENAI_MODEL


def measure(
    loop: BackgroundLoop, connection: Connection, ledger: Ledger, budgets: Budgets
) -> tuple[Pair, ...]:
    """All pairs with their likeness, entered in the ledger. Raises BudgetExceeded before, and what the SDK raises."""
    told = [
        (first, second, may) for pairs, may in ((ALIKE, True), (UNLIKE, False)) for first, second in pairs
    ]
    texts = [text for first, second, _ in told for text in (first, second)]

    now, began = datetime.now(UTC), time.perf_counter()
    budgets.check(ledger, None, None, now, local=connection.is_local)

    async def ask() -> tuple[list[list[float]], str, Usage]:
        client = open_client(connection, loop.pool(connection.base_url))
        answer = await client.embeddings.create(
            model=model_for(connection), input=texts, encoding_format="float"
        )
        return [item.embedding for item in answer.data], answer.model, Usage(answer.usage.prompt_tokens, 0)

    vectors, answered_by, usage = loop.run(ask(), TIMEOUT_S)
    ledger.record(
        CallRecord(
            at=now,
            connection=connection.name,
            mode=MODE,
            model=model_for(connection),
            answered_by=answered_by,
            usage=usage,
            status="completed",
            cost_usd=Decimal(0) if connection.is_local else price(model_for(connection), usage),
            duration_s=time.perf_counter() - began,
            local=connection.is_local,
        )
    )
    alike = [_cosine(vectors[2 * n], vectors[2 * n + 1]) for n in range(len(told))]
    pairs = [Pair(first, second, alike[n], may) for n, (first, second, may) in enumerate(told)]
    return tuple(sorted(pairs, key=lambda pair: -pair.likeness))


def hits(pairs: Sequence[Pair], threshold: float) -> Hits:
    """What a cache would do that takes questions at least this alike for the same."""
    found = [pair for pair in pairs if pair.likeness >= threshold]
    right = sum(pair.may_share for pair in found)
    return Hits(threshold, right, len(found) - right)


def _cosine(a: Sequence[float], b: Sequence[float]) -> float:
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    lengths = sum(x * x for x in a) ** 0.5 * sum(y * y for y in b) ** 0.5
    return float(dot / lengths) if lengths else 0.0
