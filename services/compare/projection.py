"""What a talk would send and cost if it went on as it began: up to 100 turns, prompt caching and limits included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.compare.labels import last_messages
from services.compare.records import Lane, LaneTalk
from services.compare.series import Measured, measured
from services.metering.prices import price
from services.modes.trimming import DEFAULT_REPLY_TOKENS, TURNS_PER_BLOCK
from services.turns import Mode, Usage

LAST_TURN = 100
TURNS_NEEDED = 2
# Source: OpenAI's guide "Prompt caching": prompts of 1,024 tokens and more, the same beginning word for word.
CACHED_FROM_TOKENS = 1024


@dataclass(frozen=True, slots=True)
class Point:
    """One turn, measured or projected. Costs are those of this turn; `plain_cost_usd` is without prompt caching."""

    turn: int
    is_measured: bool
    sent_tokens: int
    billed_tokens: int | None
    cost_usd: Decimal | None
    plain_cost_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Habit:
    """How a lane talks: means of its turns so far, in tokens.

    `fixed` is in every prompt besides the history: instructions, tools, passages. `calls` is model calls a turn;
    `sent` is what the client adds to the history it sends, or all it sends where the server keeps the history.
    """

    message: float
    answer: float
    completion: float
    fixed: float
    calls: float
    sent: float

    @property
    def growth(self) -> float:
        """Tokens a turn adds to the history."""
        return self.message + self.answer


@dataclass(frozen=True, slots=True)
class Projection:
    """A lane's turns so far and those to come. `ends_at` is the turn the server would refuse; `trims_from` the first one
    whose history no longer fits. `is_cached` says whether caching is counted at all: below 1,024 tokens there is none."""

    lane: Lane
    points: tuple[Point, ...]
    habit: Habit
    priced_as: str
    context_tokens: int | None
    trims_from: int | None = None
    ends_at: int | None = None
    cached_from: int | None = None

    @property
    def total_usd(self) -> Decimal | None:
        """What all turns cost together; None when a price is unknown."""
        return _total([point.cost_usd for point in self.points])

    @property
    def plain_total_usd(self) -> Decimal | None:
        """The same without prompt caching."""
        return _total([point.plain_cost_usd for point in self.points])


@dataclass(frozen=True, slots=True)
class NotYet:
    """Why there is no projection of a lane."""

    lane: Lane
    sentence: str


def project(
    talk: LaneTalk,
    context_tokens: int | None = None,
    priced_as: str | None = None,
    last_turn: int = LAST_TURN,
) -> Projection | NotYet:
    """The talk up to `last_turn`. `priced_as` is a model whose prices count instead of those of the one that answered."""
    turns = measured(talk)
    usable = [
        t for t in turns if t.is_done and t.prompt_tokens is not None and t.completion_tokens is not None
    ]
    if len(usable) < TURNS_NEEDED:
        return NotYet(talk.lane, _too_few(len(usable), any(t.is_done for t in turns)))
    return _Course(talk, turns, usable, context_tokens, priced_as).run(last_turn)


def _too_few(usable: int, has_answers: bool) -> str:
    if not usable and has_answers:
        return "The server of this lane does not say how many tokens it counts, so there is nothing to project from."
    if not usable:
        return "No answer yet. After two turns the lines go on to a hundred."
    return "One turn says how it begins, not how it grows. Send a second message, and the lines go on to a hundred turns."


class _Course:
    """One lane on its way to the last turn."""

    def __init__(
        self,
        talk: LaneTalk,
        turns: Sequence[Measured],
        usable: Sequence[Measured],
        context_tokens: int | None,
        priced_as: str | None,
    ) -> None:
        self._lane, self._turns = talk.lane, turns
        self._limit = context_tokens
        answered = next((t.answered_by for t in reversed(talk.turns) if t.answered_by), None)
        self._priced_as = priced_as or answered or talk.lane.model
        self._is_repriced = priced_as is not None
        self._is_free = not self._is_repriced and all(turn.cost_usd == 0 for turn in usable)
        self._habit = _habit(talk.lane.mode, turns, usable)
        self._history = [t.message_tokens + t.answer_tokens for t in turns]
        self._trims_from: int | None = None
        self._cached_from: int | None = None
        self._before: tuple[int, float] | None = None

    def run(self, last_turn: int) -> Projection:
        points = [self._measured(turn) for turn in self._turns]
        ends_at = None
        for number in range(len(self._turns) + 1, last_turn + 1):
            point = self._projected(number)
            if point is None:
                ends_at = number
                break
            points.append(point)
        return Projection(
            self._lane,
            tuple(points),
            self._habit,
            self._priced_as,
            self._limit,
            self._trims_from,
            ends_at,
            self._cached_from,
        )

    def _measured(self, turn: Measured) -> Point:
        prompt = (turn.prompt_tokens or 0) / turn.calls
        cached = self._cached(turn.number, 0, prompt) if not turn.trimmed_tokens else 0.0
        cost, plain = turn.cost_usd, turn.cost_usd
        if turn.prompt_tokens is not None and turn.completion_tokens is not None:
            plain = self._price(prompt, turn.completion_tokens, 0, turn.calls, caches=False)
            if self._is_repriced:
                cost = self._price(prompt, turn.completion_tokens, cached, turn.calls)
        elif self._is_repriced:
            cost = plain = None
        if cost is None and not turn.is_done:
            cost = plain = Decimal(0)  # what failed or has only begun is not what makes a total unknown
        return Point(turn.number, True, turn.sent_tokens, turn.billed_tokens, cost, plain)

    def _projected(self, number: int) -> Point | None:
        """The turn as the means say; None when the server refuses it."""
        habit = self._habit
        dropped = self._dropped()
        if dropped is None:
            return None
        if dropped and self._trims_from is None:
            self._trims_from = number
        history = sum(self._history[dropped:])
        prompt = habit.fixed + history + habit.message
        cached = self._cached(number, dropped, prompt)
        self._history.append(round(habit.growth))
        sends_all = self._lane.mode is Mode.CHAT_COMPLETIONS
        sent = habit.calls * (history + habit.message) + habit.sent if sends_all else habit.sent
        return Point(
            number,
            False,
            round(sent),
            round(prompt * habit.calls + habit.completion),
            self._price(prompt, habit.completion, cached, habit.calls),
            self._price(prompt, habit.completion, 0, habit.calls, caches=False),
        )

    def _dropped(self) -> int | None:
        """How many of the oldest turns no longer fit; None when the server refuses rather than forget."""
        kept = last_messages(self._lane)
        asked = 0 if kept is None else max(len(self._history) - (kept - 1) // 2, 0)
        if self._limit is None:
            return asked
        room = self._limit - _reply_tokens(self._lane, self._limit) - self._habit.fixed - self._habit.message
        dropped, total = len(self._history), 0.0
        while dropped > asked and total + self._history[dropped - 1] <= room:
            dropped -= 1
            total += self._history[dropped]
        if dropped <= asked:
            return asked
        if self._lane.mode is Mode.RESPONSES and self._lane.parameters.get("truncation") != "auto":
            return None
        if self._lane.mode is Mode.CHAT_COMPLETIONS:
            dropped = min(-(-dropped // TURNS_PER_BLOCK) * TURNS_PER_BLOCK, len(self._history))
        return dropped

    def _cached(self, number: int, dropped: int, prompt: float) -> float:
        """Tokens of this prompt that the turn before already sent, beginning the same."""
        before, self._before = self._before, (dropped, prompt)
        if before is None or before[0] != dropped:
            return 0.0
        cached = min(before[1], prompt)
        if cached < CACHED_FROM_TOKENS:
            return 0.0
        self._cached_from = self._cached_from or number
        return cached

    def _price(
        self, prompt: float, completion: float, cached: float, calls: float, *, caches: bool = True
    ) -> Decimal | None:
        """USD of a turn of so many calls: each later call finds the one before in the cache."""
        if self._is_free:
            return Decimal(0)
        written = prompt - cached if caches and prompt >= CACHED_FROM_TOKENS else 0.0
        first = price(self._priced_as, _usage(prompt, completion / calls, cached, written))
        if first is None or calls == 1:
            return first
        again = prompt if caches and prompt >= CACHED_FROM_TOKENS else 0.0
        later = price(self._priced_as, _usage(prompt, completion / calls, again, 0.0))
        return None if later is None else first + later * Decimal(str(round(calls - 1, 3)))


def _usage(prompt: float, completion: float, cached: float, written: float) -> Usage:
    whole = round(prompt)
    read = min(round(cached), whole)
    return Usage(whole, round(completion), read, min(round(written), whole - read))


def _habit(mode: Mode, turns: Sequence[Measured], usable: Sequence[Measured]) -> Habit:
    history, before = 0, {}
    for turn in turns:
        before[turn.number] = history
        history += turn.message_tokens + turn.answer_tokens
    carried = [before[t.number] + t.message_tokens - t.trimmed_tokens for t in usable]
    prompts = [(t.prompt_tokens or 0) / t.calls for t in usable]
    fixed = _mean([prompt - said for prompt, said in zip(prompts, carried, strict=True)])
    sent = [float(t.sent_tokens) for t in usable]
    if mode is Mode.CHAT_COMPLETIONS:
        sent = [t.sent_tokens - t.calls * said for t, said in zip(usable, carried, strict=True)]
    return Habit(
        message=_mean([t.message_tokens for t in usable]),
        answer=_mean([t.answer_tokens for t in usable]),
        completion=_mean([t.completion_tokens or 0 for t in usable]),
        fixed=max(fixed, 0.0),
        calls=_mean([t.calls for t in usable]),
        sent=max(_mean(sent), 0.0),
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _total(costs: Sequence[Decimal | None]) -> Decimal | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if len(known) == len(costs) else None


def _reply_tokens(lane: Lane, limit: int) -> int:
    names = ("max_completion_tokens", "max_output_tokens", "max_tokens")
    asked = next((lane.parameters[name] for name in names if lane.parameters.get(name)), None)
    return int(asked) if asked else min(DEFAULT_REPLY_TOKENS, limit // 4)
