"""What an experiment is, what one trial of it gave, and what is kept of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from services.turns import Usage

MetricName = Literal["first_s", "seconds", "prompt_tokens", "completion_tokens"]
METRICS: Mapping[MetricName, tuple[str, str]] = {
    "first_s": ("time to the first word", "s"),
    "seconds": ("time until all is there", "s"),
    "prompt_tokens": ("tokens read", "tokens"),
    "completion_tokens": ("tokens written", "tokens"),
}
"""What can be compared, in words and with its unit; less is better everywhere."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One try of one way. `good` says whether the answer passed the experiment's check; None where there is none.

    `cost_usd` is what its calls cost; None where that is not known.
    """

    way: int
    seconds: float
    first_s: float
    usage: Usage
    calls: int = 1
    good: bool | None = None
    note: str = ""
    cost_usd: Decimal | None = None

    def value(self, metric: MetricName) -> float | None:
        """The figure of this trial; None when the server did not tell."""
        match metric:
            case "first_s":
                return self.first_s
            case "seconds":
                return self.seconds
            case "prompt_tokens":
                return self.usage.prompt_tokens
            case "completion_tokens":
                return self.usage.completion_tokens


@dataclass(frozen=True, slots=True)
class Plan:
    """An experiment as it is to be run. `limit_usd` None means that nothing but the budgets bounds it."""

    experiment: str
    prompt: str
    model: str
    rounds: int
    other_model: str = ""
    limit_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A run that is over. `problem` says why it ended early; its trials count all the same."""

    id: str
    plan: Plan
    connection: str
    at: datetime
    trials: tuple[Trial, ...] = field(default=())
    cost_usd: Decimal | None = Decimal(0)
    problem: str | None = None
