"""A recording: one session with the real service, exchange by exchange."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Json = Any
Shape = dict[str, Any]

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / os.environ.get("GOLDEN_DIR", "../shared/golden")
BASE = re.compile(r"^/v1(?=/)")
STREAM = "text/event-stream"


@dataclass(frozen=True, slots=True)
class Event:
    """A server-sent event; `data` is an object, or the text `[DONE]`."""

    name: str
    data: Json


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: an object, or the events of a stream."""

    status: int
    headers: Mapping[str, str]
    body: Json = None
    events: tuple[Event, ...] | None = None

    @property
    def is_good(self) -> bool:
        """Whether the request was carried out."""
        return self.status < 300

    def documents(self) -> list[Json]:
        """Every JSON document in it, in order."""
        if self.events is not None:
            return [event.data for event in self.events]
        return [self.body]

    def objects(self) -> Iterator[Shape]:
        """Every object in it, however deep, in order."""
        for document in self.documents():
            yield from objects_in(document)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer. `path` lies below /v1; `body` is None where the recorder dropped a form."""

    number: int
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: Json
    answer: Answer

    @property
    def is_form(self) -> bool:
        """Whether a form was sent, whose contents the recording does not have."""
        return self.headers.get("content-type", "").startswith("multipart/form-data")

    @property
    def parts(self) -> list[str]:
        """The path in its parts."""
        return self.path.strip("/").split("/")

    def asks(self, name: str, default: str = "") -> str:
        """A parameter of the query."""
        return dict(self.query).get(name, default)


@dataclass(frozen=True, slots=True)
class Recording:
    """One session."""

    name: str
    exchanges: tuple[Exchange, ...]


def found(folder: Path = FOLDER) -> list[Recording]:
    """The recordings of a folder, by name; none where there is no such folder."""
    return [load(path.stem, json.loads(path.read_text("utf-8"))) for path in sorted(folder.glob("*.json"))]


def load(name: str, file: Shape) -> Recording:
    """A recording as it lies in its file."""
    return Recording(name, tuple(_exchange(i, entry) for i, entry in enumerate(file["Entries"])))


def objects_in(value: Json) -> Iterator[Shape]:
    """A value's objects, itself among them, in order."""
    if isinstance(value, Mapping):
        yield dict(value)
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    for item in inner:
        yield from objects_in(item)


def events_of(text: str) -> tuple[Event, ...]:
    """The events of a stream's text."""
    return tuple(_event(block) for block in text.replace("\r\n", "\n").split("\n\n") if block.strip())


def _event(block: str) -> Event:
    fields = dict(line.split(": ", 1) for line in block.strip().split("\n") if ": " in line)
    data = fields.get("data", "")
    return Event(fields.get("event", ""), json.loads(data) if data.startswith(("{", "[{")) else data)


def _exchange(number: int, entry: Shape) -> Exchange:
    url = urlsplit(entry["RequestUri"])
    headers = _lower(entry.get("RequestHeaders"))
    return Exchange(
        number,
        entry["RequestMethod"],
        BASE.sub("", url.path),
        tuple(parse_qsl(url.query, keep_blank_values=True)),
        headers,
        _parsed(entry.get("RequestBody"), headers),
        _answer(entry),
    )


def _answer(entry: Shape) -> Answer:
    headers, body = _lower(entry.get("ResponseHeaders")), entry.get("ResponseBody")
    if headers.get("content-type", "").startswith(STREAM):
        text = body if isinstance(body, str) else "".join(body or ())
        return Answer(entry["StatusCode"], headers, events=events_of(text))
    return Answer(entry["StatusCode"], headers, _parsed(body, headers))


def _parsed(body: Json, headers: Mapping[str, str]) -> Json:
    """Recorders keep JSON as it is, or as text."""
    is_text = isinstance(body, str) and body and "json" in headers.get("content-type", "")
    return json.loads(body) if is_text else body


def _lower(headers: Mapping[str, str | Sequence[str]] | None) -> dict[str, str]:
    return {
        name.lower(): value if isinstance(value, str) else ", ".join(value)
        for name, value in (headers or {}).items()
    }
