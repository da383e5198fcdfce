"""One message to all lanes at once: each answers in its own mode, and what goes wrong in one stays there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from services import tokens
from services.compare import assistant_lane, chat_lane, responses_lane
from services.compare.checks import sendable
from services.compare.files import attachments, for_lane
from services.compare.lane_turn import LaneTurn, LaneWay, guarded
from services.compare.records import Comparison, Lane, LaneTalk
from services.compare.server_files import forget
from services.compare.store import Comparisons
from services.errors import AppError, InvalidInput
from services.live import LiveTurn, LiveTurns
from services.metering.budgets import Budgets
from services.metering.ledger import Ledger
from services.metering.prices import price
from services.metering.records import Totals
from services.naming import fallback_title
from services.tools.base import Tool
from services.turns import Event, Message, Mode, Turn, TurnStatus, Usage

if TYPE_CHECKING:
    import openai

MAX_MESSAGE_CHARS = 256_000
EXPECTED_REPLY_TOKENS = 300
EVENTS: Mapping[Mode, Callable[[openai.AsyncOpenAI, LaneTurn], AsyncIterator[Event]]] = {
    Mode.CHAT_COMPLETIONS: chat_lane.events,
    Mode.ASSISTANTS: assistant_lane.events,
    Mode.RESPONSES: responses_lane.events,
}
Files = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class NewMessage:
    """What is to be said, by file name and bytes what goes along: `files` to all lanes, `own_files` to one, by its id."""

    text: str
    files: Files = ()
    own_files: Mapping[str, Files] = field(default_factory=dict)

    def for_lane(self, lane: Lane) -> Message:
        """The message as this lane keeps it. Raises InvalidInput for a file that cannot be used."""
        given = attachments([*self.files, *self.own_files.get(lane.id, ())])
        return Message("user", self.text, for_lane(lane, given))


class Comparing:
    """Begins turns in lanes, and knows which are on their way."""

    def __init__(
        self,
        comparisons: Comparisons,
        live: LiveTurns,
        ledger: Ledger,
        budgets: Budgets,
        tools: Sequence[Tool],
    ) -> None:
        self._comparisons, self._live = comparisons, live
        self._ledger, self._budgets = ledger, budgets
        self.tools = tuple(tools)

    def talks(self, comparison: Comparison) -> tuple[LaneTalk, ...]:
        """Each lane with its turns; those on their way as far as they have come."""
        self._comparisons.conversations.interrupt_stale()
        return tuple(self._with_live(talk) for talk in self._comparisons.talks(comparison))

    def _with_live(self, talk: LaneTalk) -> LaneTalk:
        growing = self._live.get(talk.turns[-1].id) if talk.turns else None
        return LaneTalk(talk.lane, (*talk.turns[:-1], growing.turn)) if growing else talk

    def live(self, talks: Sequence[LaneTalk]) -> dict[str, LiveTurn]:
        """The turns on their way, by lane."""
        found = {talk.lane.id: self._live.get(talk.turns[-1].id) for talk in talks if talk.turns}
        return {lane_id: live for lane_id, live in found.items() if live is not None}

    def say(
        self,
        comparison: Comparison,
        talks: Sequence[LaneTalk],
        message: NewMessage,
        ways: Mapping[str, LaneWay | AppError],
    ) -> dict[str, LiveTurn]:
        """Send a message to every lane that has answered all before it; the others have to catch up first.

        A lane that cannot be asked keeps the message with the reason. Raises InvalidInput for a message or file that no
        lane could take; then nothing was sent.
        """
        if len(message.text) > MAX_MESSAGE_CHARS:
            raise InvalidInput(
                f"The message has {len(message.text):,} characters; {MAX_MESSAGE_CHARS:,} is the most. Attach it as a file, or send a part."
            )
        most = max(len(talk.turns) for talk in talks)
        asked = [talk for talk in talks if len(talk.turns) == most]
        users = [message.for_lane(talk.lane) for talk in asked]
        begun = {
            talk.lane.id: self._begin(talk.lane, user, ways[talk.lane.id], talk.turns)
            for talk, user in zip(asked, users, strict=True)
        }
        self._comparisons.talked_in(comparison.id, fallback_title(message.text))
        return {lane_id: live for lane_id, live in begun.items() if live is not None}

    def again(self, talk: LaneTalk, way: LaneWay | AppError) -> LiveTurn | None:
        """Have a lane answer its last message once more. None when it cannot be asked: the stored turn says why."""
        last = talk.turns[-1]
        return self._begin(talk.lane, last.user, way, talk.turns[:-1], replaces=last)

    def catch_up(
        self, talk: LaneTalk, others: Sequence[LaneTalk], way: LaneWay | AppError
    ) -> LiveTurn | None:
        """Ask a lane the first message that others have answered and it has not. None when it cannot be asked."""
        ahead = [other for other in others if len(other.turns) > len(talk.turns)]
        # In Chat Completions files have become text, which a server's tools cannot take for what they were.
        most_whole = min(ahead, key=lambda other: other.lane.mode is Mode.CHAT_COMPLETIONS)
        missed = most_whole.turns[len(talk.turns)]
        user = Message("user", missed.user.content, for_lane(talk.lane, missed.user.attachments))
        return self._begin(talk.lane, user, way, talk.turns)

    def totals(self, comparison: Comparison) -> Totals:
        """What all lanes together have used."""
        ids = [lane.conversation_id for lane in comparison.lanes if lane.conversation_id]
        return sum((self._ledger.totals(conversation_id=one) for one in ids), Totals())

    def forget_on_server(self, way: LaneWay | AppError, ids: Mapping[str, Any]) -> None:
        """Delete what a server keeps for a lane that is gone, in the background and as far as the server answers."""
        if not isinstance(way, AppError) and ids:
            self._live.aside(way.connection, partial(forget, ids))

    def _begin(
        self,
        lane: Lane,
        user: Message,
        way: LaneWay | AppError,
        before: Sequence[Turn],
        replaces: Turn | None = None,
    ) -> LiveTurn | None:
        assert lane.conversation_id is not None
        turn = Turn(
            lane.conversation_id,
            user,
            model=lane.model,
            connection=lane.connection,
            mode=lane.mode,
            parent_id=before[-1].id if before else None,
            settings={"system_prompt": lane.instructions, "parameters": dict(lane.parameters)},
        )
        try:
            if isinstance(way, AppError):
                raise way
            self._check_budget(turn, lane, way, before)
        except AppError as error:
            self._live.fail(turn, error)
            return None
        return self._live.start(turn, way.connection, partial(self._send, lane, turn, way, replaces))

    def _send(
        self, lane: Lane, turn: Turn, way: LaneWay, replaces: Turn | None, client: openai.AsyncOpenAI
    ) -> AsyncIterator[Event]:
        wanted = sendable(lane, way.model)
        asked = LaneTurn(
            lane,
            turn,
            way,
            wanted,
            tuple(tool for tool in self.tools if tool.name in wanted.tools),
            history=partial(self._history, turn),
            ids=partial(self._comparisons.on_server, lane),
            keep=partial(self._comparisons.set_on_server, lane),
            replaces=replaces,
        )
        return guarded(EVENTS[lane.mode](client, asked), way.connection)

    def _history(self, turn: Turn) -> list[Turn]:
        if turn.parent_id is None:
            return []
        return self._comparisons.conversations.branch(turn.conversation_id, leaf_id=turn.parent_id)

    def _check_budget(self, turn: Turn, lane: Lane, way: LaneWay, before: Sequence[Turn]) -> None:
        if way.model.local:
            return
        prompt = tokens.count_messages([Message("system", lane.instructions), turn.user], lane.model)
        # What the model read and wrote last time it reads again, whoever remembers it.
        last = next((t.usage for t in reversed(before) if t.usage and t.usage.total_tokens), None)
        prompt += (last.total_tokens or 0) if last else 0
        usage = Usage(prompt_tokens=prompt, completion_tokens=EXPECTED_REPLY_TOKENS)
        self._budgets.check(self._ledger, turn.conversation_id, price(lane.model, usage), datetime.now(UTC))


def behind(talks: Sequence[LaneTalk]) -> dict[str, int]:
    """How many messages each lane has yet to answer that another one has; lanes that are level are left out."""
    most = max((len(talk.turns) for talk in talks), default=0)
    return {talk.lane.id: most - len(talk.turns) for talk in talks if len(talk.turns) < most}


def may_catch_up(talk: LaneTalk) -> bool:
    """Whether a lane that is behind goes on by itself: not after Stop, and not after a failure."""
    return not talk.turns or talk.turns[-1].status is TurnStatus.COMPLETED
