"""Where each piece of a lane's memory lives: with the client or with the server, how big it is, and what ends it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from services import tokens
from services.compare.records import Lane, LaneTalk
from services.compare.series import spoken
from services.turns import BUILT_IN_TOOLS, Message, Mode, Turn

Side = Literal["client", "server"]
Kind = Literal["instructions", "history", "files", "tools", "pointer", "index", "sandbox"]


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing that is remembered. `amount` is its size in `unit`; None where only the server knows it.

    `travels` says whether the client sends it with each turn.
    """

    side: Side
    kind: Kind
    name: str
    amount: int | None
    unit: Literal["tokens", "bytes", "items"]
    count: str = ""
    travels: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """All that is remembered of a lane after a turn, and what that means for a restart."""

    lane: Lane
    pieces: tuple[Piece, ...]
    after_restart: str

    def on(self, side: Side) -> tuple[Piece, ...]:
        """The pieces of one side."""
        return tuple(piece for piece in self.pieces if piece.side == side)


AFTER_RESTART = {
    Mode.CHAT_COMPLETIONS: "The API has kept nothing. The talk goes on only if your program saved the history itself, as Tandem does.",
    Mode.ASSISTANTS: "The thread's id is enough: the server has the instructions, every message and the files.",
    Mode.RESPONSES: "The conversation's id is enough for the messages. Instructions are not kept: your program sends them each turn.",
}


def remembered(talk: LaneTalk, after_turn: int | None = None) -> Memory:
    """What a lane remembers after so many turns; after all of them when none is named."""
    turns = talk.turns if after_turn is None else talk.turns[:after_turn]
    pieces = {
        Mode.CHAT_COMPLETIONS: _of_chat,
        Mode.ASSISTANTS: _of_assistant,
        Mode.RESPONSES: _of_responses,
    }[talk.lane.mode](talk.lane, turns)
    return Memory(talk.lane, tuple(pieces), AFTER_RESTART[talk.lane.mode])


def _of_chat(lane: Lane, turns: Sequence[Turn]) -> Iterator[Piece]:
    yield from _instructions(lane, "client", travels=True)
    yield _history(lane, turns, "client", "History", travels=True)
    yield from _files(lane, turns, "client", travels=True)
    yield from _functions(lane, lane.tools)


def _of_assistant(lane: Lane, turns: Sequence[Turn]) -> Iterator[Piece]:
    if turns:
        yield Piece("client", "pointer", "The thread's id", None, "items", travels=True)
    yield from _functions(lane, [name for name in lane.tools if name not in BUILT_IN_TOOLS], travels=False)
    yield from _instructions(lane, "server", name="Instructions, in the assistant")
    yield _history(lane, turns, "server", "History, in the thread")
    yield from _files(lane, turns, "server")
    yield from _built_in(lane, turns)


def _of_responses(lane: Lane, turns: Sequence[Turn]) -> Iterator[Piece]:
    if turns:
        yield Piece("client", "pointer", "The conversation's id", None, "items", travels=True)
    yield from _instructions(lane, "client", travels=True)
    yield from _functions(lane, [name for name in lane.tools if name not in BUILT_IN_TOOLS])
    yield _history(lane, turns, "server", "History, in the conversation")
    yield from _files(lane, turns, "server")
    yield from _built_in(lane, turns)


def _instructions(
    lane: Lane, side: Side, *, name: str = "Instructions", travels: bool = False
) -> Iterator[Piece]:
    if lane.instructions:
        size = tokens.count(lane.instructions, lane.model)
        yield Piece(side, "instructions", name, size, "tokens", travels=travels)


def _history(lane: Lane, turns: Sequence[Turn], side: Side, name: str, *, travels: bool = False) -> Piece:
    kept = [message for turn in turns for message in _kept(lane, turn)]
    size = tokens.count_messages(kept, lane.model) - tokens.TOKENS_OF_REPLY_PRIMING if kept else 0
    return Piece(side, "history", name, size, "tokens", _counted(len(kept), "message"), travels)


def _kept(lane: Lane, turn: Turn) -> Sequence[Message]:
    """A turn's messages as the memory holds them; a thread leaves what tools gave with the run."""
    said = [spoken(message) for message in turn.messages]
    if lane.mode is not Mode.ASSISTANTS:
        return said
    return [m for m in said if m.role == "user" or (m.role == "assistant" and m.content)]


def _files(lane: Lane, turns: Sequence[Turn], side: Side, *, travels: bool = False) -> Iterator[Piece]:
    attached = {a.filename: len(a.data) for turn in turns for a in turn.user.attachments}
    count = len(attached) + len(lane.files)
    if not count:
        return
    size = sum(attached.values()) or None
    yield Piece(side, "files", "Files", size, "bytes", _counted(count, "file"), travels)


def _functions(lane: Lane, names: Sequence[str], *, travels: bool = True) -> Iterator[Piece]:
    """Functions run where the client is, in every mode; what they remember is the client's."""
    if names:
        where = "Your functions and their state"
        yield Piece("client", "tools", where, None, "items", _counted(len(names), "function"), travels)


def _built_in(lane: Lane, turns: Sequence[Turn]) -> Iterator[Piece]:
    used = [step for turn in turns for step in turn.tool_steps.values() if step.details is not None]
    if "file_search" in lane.tools:
        searches = sum(step.call.name == "file_search" for step in used)
        yield Piece(
            "server", "index", "Index of the files", None, "items", _counted(searches, "search", "es")
        )
    if "code_interpreter" in lane.tools:
        programs = sum(step.call.name == "code_interpreter" for step in used)
        yield Piece(
            "server", "sandbox", "Python with its variables", None, "items", _counted(programs, "program")
        )


def _counted(count: int, noun: str, plural: str = "s") -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}{plural}"
