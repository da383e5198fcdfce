"""The messages of an example: who speaks, what is said, and what is learnt from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from services.tuning.checks.found import Parsed, error, mended, shown, warning
from services.tuning.records import Finding

ROLES = ("system", "developer", "user", "assistant", "tool", "function")
OTHER_ROLES = {
    "human": "user",
    "customer": "user",
    "person": "user",
    "bot": "assistant",
    "ai": "assistant",
    "gpt": "assistant",
    "model": "assistant",
    "chatbot": "assistant",
    "agent": "assistant",
    "instruction": "system",
}
KEYS = ("role", "content", "name", "weight", "tool_calls", "tool_call_id", "function_call", "refusal")
NAME = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")
ENOUGH_IMAGES = 10


def messages(example: Parsed) -> Iterator[Finding]:
    """What is wrong with single messages, then with their order."""
    for at, message in enumerate(example["messages"]):
        yield from _role(example, at, message)
        yield from _unknown_keys(example, at, message)
        yield from _weight(example, at, message)
        yield from _name(example, at, message)
        yield from _content(example, at, message)
    yield from _order(example)


def says_nothing(message: Parsed) -> bool:
    """Whether a message has neither text nor calls nor a refusal."""
    content = message.get("content")
    is_empty = not content or (isinstance(content, str) and not content.strip())
    return is_empty and not any(message.get(key) for key in ("tool_calls", "function_call", "refusal"))


def _set(example: Parsed, at: int, **values: Any) -> str:
    """The line with these entries of one message set."""
    return mended(example, lambda one: one["messages"][at].update(values))


def _without(example: Parsed, at: int, key: str) -> str:
    return mended(example, lambda one: one["messages"][at].pop(key))


def _role(example: Parsed, at: int, message: Parsed) -> Iterator[Finding]:
    role = message.get("role")
    if role is None:
        yield error("no_role", f"Message {at + 1} has no role.")
    elif not isinstance(role, str) or role not in ROLES:
        known = str(role).strip().lower()
        known = OTHER_ROLES.get(known, known)
        fixed = _set(example, at, role=known) if known in ROLES else None
        yield error("unknown_role", f"Message {at + 1}: there is no role {shown(role)}.", fixed)


def _unknown_keys(example: Parsed, at: int, message: Parsed) -> Iterator[Finding]:
    for key in message:
        if key not in KEYS:
            yield error(
                "unknown_message_key",
                f"Message {at + 1}: a message has no key {shown(key)}.",
                _without(example, at, key),
            )


def _weight(example: Parsed, at: int, message: Parsed) -> Iterator[Finding]:
    if "weight" not in message:
        return
    weight = message["weight"]
    if message.get("role") != "assistant":
        yield error(
            "weight_of_other",
            f"Message {at + 1}: only messages of the assistant have a weight.",
            _without(example, at, "weight"),
        )
    elif isinstance(weight, (bool, float, str)) or weight not in (0, 1):
        known = {"0": 0, "1": 1, "true": 1, "false": 0, "0.0": 0, "1.0": 1}.get(str(weight).lower())
        fixed = None if known is None else _set(example, at, weight=known)
        yield error("weight", f"Message {at + 1}: a weight is 0 or 1, not {shown(weight)}.", fixed)


def _name(example: Parsed, at: int, message: Parsed) -> Iterator[Finding]:
    if "name" not in message:
        return
    name = message["name"]
    if not isinstance(name, str) or not NAME.match(name):
        cleaned = re.sub(r"[^a-zA-Z0-9_-]+", "_", str(name)).strip("_")[:64]
        fixed = _set(example, at, name=cleaned) if cleaned else _without(example, at, "name")
        yield error("name", f"Message {at + 1}: a name has letters, digits, _ and - only, at most 64.", fixed)


def _content(example: Parsed, at: int, message: Parsed) -> Iterator[Finding]:
    content, role = message.get("content"), message.get("role")
    calls = message.get("tool_calls") or message.get("function_call") or message.get("refusal")
    if isinstance(content, list):
        yield from _parts(at, content, role)
    elif content is not None and not isinstance(content, str):
        fixed = _set(example, at, content=str(content)) if isinstance(content, (int, float)) else None
        yield error("content_type", f"Message {at + 1}: content is text, not {shown(content)}.", fixed)
    elif content is None and not calls:
        yield error("no_content", f"Message {at + 1} has no content.")
    elif not (content or "").strip() and not calls:
        may_go = role in ("system", "developer")
        fixed = mended(example, lambda one: one["messages"].pop(at)) if may_go else None
        yield error("empty_content", f"Message {at + 1} is empty.", fixed)
    elif content and role == "assistant" and content != content.strip():
        yield warning(
            "space_around",
            f"Message {at + 1}: the answer begins or ends with blanks, which would be learnt too.",
            _set(example, at, content=content.strip()),
        )


def _parts(at: int, parts: list[Any], role: object) -> Iterator[Finding]:
    if not parts:
        yield error("empty_content", f"Message {at + 1} is empty.")
    for part in parts:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text":
            if not isinstance(part.get("text"), str) or not part["text"].strip():
                yield error("part", f"Message {at + 1}: a part of type text needs text.")
        elif kind == "image_url":
            yield from _picture(at, part.get("image_url"), role)
        else:
            yield error("part", f"Message {at + 1}: a part is of type text or image_url, not {shown(kind)}.")
    if sum(isinstance(part, dict) and part.get("type") == "image_url" for part in parts) > ENOUGH_IMAGES:
        yield error("too_many_pictures", f"Message {at + 1}: {ENOUGH_IMAGES} pictures are the most.")


def _picture(at: int, picture: object, role: object) -> Iterator[Finding]:
    if role != "user":
        yield error("picture_of_other", f"Message {at + 1}: only messages of the user may have pictures.")
    url = picture.get("url") if isinstance(picture, dict) else None
    if not isinstance(url, str) or not url.startswith(("https://", "http://", "data:image/")):
        yield error(
            "picture_url", f"Message {at + 1}: a picture needs a url that begins with https or data:image."
        )


def _order(example: Parsed) -> Iterator[Finding]:
    roles = [message.get("role") for message in example["messages"]]
    answers = [m for m in example["messages"] if m.get("role") == "assistant"]
    if not answers:
        yield error("no_assistant", "No message is of the assistant: there is nothing to learn.")
        return
    if roles[-1] != "assistant":
        last = max(at for at, role in enumerate(roles) if role == "assistant")
        yield error(
            "last_not_assistant",
            f"The last message is of {shown(roles[-1])}; an example ends with the assistant's answer.",
            mended(example, lambda one: one["messages"].__delitem__(slice(last + 1, None))),
        )
    if all(m.get("weight") in (0, False) and "weight" in m for m in answers):
        yield error("nothing_to_learn", "Every answer has weight 0: there is nothing to learn.")
    if "user" not in roles:
        yield warning("no_user", "No message is of the user: the model would learn to speak unasked.")
    late = next((at for at, role in enumerate(roles) if at and role in ("system", "developer")), None)
    if late is not None and roles[0] not in ("system", "developer"):
        yield warning(
            "system_not_first",
            f"Message {late + 1} is of the system; it usually comes first.",
            mended(example, lambda one: one["messages"].insert(0, one["messages"].pop(late))),
        )
