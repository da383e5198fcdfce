"""Taking the meter's reading: what was used before this turn, and what the turn adds while it streams."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from components import meter, state
from components.house import House
from components.meter import ContextShare, Line, Reading
from components.sidebar import Choice
from services import catalog, tokens
from services.live import LiveTurn
from services.metering import periods
from services.metering.prices import price
from services.metering.records import Totals
from services.turns import Message, Turn, Usage

REDRAW_EVERY_S = 0.3


class Gauge:
    """The meter of one page run."""

    def __init__(
        self,
        house: House,
        choice: Choice,
        conversation_id: str | None,
        turns: Sequence[Turn],
        options: Mapping[str, Any],
        *,
        called: str = "Chat",
        totals: Totals | None = None,
    ) -> None:
        now = datetime.now(UTC)
        self._choice = choice
        self._called = called
        day = periods.today(now, state.zone())
        self._today = house.ledger.totals(since=day.start, before=day.end)
        self._conversation = totals or (
            house.ledger.totals(conversation_id=conversation_id) if conversation_id else Totals()
        )
        budget = house.budgets.check(house.ledger, conversation_id, None, now, state.zone(), local=True)
        self._left = min((line.left_usd for line in budget.lines), default=None)
        self._tight = next((line for line in budget.lines if line.state != "fine"), None)
        self._system = (
            _count([Message("system", options.get("system_prompt", ""))])
            if options.get("system_prompt")
            else 0
        )
        self._turns = tuple(turns)
        self._before = {turn.id: _count(turn.messages) for turn in turns}
        self._drawn_at = 0.0

    @property
    def history_tokens(self) -> int:
        """Tokens of everything said so far: as the server counted the last turn, or an estimate."""
        last = self._turns[-1] if self._turns else None
        counted = last.usage.total_tokens if last and last.usage and last.calls == 1 else None
        return counted or self._system + sum(self._before.values())

    def draw(self, turn: Turn | None) -> None:
        """Draw the meter for `turn`."""
        meter.draw(self._choice.meter, self._reading(turn))

    def follow(self, live: LiveTurn) -> None:
        """Draw the meter of a turn in flight, a few times a second."""
        if time.monotonic() - self._drawn_at > REDRAW_EVERY_S:
            self._drawn_at = time.monotonic()
            self.draw(live.turn)

    def _reading(self, turn: Turn | None) -> Reading:
        usage = _usage_so_far(turn)
        unfinished = turn is not None and not turn.is_final
        extra = usage if unfinished else Usage()
        return Reading(
            turn=turn,
            turn_usage=usage,
            conversation=_line(self._conversation, extra),
            today=_line(self._today, extra),
            context=self._context(turn),
            called=self._called,
            equivalent=self._equivalent(usage),
            budget_left_usd=self._left,
            tight_budget=self._tight,
            media=self._today.media,
            local_media=self._today.local_media,
        )

    def _context(self, turn: Turn | None) -> ContextShare:
        history = sum(size for turn_id, size in self._before.items() if turn is None or turn_id != turn.id)
        if turn is not None:
            history += _count([turn.user])
        reply = tokens.count(turn.text) if turn is not None else 0
        return ContextShare(self._system, history, 0, reply, self._choice.model.context_tokens)

    def _equivalent(self, usage: Usage) -> tuple[str, Any] | None:
        if not self._choice.model.local or usage.prompt_tokens is None:
            return None
        model = catalog.equivalent_models()[0]
        cost = price(model, usage)
        return (model, cost) if cost is not None else None


def _count(messages: Sequence[Message]) -> int:
    return sum(tokens.count(m.content) + tokens.TOKENS_PER_MESSAGE for m in messages)


def _usage_so_far(turn: Turn | None) -> Usage:
    """What the server counted, or while it has not yet, an estimate of what has been written."""
    if turn is None:
        return Usage()
    if turn.usage is not None:
        return turn.usage
    sent = turn.sent[-1].tokens if turn.sent else None
    return (
        Usage(prompt_tokens=sent, completion_tokens=tokens.count(turn.text)) if not turn.is_final else Usage()
    )


def _line(totals: Totals, extra: Usage) -> Line:
    return Line(totals.usage + extra, totals.cost_usd, totals.unknown_cost_calls)
