"""Reports of experiments, kept with the person's preferences, newest first."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from services.lab.records import Plan, Report, Trial
from services.storage.preferences import Preferences
from services.turns import Usage

PREFERENCE = "lab_reports"
MOST = 50


class Reports:
    """The reports of one owner."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences

    def all(self) -> list[Report]:
        """Every report that is kept, newest first."""
        return [_report(told) for told in self._preferences.get(PREFERENCE, [])]

    def keep(self, report: Report) -> None:
        """Keep a report; beyond 50 the oldest goes. One without a trial is not worth keeping."""
        if report.trials:
            others = [told for told in self._preferences.get(PREFERENCE, []) if told["id"] != report.id]
            self._preferences.set(PREFERENCE, [_told(report), *others][:MOST])

    def delete(self, report_id: str) -> None:
        """Forget a report for good."""
        kept = [told for told in self._preferences.get(PREFERENCE, []) if told["id"] != report_id]
        self._preferences.set(PREFERENCE, kept)


def _told(report: Report) -> dict[str, Any]:
    told = asdict(report)
    told["at"] = report.at.isoformat()
    told["cost_usd"] = None if report.cost_usd is None else str(report.cost_usd)
    for trial in told["trials"]:
        trial["cost_usd"] = None if trial["cost_usd"] is None else str(trial["cost_usd"])
    told["plan"]["limit_usd"] = None if report.plan.limit_usd is None else str(report.plan.limit_usd)
    return told


def _report(told: dict[str, Any]) -> Report:
    plan = dict(told["plan"])
    plan["limit_usd"] = _usd(plan["limit_usd"])
    cost = _usd(told["cost_usd"])
    at = datetime.fromisoformat(told["at"])
    return Report(
        told["id"],
        Plan(**plan),
        told["connection"],
        at,
        tuple(map(_trial, told["trials"])),
        cost,
        told["problem"],
    )


def _trial(told: dict[str, Any]) -> Trial:
    changed = {"usage": Usage(**told["usage"]), "cost_usd": _usd(told.get("cost_usd"))}
    return Trial(**{**told, **changed})


def _usd(told: str | None) -> Decimal | None:
    return None if told is None else Decimal(told)
