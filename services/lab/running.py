"""An experiment under way: trials in alternation, each call metered, bounded, and kept however it ends."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from services.batches.accounts import Accounts
from services.clients import Connection, as_app_error, open_client
from services.errors import AppError, InvalidInput
from services.lab.asking import Answer, Asker
from services.lab.estimating import estimate
from services.lab.experiments import Experiment, Notes, experiment
from services.lab.records import Plan, Report
from services.lab.reports import Reports
from services.loop import BackgroundLoop
from services.metering.budgets import Budgets
from services.metering.ledger import Ledger
from services.metering.prices import price
from services.metering.records import CallRecord
from services.turns import Mode, new_id

if TYPE_CHECKING:
    import openai

MAX_ROUNDS = 30
MAX_PROMPT_CHARS = 20_000


class LiveRun:
    """A run that is under way. One task writes it, any number of pages watch."""

    def __init__(self, report: Report, trials_planned: int) -> None:
        self.report = report
        self.trials_planned = trials_planned
        self._version = 0
        self._changed = threading.Condition()
        self._done = False
        self.future: Future[None] | None = None

    @property
    def done(self) -> bool:
        """Whether it has ended and its report is kept."""
        return self._done

    def wait(self, seen: int, timeout_s: float) -> int:
        """Block until something changed since `seen` or the time passed; the version then."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != seen, timeout_s)
            return self._version

    def stop(self) -> None:
        """End it now; the trials so far are kept."""
        if self.future is not None:
            self.future.cancel()

    def put(self, report: Report, *, done: bool = False) -> None:
        """Show a newer state."""
        with self._changed:
            self.report, self._done = report, done
            self._version += 1
            self._changed.notify_all()


class Lab:
    """Runs experiments, one at a time: two at once would measure each other."""

    def __init__(
        self, loop: BackgroundLoop, ledger: Ledger, budgets: Budgets, reports: Reports, accounts: Accounts
    ) -> None:
        self._loop, self._ledger, self._budgets, self._reports = loop, ledger, budgets, reports
        self._accounts = accounts
        self._live: LiveRun | None = None

    @property
    def live(self) -> LiveRun | None:
        """The run that is under way, if any."""
        return None if self._live is None or self._live.done else self._live

    def start(self, plan: Plan, connection: Connection) -> LiveRun:
        """Begin. Raises InvalidInput for a plan that cannot be run, BudgetExceeded when a budget forbids it."""
        chosen = _checked(plan)
        if self.live is not None:
            raise InvalidInput("An experiment is running. Stop it first, or wait for its end.")
        if not connection.is_local:
            cost = estimate(chosen, plan, is_local=False).cost_usd
            self._budgets.check(self._ledger, None, cost, datetime.now(UTC))
        report = Report(new_id("report"), plan, connection.name, datetime.now(UTC))
        live = LiveRun(report, 2 * plan.rounds)
        self._live = live
        live.future = self._loop.start(self._run(live, chosen, connection))
        return live

    async def _run(self, live: LiveRun, chosen: Experiment, connection: Connection) -> None:
        problem: str | None = None
        try:
            client = open_client(connection, self._loop.pool(connection.base_url))
            problem = await self._trials(live, chosen, client, connection)
        except asyncio.CancelledError:
            problem = "Stopped before its end."
        except Exception as error:
            problem = as_app_error(error, connection).user_message
        finally:
            ended = replace(live.report, problem=problem)
            try:
                await asyncio.to_thread(self._reports.keep, ended)
            except AppError as error:
                ended = replace(ended, problem=error.user_message)
            live.put(ended, done=True)

    async def _trials(
        self, live: LiveRun, chosen: Experiment, client: openai.AsyncOpenAI, connection: Connection
    ) -> str | None:
        """All trials in turns; why it ended early, or None."""
        costs = _Costs(connection, self._ledger)
        asker, notes = Asker(client, connection.name, costs.enter, self._accounts.begun), Notes()
        plan = live.report.plan
        for number in range(plan.rounds):
            # Whichever way went first last time goes second now, so that no way always has the warmer machine.
            for way in (0, 1) if number % 2 == 0 else (1, 0):
                before_usd = costs.total_usd
                trial = await chosen.run[way](asker, plan, number, notes)
                costs_usd = costs.total_usd
                trial = replace(trial, cost_usd=_less(costs_usd, before_usd))
                live.put(replace(live.report, trials=(*live.report.trials, trial), cost_usd=costs_usd))
                if plan.limit_usd is not None and costs_usd is not None and costs_usd >= plan.limit_usd:
                    return f"Ended at your limit of ${plan.limit_usd}."
        return None


def _less(now_usd: Decimal | None, before_usd: Decimal | None) -> Decimal | None:
    return None if now_usd is None or before_usd is None else now_usd - before_usd


class _Costs:
    """Enters each call in the ledger and adds up what it cost."""

    def __init__(self, connection: Connection, ledger: Ledger) -> None:
        self._connection, self._ledger = connection, ledger
        self.total_usd: Decimal | None = Decimal(0)

    def enter(self, answer: Answer) -> None:
        is_local = self._connection.is_local
        cost = Decimal(0) if is_local else price(answer.model, answer.usage, None, answer.service_tier)
        self.total_usd = None if cost is None or self.total_usd is None else self.total_usd + cost
        self._ledger.record(
            CallRecord(
                at=datetime.now(UTC),
                connection=self._connection.name,
                mode=Mode.CHAT_COMPLETIONS,
                model=answer.model,
                answered_by=answer.model,
                usage=answer.usage,
                status="completed",
                cost_usd=cost,
                ttft_s=answer.first_s,
                duration_s=answer.seconds,
                local=is_local,
            )
        )


def _checked(plan: Plan) -> Experiment:
    chosen = experiment(plan.experiment)
    if chosen is None:
        raise InvalidInput("There is no such experiment. Choose one from the list.")
    if not 1 <= plan.rounds <= MAX_ROUNDS:
        raise InvalidInput(f"Choose 1 to {MAX_ROUNDS} rounds.")
    if chosen.prompt is not None and not plan.prompt.strip():
        raise InvalidInput("The experiment needs a prompt. Type one, or take the one it came with.")
    if len(plan.prompt) > MAX_PROMPT_CHARS:
        raise InvalidInput(f"The prompt is longer than {MAX_PROMPT_CHARS:,} characters. Shorten it.")
    if chosen.compares_models and plan.other_model in ("", plan.model):
        raise InvalidInput("Choose two different models to compare.")
    return chosen
