"""Threads that people took with them from OpenAI: JSON as its API listed messages, alone, in lists, or a line each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.errors import InvalidInput
from services.migrate.talk import Said, of_thread

MAX_BYTES = 64 * 2**20
MAX_THREADS = 500
MAX_MESSAGES = 100_000
LONGEST_TITLE_CHARS = 120
NO_THREAD = (
    "This file holds no thread. Give the JSON that OpenAI's API listed as a thread's messages, alone or with the thread "
    "around it, or a file with one of these a line."
)

Wire = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Exported:
    """A thread as it was taken along. Its files stayed behind: `lost_files` is how many pictures and files that were."""

    talk: tuple[Said, ...]
    title: str
    lost_files: int


def read(data: bytes) -> list[Exported]:
    """The threads in a file, in its order. Raises InvalidInput."""
    if len(data) > MAX_BYTES:
        raise InvalidInput(f"The file has {len(data):,} bytes; {MAX_BYTES:,} is the most. Split it.")
    threads = [_thread(wire, messages) for wire, messages in _threads(_documents(data))]
    found = [thread for thread in threads if thread.talk]
    if not found:
        raise InvalidInput(NO_THREAD)
    return found


def _documents(data: bytes) -> list[Any]:
    try:
        found = _parsed(data.decode("utf-8-sig"))
        json.dumps(found, ensure_ascii=False).encode()  # half a character would fail when it is sent
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The file is no JSON. " + NO_THREAD) from error
    return found


def _parsed(text: str) -> list[Any]:
    """One document, or one a line."""
    try:
        return [json.loads(text)]
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def _threads(documents: list[Any]) -> list[tuple[Wire, list[Wire]]]:
    """Each thread with its messages; messages without a thread around them are sorted by the thread they name."""
    found: list[tuple[Wire, list[Wire]]] = []
    loose: dict[str, list[Wire]] = {}
    for document in _flat(documents):
        if _is_message(document):
            loose.setdefault(str(document.get("thread_id") or ""), []).append(document)
        elif messages := _messages_of(document):
            thread = document.get("thread")
            found.append((thread if isinstance(thread, dict) else document, messages))
    found += [({"id": thread_id}, messages) for thread_id, messages in loose.items()]
    if len(found) > MAX_THREADS:
        raise InvalidInput(f"The file holds {len(found):,} threads; {MAX_THREADS} at a time are the most.")
    if sum(len(messages) for _, messages in found) > MAX_MESSAGES:
        raise InvalidInput(f"The file holds more than {MAX_MESSAGES:,} messages. Split it.")
    return found


def _flat(documents: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Objects out of lists, also out of the API's lists of messages."""
    for document in documents:
        if isinstance(document, list):
            yield from _flat(document)
        elif isinstance(document, dict) and isinstance(document.get("data"), list):
            yield from _flat(document["data"])
        elif isinstance(document, dict):
            yield document


def _messages_of(thread: Wire) -> list[Wire]:
    given = thread.get("messages")
    listed = given.get("data") if isinstance(given, dict) else given
    return [m for m in listed if _is_message(m)] if isinstance(listed, list) else []


def _is_message(value: Any) -> bool:
    """A message of a thread, from the API or shortened by hand."""
    if not isinstance(value, dict) or value.get("role") not in ("user", "assistant"):
        return False
    content = value.get("content")
    return isinstance(content, str) or (isinstance(content, list) and all(map(_is_part, content)))


def _is_part(part: Any) -> bool:
    if not isinstance(part, dict):
        return False
    match part.get("type"):
        case "text":
            text = part.get("text")
            return isinstance(text, str) or (isinstance(text, dict) and isinstance(text.get("value"), str))
        case "image_file":
            return isinstance(part.get("image_file"), dict) and isinstance(
                part["image_file"].get("file_id"), str
            )
        case "image_url" | "refusal":
            return True
    return False


def _thread(wire: Wire, messages: list[Wire]) -> Exported:
    ordered = [_with_parts(message) for message in _oldest_first(messages)]
    talk = of_thread(ordered)
    pictures = sum(len(said.picture_ids) for said in talk)
    attached = sum(len(m["attachments"]) for m in ordered if isinstance(m.get("attachments"), list))
    kept = tuple(replace(_naming_pictures(said), cited=()) for said in talk)
    metadata = wire.get("metadata")
    given = metadata.get("title") if isinstance(metadata, dict) else None
    title = given if isinstance(given, str) else next((s.text for s in kept if s.role == "user"), "")
    return Exported(kept, " ".join(title.split())[:LONGEST_TITLE_CHARS], pictures + attached)


def _naming_pictures(said: Said) -> Said:
    """The message with its pictures as words: their files are gone."""
    named = [f"[picture: {file_id}]" for file_id in said.picture_ids]
    return replace(said, text="\n\n".join(filter(None, (said.text, *named))), picture_ids=())


def _with_parts(message: Wire) -> Wire:
    content = message["content"]
    return (
        {**message, "content": [{"type": "text", "text": content}]} if isinstance(content, str) else message
    )


def _oldest_first(messages: list[Wire]) -> list[Wire]:
    """The API lists the newest first; times are whole seconds, so that quick messages keep the order of the list."""
    times = [m["created_at"] for m in messages if isinstance(m.get("created_at"), (int, float))]
    if len(times) < len(messages):
        return messages
    is_newest_first = times[0] > times[-1] or (times[0] == times[-1] and messages[-1]["role"] == "user")
    listed = messages[::-1] if is_newest_first and len(messages) > 1 else messages
    return sorted(listed, key=lambda message: float(message["created_at"]))
