"""Kept reports of one experiment side by side, each figure with how sure it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from services.lab.conclusion import Conclusion, conclude, median_interval
from services.lab.experiments import Experiment
from services.lab.records import Report


@dataclass(frozen=True, slots=True)
class Beside:
    """A report, its conclusion, and the 95 % interval of each way's median; None for too few trials."""

    report: Report
    found: Conclusion
    intervals: tuple[tuple[float, float] | None, tuple[float, float] | None]


def side_by_side(experiment: Experiment, reports: Sequence[Report]) -> tuple[Beside, ...]:
    """The reports that are of this experiment, in the order given."""
    mine = [report for report in reports if report.plan.experiment == experiment.slug]
    founds = [conclude(experiment, report.trials) for report in mine]
    return tuple(
        Beside(
            report, found, (median_interval(found.sides[0].values), median_interval(found.sides[1].values))
        )
        for report, found in zip(mine, founds, strict=True)
    )


def comparable(reports: Iterable[Report]) -> dict[str, list[Report]]:
    """The experiments that have two reports or more, each with its reports in the order given."""
    ordered = sorted(reports, key=lambda report: report.plan.experiment)
    parted = {slug: list(some) for slug, some in groupby(ordered, lambda report: report.plan.experiment)}
    return {slug: some for slug, some in parted.items() if len(some) > 1}
