"""A thread as the messages of a chat request, cut to what fits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from services import tokens
from services.server.runs.citations import Passage
from services.server.store import contexts, steps
from services.server.vision import BLOB_URL
from services.storage.api_tables import FileRow, MessageRow, RunRow, StepRow

Shape = dict[str, Any]

TOKENS_PER_MESSAGE = 4
TOKENS_PER_IMAGE = 765
FIRST_MESSAGE_SHARE = 8
READ_AT_ONCE = 64
FIGURE = "[A figure was shown here.]"


class PromptTooLong(Exception):
    """Not even the instructions and the last message fit."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Which of a thread's messages go along, by their numbers: perhaps its `first`, and all from `oldest` to `newest`."""

    first: int | None = None
    oldest: int | None = None
    newest: int | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What programs have made: the ids of figures that no message shows yet, of the thread's files by their paths,
    and the paths of those that this run wrote. `failures` counts those of the last programs in a row.
    """

    figures: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    fresh: tuple[str, ...] = ()
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a run says to its model, the passages it has shown so far, and how many tokens that makes, estimated.

    `made` is what its programs have made so far. `kept` and `steps`, the number of the run's own steps in it, are
    enough to put it together again.
    """

    messages: list[Shape]
    passages: list[Passage]
    made: Made
    tokens: int
    kept: Kept = Kept()
    steps: int = 0


def build(session: Session, run_id: str, limit_tokens: int, tools: list[Shape]) -> Prompt:
    """The prompt of a run's next answer. Raises PromptTooLong when it cannot fit into `limit_tokens`.

    The instructions, the run's own rounds and the last message always stand; of the rest the first message and the
    newest ones are kept, and those in the middle dropped.
    """
    run = session.scalars(select(RunRow).where(RunRow.id == run_id)).one()
    model = run.body["model"]
    taken = steps.of_run(session, run.id)
    system = _system(run)
    rounds, passages = _rounds(session, taken)
    fixed = sum(count(message, model) for message in (*system, *rounds))
    fixed += sum(tokens.TOKENS_PER_TOOL + tokens.count(str(tool), model) for tool in tools)
    history, used, kept = _history(session, run, limit_tokens - fixed)
    return Prompt(
        [*system, *history, *rounds], passages, _made(session, run, taken), fixed + used, kept, len(taken)
    )


def again(session: Session, run: RunRow, kept: Kept, step_count: int) -> list[Shape]:
    """The messages of a prompt that was sent, as far as they are still there."""
    rows = select(MessageRow).where(MessageRow.thread_id == run.thread_id, MessageRow.owner == run.owner)
    wanted = MessageRow.number.between(kept.oldest or 0, kept.newest or -1)
    query = rows.where(or_(wanted, MessageRow.number == (kept.first or -1))).order_by(MessageRow.number)
    history = [_as_chat(session, row) for row in session.scalars(query) if row.run_id != run.id]
    rounds, _ = _rounds(session, steps.of_run(session, run.id)[:step_count])
    return [*_system(run), *history, *rounds]


def _system(run: RunRow) -> list[Shape]:
    instructions = run.body["instructions"]
    return [{"role": "system", "content": instructions}] if instructions else []


def count(message: Shape, model: str) -> int:
    """About how many tokens a chat message takes."""
    content = message.get("content") or ""
    if isinstance(content, str):
        total = tokens.count(content, model)
    else:
        total = sum(
            tokens.count(part["text"], model) if part["type"] == "text" else TOKENS_PER_IMAGE
            for part in content
        )
    calls = message.get("tool_calls") or ()
    return TOKENS_PER_MESSAGE + total + sum(tokens.count(str(call["function"]), model) for call in calls)


def _history(session: Session, run: RunRow, budget: int) -> tuple[list[Shape], int, Kept]:
    truncation = run.body["truncation_strategy"]
    most = truncation["last_messages"] if truncation["type"] == "last_messages" else None
    newest_first: list[tuple[int, Shape]] = []
    used, is_cut = 0, False
    for row in _newest_first(session, run, most):
        message = _as_chat(session, row)
        size = count(message, run.body["model"])
        if used + size > budget:
            if not newest_first:
                raise PromptTooLong
            is_cut = True
            break
        newest_first.append((row.number, message))
        used += size
    if is_cut and most is None:
        return _with_first(session, run, newest_first, used, budget)
    return _ordered(newest_first), used, _kept(newest_first)


def _with_first(
    session: Session, run: RunRow, newest_first: list[tuple[int, Shape]], used: int, budget: int
) -> tuple[list[Shape], int, Kept]:
    """Make room for the message the thread began with, when it is small beside the rest."""
    row = next(_rows(session, run, oldest_first=True))
    first = _as_chat(session, row)
    model = run.body["model"]
    size = count(first, model)
    without = _ordered(newest_first), used, _kept(newest_first)
    if size > budget // FIRST_MESSAGE_SHARE:
        return without
    kept = list(newest_first)
    while len(kept) > 1 and used + size > budget:
        used -= count(kept.pop()[1], model)
    if used + size > budget:
        return without
    return [first, *_ordered(kept)], used + size, replace(_kept(kept), first=row.number)


def _ordered(newest_first: list[tuple[int, Shape]]) -> list[Shape]:
    return [message for _, message in reversed(newest_first)]


def _kept(newest_first: list[tuple[int, Shape]]) -> Kept:
    return Kept(oldest=newest_first[-1][0], newest=newest_first[0][0]) if newest_first else Kept()


def _newest_first(session: Session, run: RunRow, most: int | None) -> Iterator[MessageRow]:
    for number, row in enumerate(_rows(session, run, oldest_first=False)):
        if most is not None and number >= most:
            return
        yield row


def _rows(session: Session, run: RunRow, *, oldest_first: bool) -> Iterator[MessageRow]:
    """The thread's messages that are not this run's own, read in small portions."""
    number: int | None = None
    while True:
        query = select(MessageRow).where(MessageRow.thread_id == run.thread_id)
        if number is not None:
            query = query.where(MessageRow.number > number if oldest_first else MessageRow.number < number)
        order = MessageRow.number.asc() if oldest_first else MessageRow.number.desc()
        portion = session.scalars(query.order_by(order).limit(READ_AT_ONCE)).all()
        yield from (row for row in portion if row.run_id != run.id)
        if len(portion) < READ_AT_ONCE:
            return
        number = portion[-1].number


def _as_chat(session: Session, row: MessageRow) -> Shape:
    parts = [_part(session, row, part) for part in row.body["content"]]
    names = _attached(session, row)
    if names:
        parts.append({"type": "text", "text": f"[Attached: {', '.join(names)}]"})
    if all(part["type"] == "text" for part in parts):
        return {"role": row.role, "content": "\n".join(part["text"] for part in parts)}
    return {"role": row.role, "content": parts}


def _part(session: Session, row: MessageRow, part: Shape) -> Shape:
    match part["type"]:
        case "text":
            return {"type": "text", "text": part["text"]["value"]}
        case "refusal":
            return {"type": "text", "text": part["refusal"]}
        case "image_url":
            return {"type": "image_url", "image_url": part["image_url"]}
    if row.role == "assistant":
        return {"type": "text", "text": FIGURE}  # models take pictures from the person alone
    file_id = part["image_file"]["file_id"]
    file = session.scalar(select(FileRow).where(FileRow.id == file_id, FileRow.owner == row.owner))
    if file is None:
        return {"type": "text", "text": "[A picture that was here has been deleted.]"}
    detail = part["image_file"].get("detail", "auto")
    return {"type": "image_url", "image_url": {"url": BLOB_URL + file.blob_key, "detail": detail}}


def _attached(session: Session, row: MessageRow) -> list[str]:
    ids = [attachment["file_id"] for attachment in row.body["attachments"]]
    if not ids:
        return []
    query = select(FileRow.filename).where(FileRow.id.in_(ids), FileRow.owner == row.owner)
    return list(session.scalars(query))


def _rounds(session: Session, taken: Sequence[StepRow]) -> tuple[list[Shape], list[Passage]]:
    """What a run has said, called and been told in these steps."""
    said: list[Shape] = []
    passages: list[Passage] = []
    for step in taken:
        if step.kind == steps.MESSAGE:
            said += _own_message(session, step)
        else:
            said = _joined(said, _called(step))
            for found in step.body.get("private", {}).values():
                passages += [Passage.of(shown) for shown in found.get("passages", ())]
    return said, passages


def _made(session: Session, run: RunRow, taken: Sequence[StepRow]) -> Made:
    """What programs made until now; figures are shown by the message after them."""
    figures: list[str] = []
    fresh: dict[str, str] = {}
    failures = 0
    for step in taken:
        if step.kind == steps.MESSAGE:
            figures.clear()
        for told in step.body.get("private", {}).values():
            figures += told.get("figures", ())
            fresh |= told.get("paths", {})
            failures = failures + 1 if told.get("failed") else 0
    return Made(tuple(figures), contexts.written(session, run.thread_id) | fresh, tuple(fresh), failures)


def _joined(said: list[Shape], called: list[Shape]) -> list[Shape]:
    """Words and calls of one answer were one message, and become one again."""
    if not (called and said and said[-1]["role"] == "assistant" and "tool_calls" not in said[-1]):
        return said + called
    asked, *results = called
    return [*said[:-1], {**said[-1], "tool_calls": asked["tool_calls"]}, *results]


def _own_message(session: Session, step: StepRow) -> list[Shape]:
    message_id = step.body["step_details"]["message_creation"]["message_id"]
    row = session.scalar(select(MessageRow).where(MessageRow.id == message_id))
    return [_as_chat(session, row)] if row is not None and row.body["content"] else []


def _called(step: StepRow) -> list[Shape]:
    calls = step.body["step_details"]["tool_calls"]
    private = step.body.get("private", {})
    if not calls:
        return []
    told = [_told(call, private.get(call["id"], {})) for call in calls]
    asked = [
        {"id": call["id"], "type": "function", "function": {"name": name, "arguments": arguments}}
        for call, (name, arguments, _) in zip(calls, told, strict=True)
    ]
    results = [
        {"role": "tool", "tool_call_id": call["id"], "content": output}
        for call, (_, _, output) in zip(calls, told, strict=True)
    ]
    return [{"role": "assistant", "content": None, "tool_calls": asked}, *results]


def _told(call: Shape, private: Shape) -> tuple[str, str, str]:
    """Name, arguments and output of a call, as the model wrote and read them."""
    if call["type"] == "function":
        function = call["function"]
        return function["name"], function["arguments"], function["output"] or ""
    return call["type"], private.get("arguments", "{}"), private.get("output", "")
