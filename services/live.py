"""Turns in flight: each is stored before its first token and while it grows, and outlives the page that began it."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol, TypeVar

from services.clients import Connection, as_app_error, open_client
from services.errors import AppError
from services.loop import BackgroundLoop
from services.metering.ledger import Ledger
from services.metering.prices import price
from services.metering.rate_limits import RateLimits, parse_rate_limit
from services.metering.records import CallRecord
from services.modes.chat_completions import as_usage, failure
from services.turns import Event, Failed, Turn, TurnStatus, Usage, UsageReport
from services.wire import Exchange

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletion

    from services.storage.conversations import Conversations

log = logging.getLogger(__name__)

T = TypeVar("T")
SAVE_EVERY_S = 0.5
Send = Callable[["openai.AsyncOpenAI"], AsyncIterator[Event]]
AfterTurn = Callable[[Turn], Awaitable[None]]
SideCall = Callable[["openai.AsyncOpenAI"], Awaitable["ChatCompletion"]]


class LiveTurn:
    """A turn that is being answered. One task writes it; any number of pages watch it."""

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.started = time.perf_counter()
        self.first_token_s: float | None = None
        self._version = 0
        self._changed = threading.Condition()
        self._future: Future[None] | None = None
        self._ended = False
        self.is_stopping = False

    @property
    def version(self) -> int:
        """Grows with every change."""
        return self._version

    @property
    def done(self) -> bool:
        """Whether the turn has ended and its end is stored."""
        return self._ended

    @property
    def is_lost(self) -> bool:
        """Whether nobody writes it any more although its end was never said."""
        return self._future is not None and self._future.done() and not self._ended

    @property
    def elapsed_s(self) -> float:
        return time.perf_counter() - self.started

    def wait(self, seen: int, timeout_s: float) -> int:
        """Block until something changed since `seen` or `timeout_s` passed; the version then."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != seen, timeout_s)
            return self._version

    def stop(self) -> None:
        """End the turn now. Its socket closes, so the model stops too; what had arrived stays."""
        self.is_stopping = True
        if self._future is not None:
            self._future.cancel()

    def join(self, timeout_s: float = 10.0) -> None:
        """Block until the turn ended."""
        deadline = time.monotonic() + timeout_s
        while not self.done and time.monotonic() < deadline:
            self.wait(self._version, 0.2)

    def watch(self, future: Future[None]) -> None:
        """Remember the task that writes this turn."""
        self._future = future

    def apply(self, event: Event) -> None:
        """Fold an event into the turn and wake whoever watches."""
        if self.first_token_s is None and type(event).__name__ in ("TextDelta", "ToolStep"):
            self.first_token_s = self.elapsed_s
        with self._changed:
            self.turn.apply(event)
            self._notify()

    def end(self, status: TurnStatus) -> None:
        """Say that nothing more will come, and how it ended."""
        with self._changed:
            self.turn.status = status
            self._ended = True
            self._notify()

    def _notify(self) -> None:
        self._version += 1
        self._changed.notify_all()


class KeepsTurns(Protocol):
    """Where turns are kept while they grow."""

    def save_turn(self, turn: Turn) -> None:
        """Keep the turn as it is now. Raises StorageFailed."""

    def touch(self, turn_id: str) -> None:
        """Say that the turn is still being written. Raises StorageFailed."""


class KeptByServer:
    """Keeps nothing: what the server remembers needs no second copy."""

    def save_turn(self, turn: Turn) -> None:
        """Nothing to do."""

    def touch(self, turn_id: str) -> None:
        """Nothing to do."""


class LiveTurns:
    """Runs turns on the background loop, stores them as they grow, and enters every call in the ledger."""

    def __init__(
        self, loop: BackgroundLoop, keeper: KeepsTurns, ledger: Ledger, rate_limits: RateLimits
    ) -> None:
        self._loop = loop
        self._keeper = keeper
        self._ledger = ledger
        self._rate_limits = rate_limits
        self._live: dict[str, LiveTurn] = {}

    def get(self, turn_id: str | None) -> LiveTurn | None:
        """The live turn with this id, if this process is still writing it."""
        return self._live.get(turn_id or "")

    def in_conversation(self, conversation_id: str) -> LiveTurn | None:
        """The turn this process is writing in a conversation or thread."""
        return next((t for t in list(self._live.values()) if t.turn.conversation_id == conversation_id), None)

    def start(
        self, turn: Turn, connection: Connection, send: Send, after: AfterTurn | None = None
    ) -> LiveTurn:
        """Store the turn, then begin to answer it. Raises StorageFailed before anything is sent."""
        self._keeper.save_turn(turn)
        live = LiveTurn(turn)
        self._live[turn.id] = live
        live.watch(self._loop.start(self._run(live, connection, send, after)))
        return live

    def fail(self, turn: Turn, error: AppError) -> None:
        """Store a turn that could not even begin, with the reason, so that what was typed is kept."""
        turn.apply(failure(error))
        self._keeper.save_turn(turn)

    def aside(self, connection: Connection, work: Callable[[openai.AsyncOpenAI], Awaitable[None]]) -> None:
        """Something to do at a server that belongs to no turn and that nobody waits for."""

        async def run() -> None:
            try:
                await work(open_client(connection, self._loop.pool(connection.base_url)))
            except Exception as error:
                log.info("not done aside: %s", as_app_error(error, connection).user_message)

        self._loop.start(run())

    async def side_call(self, turn: Turn, connection: Connection, ask: SideCall) -> bool:
        """A call made for a turn but not part of it, such as naming, metered too. Whether it worked."""
        started = time.perf_counter()
        try:
            client = open_client(connection, self._loop.pool(connection.base_url))
            completion = await ask(client)
        except Exception as error:
            log.info("side call failed: %s", as_app_error(error, connection).user_message)
            return False
        report = UsageReport(
            completion.model, as_usage(completion.usage), None, time.perf_counter() - started
        )
        cost = await asyncio.to_thread(_cost, connection, report)
        await self._record(turn, connection, report, "completed", cost)
        return True

    async def _run(self, live: LiveTurn, connection: Connection, send: Send, after: AfterTurn | None) -> None:
        turn, status = live.turn, TurnStatus.INTERRUPTED
        heard: list[Exchange] = []
        ending = asyncio.Event()
        keeper = asyncio.create_task(self._keep(live, ending))
        try:
            client = open_client(connection, self._loop.pool(connection.base_url), heard.append)
            events = send(client)
            async for event in events:
                if (
                    live.is_stopping
                ):  # the cancellation came, and somebody below took it for an error of its own
                    raise asyncio.CancelledError
                if isinstance(event, UsageReport):
                    await self._account(turn, connection, event)
                elif isinstance(event, Failed):
                    await self._record(turn, connection, None, "failed")
                live.apply(event)
        except asyncio.CancelledError:
            status = TurnStatus.STOPPED
            await self._record(turn, connection, None, "stopped")
        except Exception as error:
            log.exception("turn failed: model=%s", turn.model)
            live.apply(failure(as_app_error(error, connection)))
        finally:
            ending.set()
            try:
                await keeper
                await self._close(live, status, heard, connection)
            finally:  # whatever was refused on the way: those who watch must learn that it is over
                if not live.done:
                    live.end(status)
                self._live.pop(turn.id, None)
        if after is not None:
            await after(turn)

    async def _keep(self, live: LiveTurn, ending: asyncio.Event) -> None:
        """Store the turn as it grows; while nothing comes, say that somebody is still at it."""
        stored = live.version
        while not ending.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), SAVE_EVERY_S)
            if live.version != stored:
                stored = live.version
                await self._save(live.turn)
            else:
                await self._store(self._keeper.touch, live.turn.id)

    async def _close(
        self, live: LiveTurn, status: TurnStatus, heard: list[Exchange], connection: Connection
    ) -> None:
        turn = live.turn
        turn.exchanges.extend(heard)
        turn.duration_s = turn.duration_s or live.elapsed_s
        if turn.ttft_s is None:
            turn.ttft_s = live.first_token_s
        await self._store(lambda sent: self._remember_limits(sent, connection, turn.model), heard)
        final = status if turn.status is TurnStatus.STREAMING else turn.status
        turn.status = final
        try:
            await self._save(turn)
        finally:
            live.end(final)

    def _remember_limits(self, heard: list[Exchange], connection: Connection, model: str) -> None:
        for exchange in heard:
            limit = parse_rate_limit(exchange.response_headers, connection.name, model, datetime.now(UTC))
            if limit is not None:
                self._rate_limits.remember(limit)

    async def _save(self, turn: Turn) -> None:
        # The answer goes on in memory; the next save may succeed, and the person reads why this one did not.
        problem = await self._store(self._keeper.save_turn, turn)
        if turn.status is not TurnStatus.FAILED:
            turn.error = problem

    async def _store(self, write: Callable[[T], object], what: T) -> str | None:
        """Write in a thread; a sentence instead of an exception when storage refuses."""
        try:
            await asyncio.to_thread(write, what)
        except AppError as error:
            log.warning("not stored: %s", error.user_message)
            return error.user_message
        return None

    async def _account(self, turn: Turn, connection: Connection, report: UsageReport) -> None:
        cost = await asyncio.to_thread(_cost, connection, report)
        known_before = turn.calls == 0 or turn.cost_usd is not None
        turn.cost_usd = None if cost is None or not known_before else (turn.cost_usd or Decimal(0)) + cost
        await self._record(turn, connection, report, "completed", cost)

    async def _record(
        self,
        turn: Turn,
        connection: Connection,
        report: UsageReport | None,
        status: str,
        cost: Decimal | None = None,
    ) -> None:
        is_local = _is_local(connection, report)
        record = CallRecord(
            at=datetime.now(UTC),
            connection=connection.name,
            mode=turn.mode,
            model=turn.model,
            answered_by=report.model if report else turn.model,
            conversation_id=turn.conversation_id,
            turn_id=turn.id,
            usage=report.usage if report else Usage(),
            cost_usd=Decimal(0) if is_local else cost,
            ttft_s=report.ttft_s if report else None,
            duration_s=report.duration_s if report else None,
            status=status,
            local=is_local,
        )
        await self._store(self._ledger.record, record)


def _cost(connection: Connection, report: UsageReport) -> Decimal | None:
    return Decimal(0) if _is_local(connection, report) else price(report.model, report.usage)


def _is_local(connection: Connection, report: UsageReport | None) -> bool:
    return connection.is_local if report is None or report.local is None else report.local


def branch(
    conversations: Conversations, live: LiveTurns, conversation_id: str, last: int | None = None
) -> list[Turn]:
    """The newest turns of a conversation's present branch, one in flight as far as it has come.

    Those cut by a crash are marked first. Raises NotFound and StorageFailed.
    """
    conversations.interrupt_stale()
    turns = conversations.branch(conversation_id, last=last)
    growing = live.get(turns[-1].id) if turns else None
    return [*turns[:-1], growing.turn] if growing else turns
