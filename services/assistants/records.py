"""What the server holds, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from services.modes.run_events import as_time

Wire = Mapping[str, Any]

StoreFileStatus = Literal["in_progress", "completed", "cancelled", "failed"]


class _HasResources:
    """Something with files of its own for the tools of a run."""

    __slots__ = ()
    tool_resources: Wire

    @property
    def store_id(self) -> str | None:
        """The vector store it searches."""
        ids = (self.tool_resources.get("file_search") or {}).get("vector_store_ids") or ()
        return ids[0] if ids else None

    @property
    def code_file_ids(self) -> tuple[str, ...]:
        """The files its code interpreter has."""
        return tuple((self.tool_resources.get("code_interpreter") or {}).get("file_ids") or ())


@dataclass(frozen=True, slots=True)
class Assistant(_HasResources):
    """An assistant's configuration. `tools` are spelled as the API spells them."""

    id: str
    name: str
    model: str
    description: str = ""
    instructions: str = ""
    tools: tuple[Wire, ...] = ()
    tool_resources: Wire = field(default_factory=dict)
    temperature: float | None = None
    top_p: float | None = None
    reasoning_effort: str | None = None
    response_format: Any = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    def has(self, tool: str) -> bool:
        """Whether it has this kind of tool: code_interpreter, file_search or function."""
        return any(t["type"] == tool for t in self.tools)

    @property
    def functions(self) -> tuple[str, ...]:
        """The names of its functions."""
        return tuple(t["function"]["name"] for t in self.tools if t["type"] == "function")


@dataclass(frozen=True, slots=True)
class Thread(_HasResources):
    """A thread. `message_count` and what follows come with lists only."""

    id: str
    created_at: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)
    tool_resources: Wire = field(default_factory=dict)
    message_count: int | None = None
    last_message_at: datetime | None = None
    snippet: str | None = None

    @property
    def title(self) -> str | None:
        """What it is called here: its metadata `title`."""
        return self.metadata.get("title") or None

    @property
    def name(self) -> str | None:
        """What a list shows: its title, else how it begins, else a piece of it."""
        return self.title or self.metadata.get("begins") or self.snippet or None

    @property
    def assistant_id(self) -> str | None:
        """The assistant that it was last talked to with."""
        return self.metadata.get("assistant_id") or None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file on the server."""

    id: str
    filename: str
    size_bytes: int
    purpose: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a file has come: pages (or like parts) read, passages embedded, of how many; `left_s` is an estimate."""

    read: int = 0
    to_read: int | None = None
    embedded: int = 0
    to_embed: int | None = None
    left_s: float | None = None


@dataclass(frozen=True, slots=True)
class StoreFile:
    """A file in a vector store. `error` says why one failed.

    Extras of our server: pages whose text was recognised in pictures, pages that could not be, and whether a password is needed.
    """

    id: str
    status: StoreFileStatus
    usage_bytes: int
    created_at: datetime
    error: str | None = None
    progress: Progress | None = None
    attributes: Wire = field(default_factory=dict)
    ocr_pages: tuple[int, ...] = ()
    unread_pages: tuple[int, ...] = ()
    needs_password: bool = False


@dataclass(frozen=True, slots=True)
class Store:
    """A vector store. `counts` are its files by status, and in `total`."""

    id: str
    name: str
    status: Literal["expired", "in_progress", "completed"]
    usage_bytes: int
    created_at: datetime
    last_active_at: datetime | None
    expires_at: datetime | None
    expires_after_days: int | None
    counts: Mapping[str, int]
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found in a store. `score` lies in 0–1. What follows the attributes are extras of our server.

    `page` is the first it stands on, `rows` its first and last record, `span` its characters in the text of the file;
    `page_starts` are places in the passage where a page begins, with that page's number.
    """

    file_id: str
    filename: str
    score: float
    text: str
    attributes: Wire
    page: int | None = None
    last_page: int | None = None
    rows: tuple[int, int] | None = None
    span: tuple[int, int] | None = None
    page_starts: tuple[tuple[int, int], ...] = ()


def as_assistant(wire: Wire) -> Assistant:
    """An assistant as the API spells it."""
    return Assistant(
        id=wire["id"],
        name=wire.get("name") or "",
        model=wire["model"],
        description=wire.get("description") or "",
        instructions=wire.get("instructions") or "",
        tools=tuple(wire.get("tools") or ()),
        tool_resources=wire.get("tool_resources") or {},
        temperature=wire.get("temperature"),
        top_p=wire.get("top_p"),
        reasoning_effort=wire.get("reasoning_effort"),
        response_format=wire.get("response_format"),
        metadata=wire.get("metadata") or {},
    )


def as_thread(wire: Wire) -> Thread:
    """A thread as the API spells it."""
    return Thread(
        id=wire["id"],
        created_at=_time(wire["created_at"]),
        metadata=wire.get("metadata") or {},
        tool_resources=wire.get("tool_resources") or {},
        message_count=wire.get("message_count"),
        last_message_at=as_time(wire.get("last_message_at")),
        snippet=wire.get("snippet"),
    )


def as_file(wire: Wire) -> StoredFile:
    """A file as the API spells it."""
    return StoredFile(wire["id"], wire["filename"], wire["bytes"], wire["purpose"], _time(wire["created_at"]))


def as_store(wire: Wire) -> Store:
    """A vector store as the API spells it."""
    expires_after = wire.get("expires_after") or {}
    return Store(
        id=wire["id"],
        name=wire.get("name") or "",
        status=wire["status"],
        usage_bytes=wire["usage_bytes"],
        created_at=_time(wire["created_at"]),
        last_active_at=as_time(wire.get("last_active_at")),
        expires_at=as_time(wire.get("expires_at")),
        expires_after_days=expires_after.get("days"),
        counts=wire["file_counts"],
        metadata=wire.get("metadata") or {},
    )


def as_store_file(wire: Wire) -> StoreFile:
    """A vector store's file as the API spells it; `progress` is an extra of our server."""
    error, progress = wire.get("last_error") or {}, wire.get("progress")
    return StoreFile(
        id=wire["id"],
        status=wire["status"],
        usage_bytes=wire["usage_bytes"],
        created_at=_time(wire["created_at"]),
        error=error.get("message"),
        progress=Progress(**progress) if progress else None,
        attributes=wire.get("attributes") or {},
        ocr_pages=tuple(wire.get("ocr_pages") or ()),
        unread_pages=tuple(wire.get("unread_pages") or ()),
        needs_password=bool(wire.get("needs_password")),
    )


def as_hit(wire: Wire) -> Hit:
    """A search result as the API spells it."""
    text = "\n".join(part["text"] for part in wire["content"])
    first, last = wire.get("first_row"), wire.get("last_row")
    span = wire.get("span")
    return Hit(
        file_id=wire["file_id"],
        filename=wire["filename"],
        score=wire["score"],
        text=text,
        attributes=wire.get("attributes") or {},
        page=wire.get("page"),
        last_page=wire.get("last_page"),
        rows=None if first is None else (first, last or first),
        span=(span[0], span[1]) if span else None,
        page_starts=tuple((place, page) for place, page in wire.get("page_starts") or ()),
    )


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
