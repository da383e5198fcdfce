"""The Lab on its page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.lab.records import Plan, Report, Trial
from services.lab.reports import Reports
from services.turns import Usage
from tests.pages.conftest import OpenPage, preferences, texts
from tests.support.upstream import ScriptedUpstream


def keep(count: int) -> None:
    reports = Reports(preferences())
    for number in range(count):
        trials = tuple(Trial(way, 1.0 + way + number, 0.5, Usage(10, 5)) for _ in range(3) for way in (0, 1))
        at = datetime.now(UTC) - timedelta(hours=number)
        reports.keep(
            Report(f"report_{number}", Plan("limit", "x", f"model-{number}", 3), "Local", at, trials)
        )


def test_two_reports_of_one_experiment_are_laid_side_by_side(
    open_page: OpenPage, own_server: ScriptedUpstream
) -> None:
    keep(3)
    app = open_page("lab")
    assert not app.exception
    (reports,) = [box for box in app.multiselect if box.label == "Reports"]
    assert len(reports.value) == 2 and len(reports.options) == 3
    rows = [frame.value for frame in app.dataframe if "95 % between" in frame.value]
    assert len(rows[0]) == 4
    reports.unselect(reports.value[0]).run()
    assert "Choose two reports" in app.info[0].value


def test_one_report_says_what_comparing_needs(open_page: OpenPage, own_server: ScriptedUpstream) -> None:
    keep(1)
    assert "two reports of one experiment" in texts(open_page("lab"))
