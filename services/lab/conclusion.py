"""What a run says, and how sure it is."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from services.lab.experiments import Experiment
from services.lab.records import METRICS, Trial

if TYPE_CHECKING:
    import numpy as np

RESAMPLES = 2_000
SEED = 7
FEWEST = 3


@dataclass(frozen=True, slots=True)
class Side:
    """One way's figures. `good` and `checked` count answers that passed, of those that were checked.

    `cost_usd` is the median of what a trial cost; None where that is not known.
    """

    name: str
    values: tuple[float, ...]
    good: int
    checked: int
    cost_usd: Decimal | None = None

    @property
    def median(self) -> float | None:
        return statistics.median(self.values) if self.values else None


@dataclass(frozen=True, slots=True)
class Conclusion:
    """Both ways, the difference of their medians (first minus second) with a 95 % interval, and it all in words."""

    sides: tuple[Side, Side]
    difference: float | None
    interval: tuple[float, float] | None
    sentence: str

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.interval is not None and (self.interval[0] > 0 or self.interval[1] < 0)


def conclude(experiment: Experiment, trials: Sequence[Trial]) -> Conclusion:
    """Compare the two ways by the experiment's metric."""
    first, second = (_side(experiment, trials, way) for way in (0, 1))
    sides = (first, second)
    if min(len(side.values) for side in sides) < FEWEST:
        return Conclusion(
            sides, None, None, f"Too few trials to say anything: {FEWEST} of each are the least."
        )
    interval = _interval(first.values, second.values)
    difference = statistics.median(first.values) - statistics.median(second.values)
    found = Conclusion(sides, difference, interval, "")
    return Conclusion(sides, difference, interval, _words(experiment, found))


def _side(experiment: Experiment, trials: Sequence[Trial], way: int) -> Side:
    mine = [trial for trial in trials if trial.way == way]
    values = (trial.value(experiment.metric) for trial in mine)
    checked = [trial.good for trial in mine if trial.good is not None]
    costs = [trial.cost_usd for trial in mine]
    known = [cost for cost in costs if cost is not None]
    return Side(
        experiment.ways[way],
        tuple(v for v in values if v is not None),
        sum(checked),
        len(checked),
        statistics.median(known) if known and len(known) == len(costs) else None,
    )


def median_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """The middle 95 % of the medians when the sample is drawn again and again (bootstrap); None for too few values."""
    if len(values) < FEWEST:
        return None
    import numpy as np

    low, high = np.quantile(_medians(values, np.random.default_rng(SEED)), (0.025, 0.975))
    return float(low), float(high)


def _interval(first: Sequence[float], second: Sequence[float]) -> tuple[float, float]:
    """The same of the difference of two medians."""
    import numpy as np

    random = np.random.default_rng(SEED)
    low, high = np.quantile(_medians(first, random) - _medians(second, random), (0.025, 0.975))
    return float(low), float(high)


def _medians(values: Sequence[float], random: np.random.Generator) -> np.ndarray:
    import numpy as np

    drawn = random.choice(np.asarray(values, dtype=float), (RESAMPLES, len(values)))
    medians: np.ndarray = np.median(drawn, axis=1)
    return medians


def _words(experiment: Experiment, found: Conclusion) -> str:
    name, unit = METRICS[experiment.metric]
    first, second = found.sides
    assert found.interval is not None and found.difference is not None
    low, high = found.interval
    tried = f"{len(first.values)} and {len(second.values)} trials"
    if not found.is_clear:
        said = (
            f"No difference in the {name} can be told from {tried}: it lies between {_figure(low, unit)} and "
            f"{_figure(high, unit)}."
        )
    else:
        better, worse = (second, first) if found.difference > 0 else (first, second)
        ends = sorted((abs(low), abs(high)))
        said = (
            f"{better.name}: {name} lower by {_figure(abs(found.difference), unit)} than {worse.name.lower()} "
            f"(95 % sure of {_figure(ends[0], unit)} to {_figure(ends[1], unit)}, {tried})."
        )
    return said + _quality(found.sides) + _cost(found.sides)


def _quality(sides: tuple[Side, Side]) -> str:
    told = [f"{side.name} {side.good} of {side.checked}" for side in sides if side.checked]
    return f" Passed the check: {', '.join(told)}." if told else ""


def _cost(sides: tuple[Side, Side]) -> str:
    first, second = (side.cost_usd for side in sides)
    if not first or second is None or first == second:
        return ""
    change = (second - first) / first
    return f" {sides[1].name}: {abs(change):.0%} {'dearer' if change > 0 else 'cheaper'} by the median trial."


def _figure(value: float, unit: str) -> str:
    return f"{value:,.2f} s" if unit == "s" else f"{value:,.0f} {unit}"
