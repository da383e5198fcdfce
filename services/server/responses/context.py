"""Items as the messages of a chat request, cut to what fits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services import tokens
from services.server.errors import ApiError
from services.server.responses.compaction import summary_of
from services.server.responses.file_inputs import key_of
from services.server.responses.items import Item, text_of
from services.server.runs.builtin_tools import CODE_INTERPRETER, FILE_SEARCH
from services.server.runs.citations import Passage
from services.server.runs.prompt import count
from services.server.vision import BLOB_URL

Shape = dict[str, Any]

CALLS = {"function_call", "file_search_call", "code_interpreter_call"}
SUMMARY = "What was said before, in short:\n{}"
GONE = "[What this tool gave is not kept any more.]"


@dataclass(frozen=True, slots=True)
class Files:
    """What the files that messages name hold: where the bytes of pictures are, and the texts of others."""

    pictures: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


def check_calls(before: Sequence[Item], asked: Sequence[Item]) -> None:
    """ApiError 400 unless every function call has its output, and every output that is sent now its call."""
    items = [*before, *asked]
    calls = [item for item in items if item.kind == "function_call"]
    answered = {item.body["call_id"] for item in items if item.kind == "function_call_output"}
    for call in calls:
        if call.body["call_id"] not in answered and call.body.get("status") != "incomplete":
            message = f"No tool output found for function call {call.body['call_id']}."
            raise ApiError(400, message, param="input")
    called = {call.body["call_id"] for call in calls}
    for output in asked:
        if output.kind == "function_call_output" and output.body["call_id"] not in called:
            call_id = output.body["call_id"]
            message = f"No tool call found for function call output with call_id {call_id}."
            raise ApiError(400, message, param="input")


def messages(instructions: str | None, items: Sequence[Item], files: Files) -> list[list[Shape]]:
    """The messages in units that belong together: instructions, what each item says, calls with their results."""
    units: list[list[Shape]] = [[{"role": "system", "content": instructions}]] if instructions else []
    outputs = {i.body["call_id"]: i.body["output"] for i in items if i.kind == "function_call_output"}
    calls: list[Item] = []
    for item in items:
        if item.kind in CALLS:
            calls.append(item)
        elif item.kind not in ("function_call_output", "reasoning"):
            units += _called(units, calls, outputs)
            calls = []
            units += _said(item, files)
    return units + _called(units, calls, outputs)


def fitted(units: list[list[Shape]], limit_tokens: int, model: str) -> list[Shape]:
    """The messages that fit: the oldest are left out, instructions and the last unit never."""
    sizes = [sum(count(message, model) for message in unit) for unit in units]
    first = 1 if units and units[0][0]["role"] == "system" else 0
    kept, total = first, sum(sizes)
    while kept < len(units) - 1 and total > limit_tokens:
        total -= sizes[kept]
        kept += 1
    return flat([*units[:first], *units[kept:]])


def flat(units: Iterable[list[Shape]]) -> list[Shape]:
    """The messages of all units."""
    return [message for unit in units for message in unit]


def size(units: Iterable[list[Shape]], functions: Sequence[Shape], model: str) -> int:
    """About how many tokens these messages and tools take."""
    tools = sum(tokens.TOKENS_PER_TOOL + tokens.count(str(tool), model) for tool in functions)
    return tools + sum(count(message, model) for message in flat(units))


def passages_of(items: Iterable[Item]) -> list[Passage]:
    """The passages that these items have shown to the model."""
    return [Passage.of(shown) for item in items for shown in item.private.get("passages", ())]


def questions_of(items: Sequence[Item]) -> list[str]:
    """What the person said last and before, newest first."""
    asked = [text_of(item) for item in reversed(items) if item.body.get("role") == "user"]
    return asked[:2]


def _said(item: Item, files: Files) -> list[list[Shape]]:
    if item.kind == "compaction":
        return [[{"role": "system", "content": SUMMARY.format(summary_of(item.body))}]]
    role = "system" if item.body["role"] == "developer" else item.body["role"]
    parts = [part for given in item.body["content"] if (part := _part(given, files)) is not None]
    if not parts:
        return []
    if all(part["type"] == "text" for part in parts):
        return [[{"role": role, "content": "\n".join(part["text"] for part in parts)}]]
    return [[{"role": role, "content": parts}]]


def _part(part: Shape, files: Files) -> Shape | None:
    match part["type"]:
        case "refusal":
            return {"type": "text", "text": part["refusal"]}
        case "input_image":
            return _picture(part, files)
        case "input_file":
            return {"type": "text", "text": files.texts.get(key_of(part), "[This file has been deleted.]")}
    return {"type": "text", "text": part["text"]} if part.get("text") else None


def _picture(part: Shape, files: Files) -> Shape:
    url = part.get("image_url")
    if url is None:
        key = files.pictures.get(part.get("file_id") or "")
        if key is None:
            return {"type": "text", "text": "[A picture that was here has been deleted.]"}
        url = BLOB_URL + key
    detail = part.get("detail") or "auto"
    return {"type": "image_url", "image_url": {"url": url, "detail": detail}}


def _called(units: list[list[Shape]], calls: list[Item], outputs: Mapping[str, Any]) -> list[list[Shape]]:
    """Calls that stand together were one answer; words of the model just before them belong to it."""
    known = [call for call in calls if call.kind != "function_call" or call.body["call_id"] in outputs]
    if not known:
        return []
    told = [_told(call, outputs) for call in known]
    asked = [
        {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
        for call_id, name, arguments, _ in told
    ]
    said = None
    if units and units[-1][-1]["role"] == "assistant" and "tool_calls" not in units[-1][-1]:
        said = units.pop()[-1]["content"]
    results = [{"role": "tool", "tool_call_id": call_id, "content": output} for call_id, _, _, output in told]
    return [[{"role": "assistant", "content": said, "tool_calls": asked}, *results]]


def _told(call: Item, outputs: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Id, name, arguments and output of a call, as the model wrote and reads them."""
    body, private = call.body, call.private
    match call.kind:
        case "function_call":
            return body["call_id"], body["name"], body["arguments"], _output(outputs[body["call_id"]])
        case "file_search_call":
            asked = json.dumps({"query": " ".join(body["queries"])}, ensure_ascii=False)
            found = "\n\n".join(r.get("text") or "" for r in body.get("results") or ()) or GONE
            return body["id"], FILE_SEARCH, private.get("arguments", asked), private.get("output", found)
    code = json.dumps({"code": body.get("code") or ""}, ensure_ascii=False)
    printed = "".join(o["logs"] for o in body.get("outputs") or () if o["type"] == "logs") or GONE
    return body["id"], CODE_INTERPRETER, private.get("arguments", code), private.get("output", printed)


def _output(output: Any) -> str:
    """What the client's function gave, as text: some give it in parts."""
    if isinstance(output, str):
        return output
    return "\n".join(part.get("text") or f"[{part['type']}]" for part in output)
