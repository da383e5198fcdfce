"""What a run will take and cost, said before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from services import tokens
from services.lab.experiments import Experiment
from services.lab.records import Plan
from services.metering.prices import price
from services.turns import Usage

LOCAL_READ_PER_S, LOCAL_WRITTEN_PER_S = 45, 14


@dataclass(frozen=True, slots=True)
class Estimate:
    """Calls and tokens of a whole run; `cost_usd` None means that the price is unknown, `local_s` is for a model on two cores."""

    calls: int
    read_tokens: int
    written_tokens: int
    cost_usd: Decimal | None
    local_s: float


def estimate(experiment: Experiment, plan: Plan, *, is_local: bool) -> Estimate:
    """An upper estimate: every answer as long as it may be."""
    calls = experiment.calls_per_round * plan.rounds
    read = (experiment.read_tokens + tokens.count(plan.prompt)) * calls
    written = experiment.written_tokens * calls
    half = Usage(read // 2, written // 2)
    asked = zip((plan.model, plan.other_model or plan.model), experiment.tiers, strict=True)
    costs = [price(model, half, None, tier) for model, tier in asked]
    known = [cost for cost in costs if cost is not None]
    cost = Decimal(0) if is_local else sum(known, Decimal(0)) if len(known) == len(costs) else None
    seconds = read / LOCAL_READ_PER_S + written / LOCAL_WRITTEN_PER_S
    return Estimate(calls, read, written, cost, seconds)
