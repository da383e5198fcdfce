"""Items: what goes into a response and what comes out of it, in the words of the wire."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.server.store.ids import is_id, new_id

Shape = dict[str, Any]

PREFIXES = {
    "message": "msg_",
    "function_call": "fc_",
    "function_call_output": "fco_",
    "file_search_call": "fs_",
    "code_interpreter_call": "ci_",
    "reasoning": "rs_",
    "compaction": "cmp_",
}
TEXT_PARTS = ("input_text", "output_text", "text", "summary_text")


@dataclass(slots=True)
class Item:
    """An item, and for ourselves what it rests on: what a tool told the model, and its passages and files."""

    body: Shape
    private: Shape = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Its type."""
        return str(self.body["type"])


def as_items(given: str | Sequence[Shape], taken: Iterable[str] = ()) -> list[Item]:
    """A checked request's input as items in full; an id that is taken, or none, is replaced by a fresh one."""
    if isinstance(given, str):
        given = [{"role": "user", "content": given}]
    seen = set(taken)
    items = []
    for shape in given:
        item = _in_full(shape)
        if not is_id(item.get("id") or "") or item["id"] in seen:
            item["id"] = new_id(PREFIXES[item["type"]])
        seen.add(item["id"])
        items.append(Item(item))
    return items


def _in_full(given: Shape) -> Shape:
    item = {"id": None, "type": "message", **given}
    if item["type"] == "message":
        item.setdefault("status", "completed")
        item["content"] = _content(item["content"], item["role"])
    elif item["type"] in ("function_call", "function_call_output"):
        item.setdefault("status", "completed")
    elif item["type"] == "code_interpreter_call":
        item.setdefault("outputs", None)
    return item


def _content(content: Any, role: str) -> list[Shape]:
    if isinstance(content, str):
        content = [{"type": "output_text" if role == "assistant" else "input_text", "text": content}]
    return [_part(part) for part in content]


def _part(part: Shape) -> Shape:
    match part["type"]:
        case "output_text":
            return {"annotations": [], "logprobs": [], **part}
        case "input_image":
            return {"detail": "auto", "file_id": None, "image_url": None, **part}
    return part


def text_of(item: Item) -> str:
    """What a message says in words."""
    if item.kind != "message":
        return ""
    parts = (part for part in item.body["content"] if part["type"] in TEXT_PARTS)
    return "\n".join(part["text"] for part in parts)
