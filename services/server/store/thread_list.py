"""The threads of an owner, those last talked in first: what OpenAI's API never listed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Text, cast, func, or_, select
from sqlalchemy.orm import Session

from services.server.store.contexts import text_of
from services.server.store.lookup import find
from services.server.store.pages import envelope
from services.server.store.threads import wire
from services.storage.api_tables import MessageRow, ThreadRow

Wire = dict[str, Any]
Found = tuple[ThreadRow, MessageRow, str]
"""A thread, one of its messages, and a piece of that."""

MOST_READ = 5_000
SNIPPET_CHARS = 160
BEFORE_WORDS = 40


def page(session: Session, owner: str, limit: int, after: str | None, words: str) -> Wire:
    """Threads with how many messages they have, when the last came, and a piece of it or of what holds `words`.

    Threads without messages are left out. `words` finds titles and messages that hold every one of them.
    """
    if words:
        return envelope(
            _summaries(session, list(_holding(session, owner, words.split(), limit))), has_more=False
        )
    last = select(func.max(MessageRow.number)).where(MessageRow.thread_id == ThreadRow.id).scalar_subquery()
    query = select(ThreadRow, last).where(ThreadRow.owner == owner, last.is_not(None)).order_by(last.desc())
    if after is not None:
        query = query.where(last < _last_number(session, find(session, ThreadRow, owner, after)))
    rows = session.execute(query.limit(limit + 1)).all()
    numbers = [number for _, number in rows[:limit]]
    messages = session.scalars(
        select(MessageRow).where(MessageRow.owner == owner, MessageRow.number.in_(numbers))
    )
    lasts = {message.number: message for message in messages}
    found = [(t, lasts[number], text_of(lasts[number])[:SNIPPET_CHARS]) for t, number in rows[:limit]]
    return envelope(_summaries(session, found), has_more=len(rows) > limit)


def _last_number(session: Session, thread: ThreadRow) -> int:
    query = select(func.max(MessageRow.number)).where(MessageRow.thread_id == thread.id)
    return session.scalar(query) or 0


def _summaries(session: Session, found: list[Found]) -> list[Wire]:
    ids = [thread.id for thread, _, _ in found]
    query = select(MessageRow.thread_id, func.count()).where(MessageRow.thread_id.in_(ids))
    counts = dict(session.execute(query.group_by(MessageRow.thread_id)).all())
    return [
        {
            **wire(thread),
            "message_count": counts.get(thread.id, 0),
            "last_message_at": message.created_at,
            "snippet": snippet or None,
        }
        for thread, message, snippet in found
    ]


def _holding(session: Session, owner: str, needles: list[str], limit: int) -> Iterator[Found]:
    found: set[str] = set()
    for thread, message in _candidates(session, owner, needles):
        text, title = text_of(message), str(thread.body["metadata"].get("title", ""))
        said = f"{title}\n{text}".lower()
        if thread.id in found or not all(needle.lower() in said for needle in needles):
            continue
        found.add(thread.id)
        yield thread, message, _around(text, needles[0])
        if len(found) == limit:
            return


def _candidates(session: Session, owner: str, needles: list[str]) -> Iterator[tuple[ThreadRow, MessageRow]]:
    query = select(ThreadRow, MessageRow).join(MessageRow, MessageRow.thread_id == ThreadRow.id)
    query = query.where(ThreadRow.owner == owner, MessageRow.owner == owner)
    for needle in needles:
        query = query.where(or_(*_like(needle)))
    query = query.order_by(MessageRow.number.desc()).limit(MOST_READ)
    yield from ((thread, message) for thread, message in session.execute(query))


def _like(needle: str) -> Iterator[Any]:
    """Bodies are JSON, in which letters beyond ASCII are escapes: each way to write the word is looked for."""
    ways = {json.dumps(way)[1:-1] for way in (needle, needle.lower(), needle.upper(), needle.capitalize())}
    for column in (MessageRow.body, ThreadRow.body):
        for way in sorted(ways):
            yield func.lower(cast(column, Text)).contains(way.lower(), autoescape=True)


def _around(text: str, needle: str) -> str:
    place = max(0, text.lower().find(needle.lower()) - BEFORE_WORDS)
    piece = text[place : place + SNIPPET_CHARS]
    return f"…{piece}" if place else piece
