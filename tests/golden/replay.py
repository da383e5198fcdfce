"""Replays a recording: the same requests to our server, each answer compared with the recorded one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from math import inf

import httpx2

from tests.golden.account import Account
from tests.golden.compare import Comparison, Difference
from tests.golden.explained import Explanation, explanation_of
from tests.golden.facts import Facts
from tests.golden.ids import Ids
from tests.golden.judge import judge
from tests.golden.legs import ACTIVE, STOPPED, Leg, legs
from tests.golden.model import Expected
from tests.golden.playground import Playground
from tests.golden.recording import Exchange, Recording
from tests.golden.sending import Sender
from tests.golden.states import States
from tests.golden.streams import learn_streams

PATIENCE_S = 8.0
PAUSE_S = 0.03
"""Between two looks at work in progress: there is nothing here to wait on but the server's own answers."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """An exchange, and in what our answer differed: explained, or not."""

    exchange: Exchange
    differences: tuple[Difference, ...]
    explained: tuple[tuple[Difference, Explanation], ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether nothing at all differed."""
        return not self.differences and not self.explained

    @property
    def is_explained(self) -> bool:
        """Whether something differed, for reasons that are written down."""
        return bool(self.explained) and not self.differences


def replay(recording: Recording, ground: Playground) -> list[Verdict]:
    """A verdict on each exchange of a recording."""
    with ground.client(recording.name) as http:
        return list(Session(recording, ground, http).play())


class Session:
    """One recording on its way."""

    def __init__(self, recording: Recording, ground: Playground, http: httpx2.Client) -> None:
        self._recording, self._ground, self._http = recording, ground, http
        self._ids, self._facts = Ids(), Facts(recording)
        self._legs = legs(recording, self._facts)
        self._sender = Sender(recording, self._facts, http, self._ids)

    def play(self) -> Iterator[Verdict]:
        """Furnish the account, then send one request after the other."""
        self._ground.model.begin()
        self._strangers = Account(self._recording, self._facts, self._http, self._ids).furnish()
        for exchange in self._recording.exchanges:
            self._catch_up(exchange)
            begun = [self._expect(leg) for leg in self._legs if leg.begins == exchange.number]
            yield self._verdict(exchange)
            for leg, expected in begun:
                self._wait_until_asked(leg, expected)
        self._ground.model.reach(inf)
        self._ground.reader.is_held = False

    def _catch_up(self, exchange: Exchange) -> None:
        """Let the model say what this exchange shows, and wait until our runs and files have come as far."""
        self._ground.model.reach(exchange.number)
        self._ground.reader.is_held = self._facts.is_to_be_cancelled(exchange.number)
        for leg in self._legs:
            if leg.begins < exchange.number == leg.shown and leg.outcome not in STOPPED:
                self._wait(partial(self._is_at_rest, leg))
        if exchange.parts[-1] == "search":
            self._wait(self._all_is_read)

    def _expect(self, leg: Leg) -> tuple[Leg, Expected]:
        if leg.searches:
            self._wait(self._all_is_read)
        self._ground.interpreter.expect(leg)
        return leg, self._ground.model.expect(leg)

    def _wait_until_asked(self, leg: Leg, expected: Expected) -> None:
        """The run has taken the first answer meant for it, so that no later run can; or it needs none any more."""
        self._wait(lambda: expected.is_asked.is_set() or self._is_at_rest(leg))

    def _wait(self, is_so: Callable[[], bool]) -> None:
        """Wait for something, not for ever: what did not come about shows in the answers that follow."""
        until = time.monotonic() + PATIENCE_S
        while not is_so() and time.monotonic() < until:
            time.sleep(PAUSE_S)

    def _is_at_rest(self, leg: Leg) -> bool:
        path = self._ids.translated(f"/threads/{leg.thread_id}/runs/{leg.run_id}")
        return self._http.get(path).json().get("status") not in ACTIVE

    def _all_is_read(self) -> bool:
        stores = self._http.get("/vector_stores", params={"limit": 100}).json()["data"]
        return all(store["status"] != "in_progress" for store in stores)

    def _verdict(self, exchange: Exchange) -> Verdict:
        found = self._compared(exchange)
        if exchange.method == "GET" and any(difference.is_early for difference in found):
            self._wait(lambda: not any(d.is_early for d in self._compared(exchange)))
            found = self._compared(exchange)
        known = [(d, why) for d in found if (why := explanation_of(self._recording.name, exchange, d))]
        left = [d for d in found if d not in [difference for difference, _ in known]]
        return Verdict(exchange, tuple(left), tuple(known))

    def _compared(self, exchange: Exchange) -> list[Difference]:
        """Send a request, learn the ids of the answer, and compare it."""
        try:
            answer, recorded = self._sender.send(exchange), exchange.answer
        except httpx2.TransportError as error:
            return [Difference("", str(exchange.answer.status), f"no answer: {error!r}")]
        if answer.events is not None and recorded.events is not None:
            learn_streams(recorded.events, answer.events, self._ids)
        else:
            self._ids.learn(recorded.body, answer.body)
        states = States(self._facts, exchange.number)
        return judge(exchange, answer, Comparison(self._ids, self._strangers, states))
