"""What was in the recorded account before the session began, made anew as far as the session shows it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2

from tests.golden.facts import Facts
from tests.golden.forms import file_of
from tests.golden.ids import Ids, in_text
from tests.golden.pages import OF_THE_ACCOUNT
from tests.golden.recording import Exchange, Json, Recording, Shape

KINDS = {"file": "/files", "vs": "/vector_stores", "asst": "/assistants", "thread": "/threads"}
"""Beginnings of ids, in the order in which what they stand for must be made, and where it is made."""
TOLD = {
    "vs": "name metadata expires_after description",
    "thread": "metadata tool_resources",
    "asst": "model name description instructions tools metadata temperature top_p response_format tool_resources",
}
"""What a request has to say so that an object comes to look as it was shown."""
DEFAULTS: dict[str, Shape] = {"asst": {"model": "gpt-4o"}}


def strangers(recording: Recording, facts: Facts) -> list[str]:
    """Ids of what was there before, oldest first: what a request names, or a list shows, before it was made."""
    known: set[str] = set()
    found: dict[str, None] = {}
    for exchange in recording.exchanges:
        if exchange.answer.is_good:
            new = [i for i in _named(exchange) if i not in known]
            needed = [
                i for stranger in new for i in in_text(json.dumps(_told(stranger, facts))) if i not in known
            ]
            found |= dict.fromkeys(i for i in (*new, *needed) if _kind(i) in KINDS)
        known.update(in_text(json.dumps(exchange.answer.documents())))
    return sorted(found, key=lambda i: (list(KINDS).index(_kind(i)), _age(i, facts)))


def _named(exchange: Exchange) -> Iterator[str]:
    yield from in_text(json.dumps([exchange.path, exchange.query, exchange.body]))
    yield from (item["id"] for item in _page_of_the_account(exchange).get("data", ()))


def _kind(recorded: str) -> str:
    return recorded.replace("-", "_").split("_")[0]


def _age(recorded: str, facts: Facts) -> int:
    return int(facts.last_shown(recorded).get("created_at", 0))


def _told(recorded: str, facts: Facts) -> Shape:
    kind, known = _kind(recorded), facts.last_shown(recorded)
    told = {name: known[name] for name in TOLD.get(kind, "").split() if name in known}
    return DEFAULTS.get(kind, {}) | _without_nulls(told)


def _without_nulls(value: Json) -> Json:
    """What an answer fills up with nulls, a request leaves out."""
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


class Account:
    """Makes the objects of an account."""

    def __init__(self, recording: Recording, facts: Facts, http: httpx2.Client, ids: Ids) -> None:
        self._recording, self._facts, self._http, self._ids = recording, facts, http, ids

    def furnish(self) -> frozenset[str]:
        """Make what was there before, and give the recorded ids of it."""
        there = strangers(self._recording, self._facts)
        pages = {exchange.path: _page_of_the_account(exchange) for exchange in self._recording.exchanges}
        for path in (path for path, page in pages.items() if page.get("has_more")):
            self._older(path)
        for recorded in there:
            self._ids.bind(recorded, self._made(recorded))
        return frozenset(there)

    def _older(self, path: str) -> None:
        """The recorded pages end before the account does: something older has to be there."""
        kind = next(kind for kind, where in KINDS.items() if where == path)
        self._make(kind, DEFAULTS.get(kind, {}), {})

    def _made(self, recorded: str) -> str:
        kind = _kind(recorded)
        return self._make(kind, self._ids.translated(_told(recorded, self._facts)), self._shown(recorded))

    def _shown(self, recorded: str) -> Shape:
        return {"id": recorded} | self._facts.last_shown(recorded)

    def _make(self, kind: str, body: Shape, file: Shape) -> str:
        if kind == "file":
            form = ("file", (file.get("filename", "file.txt"), file_of(file, self._facts)))
            answer = self._http.post("/files", data={"purpose": _purpose(file)}, files=dict([form]))
        else:
            answer = self._http.post(KINDS[kind], json=body)
        answer.raise_for_status()
        made: Any = answer.json()
        return str(made["id"])


def _purpose(file: Shape) -> str:
    """What tools and jobs write cannot be uploaded; it stands in for an upload here."""
    known = str(file.get("purpose", "assistants"))
    return "assistants" if known.endswith(("_output", "-results")) else known


def _page_of_the_account(exchange: Exchange) -> Shape:
    """The page that this exchange got of an account's list; empty when it asked for something else."""
    is_page = exchange.method == "GET" and exchange.path in OF_THE_ACCOUNT and exchange.answer.is_good
    return dict(exchange.answer.body or {}) if is_page else {}
