from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.batches.accounts import Accounts
from services.clients import Connection
from services.lab.records import Plan, Report
from services.lab.reports import Reports
from services.lab.running import Lab, LiveRun
from services.loop import BackgroundLoop
from services.metering.budgets import Budgets
from services.metering.ledger import Ledger
from services.storage.database import open_database
from services.storage.preferences import Preferences
from tests.support.upstream import ScriptedUpstream

MODEL = "gpt-6-luna"


@dataclass
class Bench:
    """A lab over a scripted upstream."""

    upstream: ScriptedUpstream
    lab: Lab
    ledger: Ledger
    budgets: Budgets
    reports: Reports
    accounts: Accounts

    @property
    def connection(self) -> Connection:
        return Connection("OpenAI", "openai", self.upstream.base_url, "sk-test")

    def run(self, plan: Plan) -> Report:
        """A run, watched to its end."""
        return over(self.lab.start(plan, self.connection))


def over(live: LiveRun) -> Report:
    """The report of a run that has ended."""
    seen = -1
    while not live.done:
        seen = live.wait(seen, 1)
    return live.report


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    database = open_database(f"sqlite:///{tmp_path}/tandem.db")
    preferences = Preferences(database, "someone")
    ledger, budgets, reports = Ledger(database, "someone"), Budgets(preferences), Reports(preferences)
    accounts = Accounts(preferences, ledger, budgets)
    lab = Lab(BackgroundLoop(), ledger, budgets, reports, accounts)
    with ScriptedUpstream() as upstream:
        yield Bench(upstream, lab, ledger, budgets, reports, accounts)
