"""Reports of one experiment are laid side by side, each figure with its uncertainty."""

from __future__ import annotations

from datetime import UTC, datetime

from services.lab.comparing import comparable, side_by_side
from services.lab.experiments import EXPERIMENTS
from services.lab.records import Plan, Report, Trial
from services.turns import Usage

STREAMING = EXPERIMENTS[0]


def report(number: int, slug: str, seconds: list[float]) -> Report:
    trials = tuple(Trial(way, s, s, Usage(10, 5)) for s in seconds for way in (0, 1))
    return Report(f"report_{number}", Plan(slug, "x", "m", 3), "OpenAI", datetime.now(UTC), trials)


def test_only_reports_of_the_same_experiment_are_compared() -> None:
    kept = [report(1, "streaming", [1]), report(2, "limit", [1]), report(3, "streaming", [2])]
    assert {slug: [one.id for one in some] for slug, some in comparable(kept).items()} == {
        "streaming": ["report_1", "report_3"]
    }
    assert [one.report.id for one in side_by_side(STREAMING, kept)] == ["report_1", "report_3"]


def test_an_interval_holds_the_median_and_widens_with_the_spread() -> None:
    steady, wild = side_by_side(
        STREAMING, [report(1, "streaming", [2, 2.1, 1.9, 2, 2.05]), report(2, "streaming", [1, 4, 2, 6, 2.2])]
    )
    widths = []
    for one in (steady, wild):
        interval, median = one.intervals[0], one.found.sides[0].median
        assert interval is not None and median is not None and interval[0] <= median <= interval[1]
        widths.append(interval[1] - interval[0])
    assert widths[0] < widths[1]


def test_too_few_trials_have_no_interval() -> None:
    (one,) = side_by_side(STREAMING, [report(1, "streaming", [1, 2])])
    assert one.intervals == (None, None)
