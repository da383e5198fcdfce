"""An OpenAPI document's text as plain JSON values, whether it was written as JSON or as YAML.

YAML is read event by event, with the words OpenAPI takes from it (YAML 1.2's JSON schema): `no` is a word and
`2024-01-01` a text. No tag makes an object, and aliases count at their full length: nine lines can stand for
a thousand million.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from services.errors import InvalidInput

if TYPE_CHECKING:
    import yaml

MAX_DOCUMENT_BYTES = 1_000_000
MAX_NODES = 200_000
MAX_DEPTH = 80

_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?")
_TEXT_TAG = "tag:yaml.org,2002:str"


def parse_document(text: str) -> dict[str, Any]:
    """The document as an object. Raises InvalidInput saying where it cannot be read."""
    data = text.encode(errors="replace")
    size_bytes = len(data)
    if size_bytes > MAX_DOCUMENT_BYTES:
        raise InvalidInput(
            f"The document has {size_bytes:,} bytes; {MAX_DOCUMENT_BYTES:,} is the most. Leave out what you do not need."
        )
    if not text.strip():
        raise InvalidInput("The document is empty. Paste an OpenAPI document as JSON or YAML.")
    document = _parsed(data.decode())
    if not isinstance(document, dict):
        raise InvalidInput("This is no OpenAPI document: it must be an object that begins with “openapi”.")
    return document


def _parsed(text: str) -> Any:
    if text.lstrip().startswith("{"):
        try:
            document = _checked(json.loads(text))
            return document if "\\ud" not in text.lower() else _with_whole_characters(document)
        except json.JSONDecodeError as error:
            reason = f"{error.msg} at line {error.lineno}, column {error.colno}"
            raise InvalidInput(f"The document is not JSON: {reason}.") from error
        except (ValueError, RecursionError) as error:
            raise InvalidInput(
                "The document is nested too deeply, or has a number too long to read."
            ) from error
    return _from_yaml(text)


def _checked(document: Any) -> Any:
    """What came from JSON, if it has no more levels and values than YAML may have."""
    level, nodes = [document], 0
    for _ in range(MAX_DEPTH + 1):
        level = [inner for value in level for inner in _inside(value)]
        nodes += len(level)
        if nodes > MAX_NODES:
            raise InvalidInput(_too_many())
        if not level:
            return document
    raise InvalidInput(f"The document is nested deeper than {MAX_DEPTH} levels.")


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _too_many() -> str:
    return f"The document stands for more than {MAX_NODES:,} values. Leave out what you do not need."


def _with_whole_characters(document: Any) -> Any:
    """An escape can write half a character, which nothing can store or send."""
    return json.loads(json.dumps(document, ensure_ascii=False).encode(errors="replace"))


def _from_yaml(text: str) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Reader(yaml.parse(text, Loader=loader)).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it has characters that no text has"
        raise InvalidInput(f"The document is not YAML{where}: {str(problem)[:200]}.") from error


class _Reader:
    """Builds values from YAML's events. What an alias repeats is counted again, though it is the same value."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._nodes = 0

    def document(self) -> Any:
        import yaml

        documents = [self._value(event, 0) for event in self._events if isinstance(event, yaml.NodeEvent)]
        if len(documents) != 1:
            raise InvalidInput(f"The text holds {len(documents)} YAML documents. Paste one.")
        return documents[0]

    def _value(self, event: yaml.Event, depth: int) -> Any:
        import yaml

        if depth > MAX_DEPTH:
            raise InvalidInput(f"The document is nested deeper than {MAX_DEPTH} levels.")
        if isinstance(event, yaml.AliasEvent):
            return self._repeated(event.anchor)
        before = self._nodes
        self._count(1)
        if isinstance(event, yaml.ScalarEvent):
            value = _scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(depth + 1)
        else:
            value = self._mapping(depth + 1)
        if event.anchor:
            self._anchors[event.anchor] = (value, self._nodes - before)
        return value

    def _sequence(self, depth: int) -> list[Any]:
        import yaml

        items = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, depth))
        return items

    def _mapping(self, depth: int) -> dict[str, Any]:
        import yaml

        mapping = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise InvalidInput(
                    f"At line {event.start_mark.line + 1} something other than a word is used as a key."
                )
            mapping[event.value] = self._value(next(self._events), depth)
        merged = mapping.pop("<<", None)
        return merged | mapping if isinstance(merged, dict) else mapping

    def _repeated(self, anchor: str) -> Any:
        if anchor not in self._anchors:
            raise InvalidInput(f"The YAML alias “*{anchor[:40]}” stands for nothing, or contains itself.")
        value, nodes = self._anchors[anchor]
        self._count(nodes)
        return value

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise InvalidInput(_too_many())


def _scalar(event: yaml.ScalarEvent) -> Any:
    """A word, number or text; what is in quotes is text."""
    text: str = event.value
    is_plain = event.implicit[0] and event.tag != _TEXT_TAG
    if not is_plain:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if len(text) < 40 and _NUMBER.fullmatch(text) else text
