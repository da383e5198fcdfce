"""What batches cost: told before one is sent, held against the budgets, and entered in the ledger once it has ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from services import tokens
from services.batches.lines import BYTE_ORDER_MARK, CHAT
from services.batches.records import BatchView
from services.clients import Connection
from services.errors import NotFound
from services.metering.budgets import Budgets
from services.metering.ledger import Ledger
from services.metering.prices import price
from services.metering.records import CallRecord
from services.storage.preferences import Preferences
from services.turns import Mode, Usage

OPEN, COST = "batch-open:", "batch-cost:"
TIER = "batch"
USUAL_ANSWER_TOKENS = 500
"""Taken for the length of an answer that its request does not limit."""
LIMITS = ("max_completion_tokens", "max_tokens", "max_output_tokens")
MODES = {CHAT: Mode.CHAT_COMPLETIONS, "/v1/responses": Mode.RESPONSES}
EMBEDDINGS = "embeddings"

Wire = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Estimate:
    """Tokens of a whole batch; `cost_usd` None means that the price is unknown."""

    read_tokens: int
    written_tokens: int
    cost_usd: Decimal | None


def estimate(data: bytes, model: str, endpoint: str, *, is_local: bool) -> Estimate:
    """What the lines of a file that can be sent will take."""
    read = written = 0
    for line in _lines(data.removeprefix(BYTE_ORDER_MARK)):
        body = line["body"]
        asked = {name: body.get(name) for name in ("messages", "input", "instructions", "tools")}
        read += tokens.count(json.dumps([part for part in asked.values() if part], ensure_ascii=False))
        if endpoint in MODES:
            limits = (body[name] for name in LIMITS if isinstance(body.get(name), int))
            written += next(limits, USUAL_ANSWER_TOKENS)
    cost = Decimal(0) if is_local else price(model, Usage(read, written), None, TIER)
    return Estimate(read, written, cost)


class Accounts:
    """The batches that were begun here, until what they cost is known."""

    def __init__(self, preferences: Preferences, ledger: Ledger, budgets: Budgets) -> None:
        self._preferences, self._ledger, self._budgets = preferences, ledger, budgets

    def check(self, expected: Estimate, connection: Connection) -> None:
        """Raises BudgetExceeded when a hard limit is used up or this batch would pass it."""
        now = datetime.now(UTC)
        self._budgets.check(self._ledger, None, expected.cost_usd, now, local=connection.is_local)

    def begun(self, batch_id: str) -> None:
        """Remember a batch, to be entered when it has ended."""
        self._preferences.set(OPEN + batch_id, True)

    def settle(
        self, batches: Iterable[BatchView], connection: Connection, content: Callable[[str], bytes]
    ) -> None:
        """Enter the batches begun here that have ended since. `content` fetches a file. Raises AppError."""
        still_open = self._preferences.all(OPEN)
        for batch in batches:
            if batch.has_ended and OPEN + batch.id in still_open:
                answers = _answers(batch, content)
                # Two pages may look at one moment: the one that takes the mark away enters it.
                if self._preferences.delete(OPEN + batch.id) and answers:
                    self._enter(batch, connection, answers)

    def costs(self) -> dict[str, Decimal | None]:
        """What the batches begun here have cost, by their ids; None where the price is unknown."""
        kept = self._preferences.all(COST)
        return {
            key.removeprefix(COST): None if value is None else Decimal(value) for key, value in kept.items()
        }

    def _enter(self, batch: BatchView, connection: Connection, answers: list[Wire]) -> None:
        usages = [_usage(answer.get("usage") or {}) for answer in answers]
        model = batch.model or str(answers[0].get("model") or "")
        priced = [price(model, usage, None, TIER) for usage in usages]
        known = [cost for cost in priced if cost is not None]
        cost = sum(known, Decimal(0)) if len(known) == len(priced) else None
        cost = Decimal(0) if connection.is_local else cost
        self._ledger.record(
            CallRecord(
                at=datetime.now(UTC),
                connection=connection.name,
                mode=MODES.get(batch.endpoint, EMBEDDINGS),
                model=model,
                answered_by=str(answers[0].get("model") or model),
                usage=sum(usages[1:], usages[0]),
                status="completed",
                cost_usd=cost,
                local=connection.is_local,
            )
        )
        self._preferences.set(COST + batch.id, None if cost is None else str(cost))


def _answers(batch: BatchView, content: Callable[[str], bytes]) -> list[Wire]:
    """The bodies of the answers; none where the file was deleted meanwhile."""
    if batch.output_file_id is None:
        return []
    try:
        data = content(batch.output_file_id)
    except NotFound:
        return []
    found = [(line.get("response") or {}).get("body") for line in _lines(data)]
    return [body for body in found if isinstance(body, dict)]


def _lines(data: bytes) -> Iterator[dict[str, Any]]:
    for line in data.split(b"\n"):
        if line.strip():
            yield json.loads(line)


def _usage(told: Wire) -> Usage:
    """Tokens as Chat Completions, Responses or Embeddings tell them."""
    read = told.get("prompt_tokens_details") or told.get("input_tokens_details") or {}
    written = told.get("completion_tokens_details") or told.get("output_tokens_details") or {}
    return Usage(
        prompt_tokens=told.get("prompt_tokens", told.get("input_tokens")),
        completion_tokens=told.get("completion_tokens", told.get("output_tokens", 0)),
        cached_tokens=read.get("cached_tokens"),
        reasoning_tokens=written.get("reasoning_tokens"),
    )
