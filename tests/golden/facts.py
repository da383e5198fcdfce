"""What a recording tells about the things in it, wherever in the session it tells it."""

from __future__ import annotations

from collections import defaultdict
from itertools import count
from typing import Any

from tests.golden.recording import Exchange, Recording, Shape

TOOLS, MESSAGE = "tool_calls", "message_creation"


class Facts:
    """A recording read from end to end: states, steps and messages of its runs, and the texts of its files."""

    def __init__(self, recording: Recording) -> None:
        self.states: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
        """By kind of object and id: in which exchange it was shown in which state."""
        self.shown: dict[str, list[tuple[int, Shape]]] = defaultdict(list)
        """By id: in which exchange an object was shown, and how."""
        self.pieces: dict[str, list[str]] = defaultdict(list)
        """By the id of a message: its text as it was streamed."""
        self.file_texts: dict[str, str] = {}
        self._cancelled: list[tuple[int, str]] = []
        self._steps: dict[str, tuple[int, int, Shape]] = {}
        self._ups, self._downs = count(1), count(-1, -1)
        for exchange in recording.exchanges:
            self._read(exchange)

    def _read(self, exchange: Exchange) -> None:
        if (
            exchange.parts[-1] == "cancel"
            and exchange.parts[-3] == "file_batches"
            and exchange.answer.is_good
        ):
            self._cancelled.append((exchange.number, exchange.parts[-2]))
        is_newest_first = exchange.answer.events is None and exchange.asks("order", "desc") == "desc"
        for found in exchange.answer.objects():
            self._take(exchange.number, found)
            if found.get("object") == "thread.run.step":
                self._take_step(found, is_newest_first)

    def _take(self, number: int, found: Shape) -> None:
        kind, key = str(found.get("object", "")), str(found.get("id", ""))
        if "status" in found and key:
            self.states[kind, key].append((number, found["status"]))
        if key:
            self.shown[key].append((number, found))
        if kind == "thread.message.delta":
            self.pieces[key] += [part["text"].get("value", "") for part in _texts(found["delta"])]
        self._take_file_text(found)

    def _take_file_text(self, found: Shape) -> None:
        content = found.get("content")
        if "file_id" not in found or not isinstance(content, list) or not content:
            return
        text = "\n".join(part.get("text", "") for part in content)
        known = self.file_texts.get(found["file_id"], "")
        self.file_texts[found["file_id"]] = known if text in known else f"{known}\n{text}".strip("\n")

    def _take_step(self, step: Shape, is_newest_first: bool) -> None:
        """Steps made in one second stand in the order of the list they came in, read from its older end."""
        known = self._steps.get(step["id"])
        place = known[1] if known else next(self._downs if is_newest_first else self._ups)
        if known is None or step["status"] != "in_progress":
            self._steps[step["id"]] = (step["created_at"], place, step)

    def steps(self, run_id: str) -> list[Shape]:
        """The steps of a run, oldest first."""
        ordered = sorted(self._steps.values(), key=lambda step: step[:2])
        return [step for _, _, step in ordered if step["run_id"] == run_id]

    def first_shown(self, key: str) -> int:
        """The exchange that shows an object for the first time."""
        return self.shown[key][0][0]

    def is_to_be_cancelled(self, number: int) -> bool:
        """Whether a batch of files has been made, or is made by this exchange, that will be cancelled."""
        return any(self.first_shown(batch) <= number <= at for at, batch in self._cancelled)

    def last_shown(self, key: str) -> Shape:
        """An object as it was shown last; empty when it never was."""
        return self.shown[key][-1][1] if self.shown[key] else {}

    def text_of(self, message_id: str) -> list[str]:
        """A message's text, in the pieces in which it came where it was streamed."""
        if self.pieces[message_id]:
            return self.pieces[message_id]
        content = self.last_shown(message_id).get("content") or []
        return [part["text"]["value"] for part in content if part["type"] == "text"]

    def messages_of(self, run_id: str) -> list[tuple[int, Shape]]:
        """The messages a run wrote, each with the exchange that shows it for the first time, oldest first."""
        first = (shown[0] for shown in self.shown.values())
        written = [(number, found) for number, found in first if _is_by(found, run_id)]
        return sorted(written, key=lambda message: message[1]["created_at"])


def _is_by(found: Shape, run_id: str) -> bool:
    return found.get("object") == "thread.message" and found.get("run_id") == run_id


def _texts(delta: Shape) -> list[Any]:
    return [part for part in delta.get("content") or () if "text" in part]
