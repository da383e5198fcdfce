"""Values as source text: whatever a person or a model wrote stays inside a literal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

WIDTH = 100


def python(value: Any, indent: int = 0) -> str:
    """`value` as Python source, on one line where it fits; lines after the first are indented by so many spaces."""
    inline = _inline(value)
    if indent + len(inline) <= WIDTH or not isinstance(value, (Mapping, list, tuple)) or not value:
        return inline
    inner, space = indent + 4, " " * indent
    if isinstance(value, Mapping):
        entries = [f"{_inline(name)}: {python(item, inner)}" for name, item in value.items()]
    else:
        entries = [python(item, inner) for item in value]
    opening, closing = "{}" if isinstance(value, Mapping) else "[]"
    lines = "".join(f"{space}    {entry},\n" for entry in entries)
    return f"{opening}\n{lines}{space}{closing}"


def _inline(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_inline(name)}: {_inline(item)}" for name, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return repr(value)


def _text(value: str) -> str:
    """A text in double quotes, as JSON and Python agree on them; Python's own way for half a character."""
    return json.dumps(value, ensure_ascii=False) if is_encodable(value) else repr(value)


def constant(name: str, value: Any) -> str:
    """An assignment of `value` to `name`; a list has an entry a line."""
    if isinstance(value, list) and value:
        entries = "".join(f"    {python(entry, 4)},\n" for entry in value)
        return f"{name} = [\n{entries}]"
    return f"{name} = {python(value)}"


def as_json(value: Any) -> str:
    """`value` as indented JSON; in ASCII where half a character is in it."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return text if is_encodable(text) else json.dumps(value, indent=2)


def is_encodable(text: str) -> bool:
    """Whether a text can be written to a file."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
