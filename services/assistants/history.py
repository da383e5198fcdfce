"""A thread as turns: what the server keeps, folded into the same events that a live answer is made of."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from services.modes.run_events import (
    PICTURE_GONE,
    STATE_OF_STEP,
    Picture,
    as_run_changed,
    as_step_changed,
    as_tool_step,
    as_usage,
    calls_waiting,
    ending,
    of_message,
)
from services.turns import (
    ApprovalNeeded,
    Attachment,
    Event,
    Finished,
    ImageOutput,
    Message,
    Mode,
    TextDelta,
    Turn,
    Usage,
    UsageReport,
)

Wire = Mapping[str, Any]


class Files(Protocol):
    """The files a thread speaks of."""

    def name(self, file_id: str) -> str:
        """What a file is called."""

    def data(self, file_id: str) -> bytes:
        """The bytes of a file; none when it is gone."""


def turns_of(
    thread_id: str,
    messages: Sequence[Wire],
    runs: Sequence[Wire],
    steps: Callable[[str], Sequence[Wire]],
    files: Files,
) -> list[Turn]:
    """The turns of a thread in order. `messages` and `runs` come newest first, as the API lists them.

    `steps` gives a run's steps. A turn has the id of its message.
    """
    by_run = {run["id"] for run in runs}
    written = {message["id"]: message for message in messages}
    turns: list[Turn] = []
    for item in _ordered(messages[::-1], runs[::-1]):
        if item["object"] == "thread.run":
            _answer(_open(turns, thread_id), item, steps(item["id"]), written, files)
        elif item["role"] == "user":
            turns.append(_asked(thread_id, item, files))
        elif item.get("run_id") not in by_run:
            turn = _open(turns, thread_id, may_have_answer=True)
            _apply(turn, [*_of_message(item, files), Finished("stop")])
    return turns


def _ordered(messages: Sequence[Wire], runs: Sequence[Wire]) -> list[Wire]:
    """Messages and runs, both given the oldest first, each run before what it wrote."""
    placed = [(float(index), message) for index, message in enumerate(messages)]
    placed += [(place - 0.5, run) for place, run in zip(_places(messages, runs), runs, strict=True)]
    return [item for _, item in sorted(placed, key=lambda entry: entry[0])]


def _places(messages: Sequence[Wire], runs: Sequence[Wire]) -> list[int]:
    """How many messages came before each run.

    Times are whole seconds, too coarse for two quick turns. So a run that wrote something has its place from that, and
    of two messages in a row the second is the later run's.
    """
    times = [message["created_at"] for message in messages]
    first_written: dict[str, int] = {}
    for index, message in enumerate(messages):
        first_written.setdefault(message.get("run_id") or "", index)
    places, most = [], len(messages)
    for run in reversed(runs):
        place = first_written.get(run["id"], min(bisect_right(times, run["created_at"]), most))
        places.append(place)
        asked = [message["role"] == "user" for message in messages[max(0, place - 2) : place]]
        most = place - 1 if asked == [True, True] else place
    return places[::-1]


def _open(turns: list[Turn], thread_id: str, *, may_have_answer: bool = False) -> Turn:
    """The turn an answer belongs to: the last one, or one without a question when that was answered before."""
    if not turns or (turns[-1].run is not None and not may_have_answer):
        turns.append(_turn(thread_id, Message("user")))
    return turns[-1]


def _asked(thread_id: str, message: Wire, files: Files) -> Turn:
    texts, attached = [], []
    for part in message["content"]:
        if part["type"] == "text":
            texts.append(part["text"]["value"])
        elif part["type"] == "image_file":
            attached.append(_attached_picture(part["image_file"]["file_id"], files))
    attached += [_attached(given["file_id"], files) for given in message.get("attachments") or ()]
    turn = _turn(thread_id, Message("user", "\n\n".join(texts), tuple(attached)))
    turn.id = message["id"]
    return turn


def _attached_picture(file_id: str, files: Files) -> Attachment:
    data = files.data(file_id)
    return Attachment(files.name(file_id), "image/png" if data else "application/octet-stream", data)


def _attached(file_id: str, files: Files) -> Attachment:
    return Attachment(files.name(file_id), "application/octet-stream", b"")


def _turn(thread_id: str, user: Message) -> Turn:
    turn = Turn(thread_id, user, model="", connection="", mode=Mode.ASSISTANTS)
    turn.apply(Finished("stop"))  # until a run says otherwise
    return turn


def _answer(turn: Turn, run: Wire, steps: Sequence[Wire], written: Mapping[str, Wire], files: Files) -> None:
    turn.model, turn.connection = run["model"], "server"
    _apply(turn, _of_run(run, steps, written, files))


def _of_run(run: Wire, steps: Sequence[Wire], written: Mapping[str, Wire], files: Files) -> Iterator[Event]:
    for step in steps:
        yield as_step_changed(step)
        details = step["step_details"]
        for call in details.get("tool_calls") or ():
            yield as_tool_step(call, STATE_OF_STEP[step["status"]])
        if details["type"] == "message_creation":
            message = written.get(details["message_creation"]["message_id"])
            yield from _of_message(message, files) if message else ()
    yield as_run_changed(run)
    end = ending(run)
    if end is not None:
        usage = as_usage(run.get("usage")) or Usage()
        yield UsageReport(run["model"], usage, None, _duration_s(run))
        yield end
    elif run["status"] == "requires_action":
        yield ApprovalNeeded(calls_waiting(run))


def _of_message(message: Wire, files: Files) -> Iterator[Event]:
    for event in of_message(message):
        if not isinstance(event, Picture):
            yield event
        elif data := files.data(event.file_id):
            yield ImageOutput(event.file_id, "image/png", data)
        else:
            yield TextDelta(PICTURE_GONE)


def _duration_s(run: Wire) -> float:
    ended = run.get("completed_at") or run.get("failed_at") or run.get("cancelled_at") or run["created_at"]
    return float(ended - run["created_at"])


def _apply(turn: Turn, events: Iterable[Event]) -> None:
    for event in events:
        turn.apply(event)
