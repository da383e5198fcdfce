"""Ways to answer the validation examples, tried on the same questions and scored against the answers that are wanted."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Literal

from services import tokens
from services.clients import Connection, as_app_error, open_client
from services.errors import InvalidInput
from services.lab.asking import Answer, Asker
from services.loop import BackgroundLoop
from services.metering.budgets import Budgets
from services.metering.ledger import Ledger
from services.metering.prices import price
from services.metering.records import CallRecord
from services.tuning.alternatives import answer_of, asked_in, with_passages
from services.tuning.checking import Checked
from services.tuning.models import base_of, is_tuned
from services.tuning.records import Example
from services.tuning.scoring import is_exact, mean, overlap
from services.turns import Mode, Usage

MAX_EXAMPLES, USUAL_EXAMPLES, MAX_WAYS = 200, 10, 6
MOST_PASSAGES = 3
STOPPED = "Stopped before its end."
ANSWER_ROOM, LEAST_ANSWER_TOKENS, MOST_ANSWER_TOKENS, THINKING_TOKENS = 2, 64, 2_000, 4_000

WayKind = Literal["base", "tuned", "few_shot", "retrieval", "short"]
Search = Callable[[str, str], Sequence[str]]
"""The passages of a collection that fit a question best."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to answer. `system_prompt` None leaves the system message of the examples as it is.

    `collection` is searched for each question; `trained_from` is the base of a tuned model, where that is known.
    """

    kind: WayKind
    title: str
    model: str
    system_prompt: str | None = None
    collection: str | None = None
    trained_from: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer of one way."""

    way: int
    line: int
    question: str
    wanted: str
    given: str
    exact: bool
    overlap: float
    seconds: float
    usage: Usage


@dataclass(frozen=True, slots=True)
class Score:
    """What a way reached; None where it has answered nothing."""

    answered: int
    exact: float | None
    overlap: float | None
    seconds: float | None
    prompt_tokens: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Ways and what they answered so far. `problem` says why it ended early."""

    ways: tuple[Way, ...]
    lines: tuple[Checked, ...]
    outcomes: tuple[Outcome, ...] = ()
    cost_usd: Decimal | None = Decimal(0)
    problem: str | None = None

    @property
    def planned(self) -> int:
        """Answers in all."""
        return len(self.ways) * len(self.lines)

    def score(self, way: int) -> Score:
        """What one way reached."""
        own = [one for one in self.outcomes if one.way == way]
        read = [one.usage.prompt_tokens for one in own if one.usage.prompt_tokens is not None]
        return Score(
            len(own),
            mean([float(one.exact) for one in own]),
            mean([one.overlap for one in own]),
            mean([one.seconds for one in own]),
            mean(read),
        )


class LiveEvaluation:
    """An evaluation under way. One task writes it, any number of pages watch."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.evaluation = evaluation
        self.done = False
        self.future: Future[None] | None = None
        self._version = 0
        self._changed = threading.Condition()

    def wait(self, seen: int, timeout_s: float) -> int:
        """Block until something changed since `seen` or the time passed; the version then."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != seen, timeout_s)
            return self._version

    def stop(self) -> None:
        """End it now; the answers so far are kept."""
        if self.future is not None:
            self.future.cancel()

    def end(self) -> None:
        """Nobody works on it any more; one that was stopped before it began learns it here."""
        if not self.done:
            self.put(replace(self.evaluation, problem=STOPPED), done=True)

    def put(self, evaluation: Evaluation, *, done: bool = False) -> None:
        """Show a newer state."""
        with self._changed:
            self.evaluation, self.done = evaluation, done
            self._version += 1
            self._changed.notify_all()


class Evaluator:
    """Runs evaluations, each call metered and within the budgets."""

    def __init__(self, loop: BackgroundLoop, ledger: Ledger, budgets: Budgets) -> None:
        self._loop, self._ledger, self._budgets = loop, ledger, budgets

    def start(
        self, ways: Sequence[Way], lines: Sequence[Checked], connection: Connection, search: Search
    ) -> LiveEvaluation:
        """Begin. Raises InvalidInput for ways that cannot be compared, BudgetExceeded when a budget forbids it."""
        checked(ways, lines)
        evaluation = Evaluation(tuple(ways), tuple(lines))
        if not connection.is_local:
            self._budgets.check(self._ledger, None, estimate(evaluation), datetime.now(UTC))
        live = LiveEvaluation(evaluation)
        live.future = self._loop.start(self._run(live, connection, search))
        live.future.add_done_callback(lambda _: live.end())
        return live

    async def _run(self, live: LiveEvaluation, connection: Connection, search: Search) -> None:
        problem: str | None = None
        try:
            client = open_client(connection, self._loop.pool(connection.base_url))
            asker = Asker(client, connection.name, lambda answer: self._enter(answer, connection))
            answer = partial(self._answer, live, asker, search, connection)
            for line in live.evaluation.lines:
                for at in range(len(live.evaluation.ways)):
                    await answer(at, line)
        except asyncio.CancelledError:
            problem = STOPPED
        except Exception as error:
            problem = as_app_error(error, connection).user_message
        finally:
            live.put(replace(live.evaluation, problem=problem), done=True)

    async def _answer(  # noqa: PLR0917 - bound to its run by partial
        self,
        live: LiveEvaluation,
        asker: Asker,
        search: Search,
        connection: Connection,
        at: int,
        line: Checked,
    ) -> None:
        way, example = live.evaluation.ways[at], line.example
        assert example is not None
        passages: Sequence[str] = ()
        if way.collection is not None:
            passages = await asyncio.to_thread(search, way.collection, asked_in(example))
        wanted = answer_of(example)
        more = {"tools": list(example["tools"])} if example.get("tools") else {}
        answer = await asker.whole(
            way.model, messages_for(way, example, passages), limit=_room(wanted, connection), **more
        )
        outcome = Outcome(
            at,
            line.number,
            asked_in(example),
            wanted,
            answer.text,
            is_exact(wanted, answer.text),
            overlap(wanted, answer.text),
            answer.seconds,
            answer.usage,
        )
        before = live.evaluation
        cost = _cost(answer, connection)
        total = None if cost is None or before.cost_usd is None else before.cost_usd + cost
        live.put(replace(before, outcomes=(*before.outcomes, outcome), cost_usd=total))

    def _enter(self, answer: Answer, connection: Connection) -> None:
        self._ledger.record(
            CallRecord(
                at=datetime.now(UTC),
                connection=connection.name,
                mode=Mode.CHAT_COMPLETIONS,
                model=answer.model,
                answered_by=answer.model,
                usage=answer.usage,
                status="completed",
                cost_usd=_cost(answer, connection),
                ttft_s=answer.first_s,
                duration_s=answer.seconds,
                local=connection.is_local,
            )
        )


def checked(ways: Sequence[Way], lines: Sequence[Checked]) -> None:
    """Raise InvalidInput for what cannot be compared."""
    if not lines:
        raise InvalidInput(
            "There is nothing to test on. Keep some examples for validation in the data set's split."
        )
    if len(lines) > MAX_EXAMPLES:
        raise InvalidInput(f"{len(lines)} examples are too many to test on; {MAX_EXAMPLES} is the most.")
    if not 1 <= len(ways) <= MAX_WAYS:
        raise InvalidInput(f"Choose one to {MAX_WAYS} ways to compare.")
    bases = {base_of(way.model) for way in ways if way.kind == "base"}
    for way in ways:
        trained_from = _trained_from(way)
        if (
            way.kind == "tuned"
            and trained_from
            and bases
            and not any(_is_same(trained_from, b) for b in bases)
        ):
            raise InvalidInput(
                f"{way.model} was trained from {trained_from}; against {', '.join(sorted(bases))} it would be another model that "
                f"is measured, not the training. Choose {trained_from} as the base model."
            )


def messages_for(way: Way, example: Example, passages: Sequence[str] = ()) -> list[dict[str, Any]]:
    """What is sent: the example without its last answer, and the way's own system message in place of its."""
    told = [{key: value for key, value in m.items() if key != "weight"} for m in example["messages"][:-1]]
    if way.system_prompt is None and not passages:
        return told
    others = [m for m in told if m.get("role") not in ("system", "developer")]
    own = [str(m.get("content")) for m in told if m.get("role") in ("system", "developer")]
    system = way.system_prompt if way.system_prompt is not None else "\n".join(own)
    text = with_passages(system, passages[:MOST_PASSAGES])
    return [*([{"role": "system", "content": text}] if text else []), *others]


def estimate(evaluation: Evaluation) -> Decimal | None:
    """USD at most, roughly; None when the price of a model is unknown."""
    total = Decimal(0)
    for way in evaluation.ways:
        read = sum(line.tokens or 0 for line in evaluation.lines)
        read += len(evaluation.lines) * tokens.count(way.system_prompt or "", way.model)
        written = sum(
            tokens.count(answer_of(line.example or {})) for line in evaluation.lines if line.example
        )
        cost = price(way.model, Usage(read, written * ANSWER_ROOM))
        if cost is None:
            return None
        total += cost
    return total


def _trained_from(way: Way) -> str | None:
    return way.trained_from or (base_of(way.model) if is_tuned(way.model) else None)


def _is_same(one: str, other: str) -> bool:
    """Whether two names mean one model, with its date or without."""
    return one == other or one.startswith(f"{other}-20") or other.startswith(f"{one}-20")


def _room(wanted: str, connection: Connection) -> int:
    """How many tokens an answer may have: twice what is wanted, and what a model that reasons needs besides."""
    room = min(max(ANSWER_ROOM * tokens.count(wanted), LEAST_ANSWER_TOKENS), MOST_ANSWER_TOKENS)
    return room if connection.is_local else room + THINKING_TOKENS


def _cost(answer: Answer, connection: Connection) -> Decimal | None:
    return Decimal(0) if connection.is_local else price(answer.model, answer.usage)
