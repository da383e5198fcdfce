"""Lanes in front of a whole server, with something between that notes what went over the wire."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from services.catalog import describe
from services.clients import Connection
from services.compare.asking import Comparing, NewMessage
from services.compare.lane_turn import LaneWay
from services.compare.records import Comparison, Lane, LaneTalk
from services.compare.store import Comparisons
from services.errors import AppError
from services.live import LiveTurns
from services.loop import BackgroundLoop
from services.metering.rate_limits import RateLimits
from services.storage.conversations import Conversations
from services.storage.folder_blobs import FolderBlobs
from services.tools import toolbox
from services.turns import Mode, Turn
from tests.support.assistants import MODEL, Service
from tests.support.talks import Person, over, person, talk_loop, talk_service
from tests.support.upstream import ScriptedUpstream

__all__ = ["person", "talk_loop", "talk_service"]
MODES = (Mode.CHAT_COMPLETIONS, Mode.ASSISTANTS, Mode.RESPONSES)


@dataclass
class Wire:
    """Passes requests on to `target`, and notes the path and body size of each."""

    target: str
    seen: list[tuple[str, str, int]] = field(default_factory=list)
    base_url: str = ""

    def bytes_sent(self) -> int:
        """The sizes of all bodies together."""
        return sum(size for _, _, size in self.seen)


def _passing_on(wire: Wire) -> ThreadingHTTPServer:
    host = urlsplit(wire.target).netloc

    class PassOn(BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            wire.seen.append((self.command, self.path, len(body)))
            there = HTTPConnection(host)
            headers = {n: v for n, v in self.headers.items() if n.lower() not in ("host", "connection")}
            there.request(self.command, self.path, body, {**headers, "Host": host})
            answer = there.getresponse()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(name, value)
            self.send_header("connection", "close")
            self.end_headers()
            self.close_connection = True
            # What breaks off on one side breaks off on the other.
            with suppress(OSError, HTTPException):
                while piece := answer.read1(65536):
                    self.wfile.write(piece)
            there.close()

        do_GET = do_POST = do_DELETE = _any

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return ThreadingHTTPServer(("127.0.0.1", 0), PassOn)


@dataclass
class House:
    """One person's lanes: comparisons of their own, and a server that remembers for them."""

    person: Person
    comparisons: Comparisons
    comparing: Comparing
    live: LiveTurns
    wires: Mapping[str, Wire]
    connections: dict[str, Connection]

    @property
    def upstream(self) -> ScriptedUpstream:
        """The model behind all lanes."""
        return self.person.upstream

    def begin(self, *lanes: Lane) -> Comparison:
        """A comparison of these lanes, or of one in each mode."""
        return self.comparisons.create(lanes or [lane(mode) for mode in MODES])

    def way(self, of: Lane) -> LaneWay | AppError:
        """How a lane travels."""
        return LaneWay(self.connections[of.connection], describe(of.model, of.connection))

    def talks(self, comparison: Comparison) -> tuple[LaneTalk, ...]:
        """The lanes as they are now."""
        return self.comparing.talks(self.comparisons.get(comparison.id))

    def say(
        self, comparison: Comparison, text: str, files: Sequence[tuple[str, bytes]] = ()
    ) -> tuple[Turn, ...]:
        """A message to all lanes; the turns once all have ended, in the order of the lanes."""
        talks = self.talks(comparison)
        ways = {talk.lane.id: self.way(talk.lane) for talk in talks}
        for live in self.comparing.say(comparison, talks, NewMessage(text, files), ways).values():
            over(live)
        return tuple(talk.turns[-1] for talk in self.talks(comparison) if talk.turns)

    def again(self, comparison: Comparison, index: int) -> Turn:
        """One lane's other answer to its last message."""
        talk = self.talks(comparison)[index]
        live = self.comparing.again(talk, self.way(talk.lane))
        assert live is not None
        return over(live)


def lane(mode: Mode, **more: object) -> Lane:
    """A lane with an id of its own: Chat Completions asks the model itself, the others the server."""
    connection = "Model" if mode is Mode.CHAT_COMPLETIONS else "Local"
    given = {"id": f"lane_{mode}", "connection": connection, "model": MODEL, "instructions": "Be brief."}
    return Lane(mode=mode, **(given | more))  # type: ignore[arg-type]


@pytest.fixture
def house(
    person: Person,
    talk_service: Service,
    talk_loop: BackgroundLoop,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    """A house whose every request passes something that notes it."""
    wires = {"Local": Wire(person.api.connection.base_url), "Model": Wire(person.upstream.base_url)}
    servers = {name: _passing_on(wire) for name, wire in wires.items()}
    for name, server in servers.items():
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        wires[name].base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    connections = {
        "Local": Connection("Local", "local", wires["Local"].base_url, person.account.key),
        "Model": Connection("Model", "compatible", wires["Model"].base_url, "sk-test"),
    }
    database, owner = talk_service.api.state.server.database.opened(), person.account.key
    blobs = FolderBlobs(tmp_path_factory.mktemp("lanes") / "blobs")
    conversations = Conversations(database, blobs, owner)
    live = LiveTurns(talk_loop, conversations, person.ledger, RateLimits(database, owner))
    comparisons = Comparisons(database, blobs, conversations, owner)
    comparing = Comparing(comparisons, live, person.ledger, person.budgets, toolbox())
    yield House(person, comparisons, comparing, live, wires, connections)
    for server in servers.values():
        server.shutdown()
        server.server_close()
