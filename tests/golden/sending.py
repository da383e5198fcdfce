"""Sends recorded requests to our server, with our ids in place of the recorded ones."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx2

from tests.golden import forms
from tests.golden.facts import Facts
from tests.golden.ids import Ids
from tests.golden.recording import STREAM, Answer, Exchange, Recording, Shape, events_of

ENDS = {"after": ("last_id",), "before": ("first_id", "last_id")}
SENT_HEADERS = ("accept", "openai-beta")


class Sender:
    """Knows the pages that were answered, since requests go on from them."""

    def __init__(self, recording: Recording, facts: Facts, http: httpx2.Client, ids: Ids) -> None:
        self._recording, self._facts, self._http, self._ids = recording, facts, http, ids
        self._pages: dict[str, tuple[Shape, Shape]] = {}

    def send(self, exchange: Exchange) -> Answer:
        """Our server's answer to a recorded request."""
        headers = {name: exchange.headers[name] for name in SENT_HEADERS if name in exchange.headers}
        path = self._ids.translated(exchange.path)
        params = [(name, self._cursor(exchange, name, value)) for name, value in exchange.query]
        content = self._content(exchange)
        answer = _answer(self._http.request(exchange.method, path, params=params, headers=headers, **content))
        recorded = exchange.answer.body
        if isinstance(recorded, dict) and isinstance(answer.body, dict) and "data" in answer.body:
            self._pages[exchange.path] = (recorded, answer.body)
        return answer

    def _cursor(self, exchange: Exchange, name: str, value: str) -> str:
        """A client goes on from an end of the page it got: from ours, where the recorded one went on from its own."""
        recorded, ours = self._pages.get(exchange.path, ({}, {}))
        for end in ENDS.get(name, ()):
            if recorded.get(end) == value and ours.get(end):
                return str(ours[end])
        return str(self._ids.translated(value))

    def _content(self, exchange: Exchange) -> dict[str, Any]:
        if exchange.is_form:
            data, files = forms.form_of(exchange, self._facts)
            return {"data": data, "files": files}
        if exchange.body is None:
            return {}
        body = self._ids.translated(exchange.body)
        if isinstance(body, dict) and body.get("md5"):
            body["md5"] = self._md5(exchange.body["part_ids"])
        return {"json": body}

    def _md5(self, part_ids: list[str]) -> str:
        """The sum of the parts that were made up, in the order the request names them."""
        made = {e.answer.body.get("id"): e for e in self._recording.exchanges if e.parts[-1] == "parts"}
        data = b"".join(forms.part_of(made[part_id], self._facts) for part_id in part_ids)
        return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _answer(told: httpx2.Response) -> Answer:
    kind = told.headers.get("content-type", "")
    headers = {name.lower(): value for name, value in told.headers.items()}
    if kind.startswith(STREAM):
        return Answer(told.status_code, headers, events=events_of(told.text))
    return Answer(
        told.status_code, headers, told.json() if kind.startswith("application/json") else told.text
    )
