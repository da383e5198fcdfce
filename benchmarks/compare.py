"""Four lanes at once against each alone, tokens lost on the way, and the page after fifty messages, in Chromium."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from playwright.sync_api import Page

from benchmarks.browser import chromium, click_to_still_s, until_still, watched_page
from benchmarks.report import Figure, at_most, median_and_slowest
from services.catalog import describe
from services.clients import Connection
from services.compare.asking import Comparing, NewMessage
from services.compare.lane_turn import LaneWay
from services.compare.records import Comparison, Lane
from services.compare.store import Comparisons
from services.live import LiveTurn, LiveTurns
from services.loop import BackgroundLoop
from services.metering.budgets import Budgets
from services.metering.ledger import Ledger
from services.metering.rate_limits import RateLimits
from services.settings import DEFAULT_OWNER
from services.storage.conversations import Conversations
from services.storage.database import Database, open_database
from services.storage.folder_blobs import FolderBlobs
from services.storage.preferences import Preferences
from services.turns import Finished, Message, Mode, RequestSent, TextDelta, Turn, Usage, UsageReport
from tests.browser.conftest import running_app
from tests.support.upstream import Script, ScriptedUpstream

MODEL = "gpt-6-luna"
TOKENS, TOKENS_PER_S = 300, 100
ROUNDS, TIMES = 5, 7
TURNS = 50
LIMIT_S = 60.0
TEXT = tuple(f"w{number} " for number in range(TOKENS))
MODES = (Mode.CHAT_COMPLETIONS, Mode.CHAT_COMPLETIONS, Mode.ASSISTANTS, Mode.RESPONSES)


def figures(quick: bool = False) -> list[Figure]:
    """Lanes at once and alone, then the page."""
    rounds, times, turns = (1, 2, 5) if quick else (ROUNDS, TIMES, TURNS)
    script = Script(text=TEXT, between_s=1 / TOKENS_PER_S)
    with tempfile.TemporaryDirectory() as folder, ScriptedUpstream(script) as upstream:
        home = Path(folder) / "home"
        seeded = _seed(home, turns)
        env = {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": "k"}
        with running_app(home, **env) as app, chromium() as browser:
            lanes = _Lanes(Path(folder) / "lanes", f"{app.url}/v1", app.api_key, upstream.base_url)
            streamed = lanes.figures(rounds)
            page = watched_page(browser, app.url)
            drawn = _page_figures(page, seeded, times)
    return [*streamed, *drawn]


# --- lanes ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds to a lane's first token and to its end, from the call that asked it; and how many tokens never came."""

    first_s: float
    total_s: float
    lost: int


class _Lanes:
    """Four lanes in a house of their own, two of which answer through the app's server."""

    def __init__(self, home: Path, own_url: str, own_key: str, upstream_url: str) -> None:
        database = open_database(f"sqlite:///{home}/tandem.db")
        blobs = FolderBlobs(home / "blobs")
        conversations = Conversations(database, blobs, DEFAULT_OWNER)
        ledger = Ledger(database, DEFAULT_OWNER)
        live = LiveTurns(BackgroundLoop(), conversations, ledger, RateLimits(database, DEFAULT_OWNER))
        self._comparisons = Comparisons(database, blobs, conversations, DEFAULT_OWNER)
        budgets = Budgets(Preferences(database, DEFAULT_OWNER))
        self._comparing = Comparing(self._comparisons, live, ledger, budgets, ())
        own = Connection("Local", "local", own_url, own_key)
        upstream = Connection("Upstream", "compatible", upstream_url, "k")
        self._ways = {
            f"lane_{n}": LaneWay(
                upstream if mode is Mode.CHAT_COMPLETIONS else own, describe(MODEL, "OpenAI")
            )
            for n, mode in enumerate(MODES)
        }
        self._comparison = self._comparisons.create(_lanes())

    def figures(self, rounds: int) -> list[Figure]:
        """Each lane alone and all at once, in turns, after one message that makes what the server needs."""
        self._together()
        alone: list[list[Took]] = [[] for _ in MODES]
        together: list[list[Took]] = [[] for _ in MODES]
        totals_s = []
        for _ in range(rounds):
            for index in range(len(MODES)):
                alone[index].append(self._alone(index))
            began = time.perf_counter()
            for index, took in enumerate(self._together()):
                together[index].append(took)
            totals_s.append(time.perf_counter() - began)
        slowest_s = max(median(took.total_s for took in of) for of in alone)
        later_ms = [
            1000 * (median(t.first_s for t in now) - median(t.first_s for t in before))
            for now, before in zip(together, alone, strict=True)
        ]
        lost = sum(took.lost for of in together for took in of)
        return [
            Figure(f"slowest lane alone, {TOKENS} tokens at {TOKENS_PER_S} a second", f"{slowest_s:.2f} s"),
            Figure("four lanes at once", f"{median(totals_s):.2f} s"),
            at_most("four lanes at once against the slowest alone", median(totals_s) / slowest_s, 1.1, "×"),
            at_most("first token later than alone, the lane most delayed", max(later_ms), 50, "ms"),
            at_most(f"tokens lost of {TOKENS * len(MODES) * rounds:,}", lost, 0),
        ]

    def _together(self) -> list[Took]:
        talks = self._comparing.talks(self._comparison)
        began = time.perf_counter()
        live = self._comparing.say(self._comparison, talks, NewMessage("Count."), self._ways)
        return [_took(live[f"lane_{n}"], began) for n in range(len(MODES))]

    def _alone(self, index: int) -> Took:
        talk = self._comparing.talks(self._comparison)[index]
        began = time.perf_counter()
        live = self._comparing.again(talk, self._ways[talk.lane.id])
        assert live is not None
        return _took(live, began)


def _lanes() -> Sequence[Lane]:
    names: Mapping[Mode, str] = {Mode.CHAT_COMPLETIONS: "Upstream"}
    return [
        Lane(f"lane_{n}", mode, names.get(mode, "Local"), MODEL, "Be brief.") for n, mode in enumerate(MODES)
    ]


def _took(live: LiveTurn, began: float) -> Took:
    live.join(LIMIT_S)
    first_s = live.started + (live.first_token_s or LIMIT_S) - began
    total_s = live.started + (live.turn.duration_s or LIMIT_S) - began
    return Took(first_s, max(first_s, total_s), TOKENS - len(set(live.turn.text.split())))


# --- the page ---------------------------------------------------------------------------------


def _seed(home: Path, turns: int) -> Comparison:
    """A comparison of so many messages to four lanes, in the app's database."""
    database: Database = open_database(f"sqlite:///{home}/tandem.db")
    blobs = FolderBlobs(home / "blobs")
    comparisons = Comparisons(database, blobs, Conversations(database, blobs, DEFAULT_OWNER), DEFAULT_OWNER)
    made = comparisons.create(_lanes(), "Fifty messages", turns=[_talk(lane, turns) for lane in _lanes()])
    database.close()
    return made


def _talk(lane: Lane, turns: int) -> list[Turn]:
    made: list[Turn] = []
    for number in range(turns):
        turn = Turn(
            "", Message("user", f"Message {number}: what follows from this?"), MODEL, "Local", lane.mode
        )
        turn.parent_id = made[-1].id if made else None
        said = f"An answer of some length. It names **{number}** and says why.\n\n" * 4
        for event in (
            RequestSent("POST", "/chat/completions", 900 * number, 2 * number + 1, 200 * number),
            TextDelta(said),
            UsageReport(MODEL, Usage(200 * number + 40, 60, 0), 0.4, 1.6),
            Finished("stop"),
        ):
            turn.apply(event)
        made.append(turn)
    return made


def _page_figures(page: Page, comparison: Comparison, times: int) -> list[Figure]:
    page.goto(f"/compare?k={comparison.id}")
    until_still(page)
    opened_s, rerun_s, charts_s = [], [], []
    for _ in range(times):
        _link(page, "Settings")
        until_still(page)
        _link(page, "Compare")
        until_still(page)
        opened_s.append(click_to_still_s(page, _open))
        rerun_s.append(click_to_still_s(page, lambda page: _look_at(page, "Report")))
        charts_s.append(click_to_still_s(page, lambda page: _look_at(page, "Cost and tokens")))
        _look_at(page, "Cost and tokens")
        until_still(page)
    return [
        *median_and_slowest("a comparison opened after 50 messages to 4 lanes", opened_s, 1),
        *median_and_slowest("the page drawn again", rerun_s, 1),
        *median_and_slowest("charts and projections of 50 messages opened", charts_s, 1),
    ]


def _link(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()


def _open(page: Page) -> None:
    page.get_by_test_id("stSidebar").get_by_role("button", name="Fifty messages").click()
    page.get_by_text("Answer again").first.wait_for()


def _look_at(page: Page, name: str) -> None:
    page.get_by_text(name, exact=True).click()
