"""The vocabulary of a conversation: messages, turns, usage, and the events a turn is made of.

Every mode turns a user message into an iterator of these events; `Turn.apply` folds them, so that
what is drawn while an answer streams, what is stored, and what is found after a restart are one thing.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from services.wire import Exchange

Role = Literal["system", "developer", "user", "assistant", "tool"]


class Mode(StrEnum):
    """The API modes Tandem puts side by side."""

    CHAT_COMPLETIONS = "chat_completions"
    ASSISTANTS = "assistants"
    RESPONSES = "responses"


class TurnStatus(StrEnum):
    """Where a turn stands. All but STREAMING and AWAITING_APPROVAL are final."""

    STREAMING = "streaming"
    AWAITING_APPROVAL = "awaiting_approval"
    COMPLETED = "completed"
    STOPPED = "stopped"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along with a user message."""

    filename: str
    media_type: str
    data: bytes = field(repr=False)

    @property
    def is_image(self) -> bool:
        return self.media_type.startswith("image/")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function call the model asked for; `arguments` is the JSON text as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation, in the shape every mode understands."""

    role: Role
    content: str = ""
    attachments: tuple[Attachment, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call or a sum of calls. None means the server did not say.

    `prompt_tokens` includes `cached_tokens` and `cache_write_tokens`; `completion_tokens`
    includes `reasoning_tokens`, as OpenAI reports them.
    """

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None

    @property
    def total_tokens(self) -> int | None:
        if self.prompt_tokens is None or self.completion_tokens is None:
            return None
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(*(_add(getattr(self, f), getattr(other, f)) for f in self.__slots__))


def _add(a: int | None, b: int | None) -> int | None:
    return b if a is None else a if b is None else a + b


@dataclass(frozen=True, slots=True)
class Trimmed:
    """What was left out of a request so that it fits the model, and why."""

    messages: int
    tokens: int
    reason: str


# --- events ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RequestSent:
    """A request left the machine. `tokens` is an estimate made before the server counts."""

    method: str
    path: str
    size_bytes: int
    message_count: int
    tokens: int | None = None
    trimmed: Trimmed | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer's text."""

    text: str


BUILT_IN_TOOLS = ("file_search", "code_interpreter")
"""Tools that run on the server, in the modes that have them; all others are functions that this program runs."""

ToolState = Literal["requested", "running", "completed", "failed", "refused"]


@dataclass(frozen=True, slots=True)
class ToolStep:
    """A tool call changed its state; `output` is there once it ended.

    `details` is what a built-in tool of the server did, in the shape of a run step's tool call.
    """

    call: ToolCall
    state: ToolState
    output: str | None = None
    details: Mapping[str, Any] | None = None


RunState = Literal[
    "queued",
    "in_progress",
    "requires_action",
    "cancelling",
    "cancelled",
    "completed",
    "incomplete",
    "failed",
    "expired",
]


@dataclass(frozen=True, slots=True)
class RunChanged:
    """A run on the server changed its state. `reason` says why one did not complete."""

    run_id: str
    state: RunState
    expires_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class StepChanged:
    """A step of a run began or ended; its usage is known once it has ended. `calls` are the ids of its tool calls."""

    step_id: str
    kind: Literal["message_creation", "tool_calls"]
    state: Literal["in_progress", "cancelled", "failed", "completed", "expired"]
    began_at: datetime
    ended_at: datetime | None = None
    usage: Usage | None = None
    calls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApprovalNeeded:
    """The turn rests until the person allows or refuses these calls."""

    calls: tuple[ToolCall, ...]


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage the answer points to; `start`, `end` are character offsets of its marker in the turn's reply `reply`.

    `rows` are the first and the last row of a table, counted from 1 below its header.
    """

    marker: str
    start: int
    end: int
    file_id: str
    filename: str
    quote: str | None = None
    page: int | None = None
    last_page: int | None = None
    rows: tuple[int, int] | None = None
    reply: int | None = None


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A stretch of the turn's reply `reply` that nothing in the documents bears out, by its characters."""

    start: int
    end: int
    reply: int | None = None


@dataclass(frozen=True, slots=True)
class ImageOutput:
    """A picture made during the turn."""

    filename: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FileOutput:
    """A file made during the turn; `marker` is the link to it in the text, between `start` and `end`."""

    file_id: str
    marker: str
    start: int
    end: int
    reply: int | None = None


@dataclass(frozen=True, slots=True)
class UsageReport:
    """What one call used, as the server counted it, and how long it took in seconds.

    `model` is the model that answered, which can differ from the one asked for. `local` says whether it runs on this
    machine; None means that the connection tells.
    """

    model: str
    usage: Usage
    ttft_s: float | None
    duration_s: float
    exchange: Exchange | None = None
    local: bool | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The turn is complete. `finish_reason` as OpenAI names it: stop, length, tool_calls …"""

    finish_reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The turn ended with an error the person can read."""

    user_message: str
    retryable: bool
    code: str | None = None
    exchange: Exchange | None = None


Event = (
    RequestSent
    | TextDelta
    | ToolStep
    | RunChanged
    | StepChanged
    | ApprovalNeeded
    | Citation
    | Unsupported
    | ImageOutput
    | FileOutput
    | UsageReport
    | Finished
    | Failed
)


# --- turns ----------------------------------------------------------------------------------


def new_id(prefix: str) -> str:
    """A fresh identifier, unique and sortable by nothing: `turn_3f2a…`."""
    return f"{prefix}_{uuid.uuid4().hex}"


@dataclass(slots=True)
class Turn:
    """One user message and everything that answered it. Turns of a conversation form a tree.

    An edit or a regeneration is a sibling: same parent, so the old branch stays reachable.
    This is the one mutable thing of the house: one thread writes it while it streams.
    `cost_usd` None means unknown. `calls` counts model calls (tool rounds make more than one).
    """

    conversation_id: str
    user: Message
    model: str
    connection: str
    mode: Mode = Mode.CHAT_COMPLETIONS
    parent_id: str | None = None
    id: str = field(default_factory=lambda: new_id("turn"))
    status: TurnStatus = TurnStatus.STREAMING
    replies: list[Message] = field(default_factory=list)
    tool_steps: dict[str, ToolStep] = field(default_factory=dict)
    citations: list[Citation] = field(default_factory=list)
    unsupported: list[Unsupported] = field(default_factory=list)
    files: list[FileOutput] = field(default_factory=list)
    run: RunChanged | None = None
    steps: dict[str, StepChanged] = field(default_factory=dict)
    usage: Usage | None = None
    cost_usd: Decimal | None = None
    answered_by: str | None = None
    ttft_s: float | None = None
    duration_s: float | None = None
    calls: int = 0
    sent: list[RequestSent] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    finish_reason: str | None = None
    error: str | None = None
    error_code: str | None = None
    retryable: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def text(self) -> str:
        """The whole answer as one text."""
        return "\n\n".join(m.content for m in self.replies if m.role == "assistant" and m.content)

    @property
    def is_final(self) -> bool:
        return self.status not in (TurnStatus.STREAMING, TurnStatus.AWAITING_APPROVAL)

    @property
    def messages(self) -> tuple[Message, ...]:
        """The turn as a later request repeats it. Calls that never got an answer are left out."""
        answered = {m.tool_call_id for m in self.replies if m.role == "tool"}
        kept = [_only_answered(m, answered) for m in self.replies]
        return (self.user, *(m for m in kept if m.content or m.tool_calls or m.role == "tool"))

    def apply(self, event: Event) -> None:
        """Fold one event into the turn."""
        match event:
            case RequestSent():
                self.sent.append(event)
            case TextDelta(text):
                last = self._writing()
                self.replies[-1] = replace(last, content=last.content + text)
            case ToolStep():
                self._apply_tool_step(event)
            case ApprovalNeeded():
                self.status = TurnStatus.AWAITING_APPROVAL
            case RunChanged():
                self._apply_run(event)
            case StepChanged():
                self.steps[event.step_id] = event
            case Citation() | Unsupported() | FileOutput():
                self._apply_remark(event)
            case ImageOutput():
                picture = Attachment(event.filename, event.media_type, event.data)
                self.replies.append(Message("assistant", attachments=(picture,)))
            case UsageReport():
                self._apply_usage(event)
            case Finished(finish_reason):
                self.finish_reason = finish_reason
                self.status = TurnStatus.STOPPED if finish_reason == "cancelled" else TurnStatus.COMPLETED
            case Failed():
                self._apply_failure(event)

    def _apply_remark(self, remark: Citation | Unsupported | FileOutput) -> None:
        """Keep what is said of a stretch of the reply that is being written."""
        placed = replace(remark, reply=len(self.replies) - 1)
        match placed:
            case Citation():
                self.citations.append(placed)
            case Unsupported():
                self.unsupported.append(placed)
            case FileOutput():
                self.files.append(placed)

    def _apply_run(self, run: RunChanged) -> None:
        self.run = run
        if run.state in ("queued", "in_progress", "cancelling"):
            self.status = TurnStatus.STREAMING

    def _writing(self) -> Message:
        """The assistant message that is open for text; tool calls, results and pictures close one."""
        last = self.replies[-1] if self.replies else None
        if last is None or last.role != "assistant" or last.tool_calls or last.attachments:
            self.replies.append(Message("assistant"))
        return self.replies[-1]

    def _apply_tool_step(self, step: ToolStep) -> None:
        before = self.tool_steps.get(step.call.id)
        self.tool_steps[step.call.id] = step
        if before is None:
            last = self.replies[-1] if self.replies else None
            if last is None or last.role != "assistant" or last.attachments:
                last = Message("assistant")
                self.replies.append(last)
            self.replies[-1] = replace(last, tool_calls=(*last.tool_calls, step.call))
        elif before.call != step.call:
            self._rewrite(step.call)
        if step.output is not None and (before is None or before.output is None):
            self.replies.append(Message("tool", step.output, tool_call_id=step.call.id))

    def _rewrite(self, call: ToolCall) -> None:
        """A call whose arguments are still being written."""
        for index, reply in enumerate(self.replies):
            if any(known.id == call.id for known in reply.tool_calls):
                calls = tuple(call if known.id == call.id else known for known in reply.tool_calls)
                self.replies[index] = replace(reply, tool_calls=calls)

    def _apply_usage(self, report: UsageReport) -> None:
        self.usage = report.usage if self.usage is None else self.usage + report.usage
        self.answered_by = report.model
        self.calls += 1
        self.ttft_s = self.ttft_s if self.ttft_s is not None else report.ttft_s
        self.duration_s = (self.duration_s or 0.0) + report.duration_s
        if report.exchange is not None:
            self.exchanges.append(report.exchange)

    def _apply_failure(self, failure: Failed) -> None:
        self.status = TurnStatus.FAILED
        self.error, self.error_code = failure.user_message, failure.code
        self.retryable = failure.retryable
        if failure.exchange is not None:
            self.exchanges.append(failure.exchange)


def _only_answered(message: Message, answered: set[str | None]) -> Message:
    calls = tuple(c for c in message.tool_calls if c.id in answered)
    return replace(message, tool_calls=calls)
