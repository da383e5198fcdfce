"""The lines of a batch's input file, looked at as OpenAI does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic_core import from_json

CHAT: Final = "/v1/chat/completions"
WINDOW: Final = "24h"
ENDPOINTS = (CHAT, "/v1/responses", "/v1/embeddings")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MOST_REQUESTS = 50_000
MOST_INPUTS = 50_000
MOST_BYTES = 200_000_000
MOST_ERRORS = 100
MOST_ID_CHARS = 512

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One request of a batch: its line in the input file, counted from 1, and what it asks."""

    number: int
    custom_id: str
    body: Body


@dataclass(slots=True)
class Checked:
    """What the lines of an input file are like: how many requests, of which model, and what is wrong with them."""

    total: int = 0
    model: str | None = None
    errors: list[Body] = field(default_factory=list)

    def refuse(self, code: str, message: str, line: int | None = None, param: str | None = None) -> None:
        """Note something that is wrong, unless there is enough of it already."""
        if len(self.errors) < MOST_ERRORS:
            self.errors.append({"code": code, "message": message, "param": param, "line": line})


def check_lines(lines: Iterable[bytes], endpoint: str, size_bytes: int) -> Checked:
    """Look at every line of an input file."""
    checked, seen, inputs = Checked(), set[str](), 0
    if size_bytes > MOST_BYTES:
        checked.refuse("file_too_large", f"The input file is larger than {MOST_BYTES // 10**6} MB.")
        return checked
    for number, raw in _filled(lines):
        checked.total += 1
        if checked.total > MOST_REQUESTS:
            checked.refuse("too_many_tasks", f"A batch takes at most {MOST_REQUESTS:,} requests.", number)
            break
        given = _object(raw)
        if given is None:
            checked.refuse("invalid_json_line", "This line is not parseable as valid JSON.", number)
            continue
        _check_line(checked, number, given, endpoint, seen)
        if endpoint == "/v1/embeddings" and isinstance(given.get("body"), dict):
            inputs += _inputs(given["body"].get("input"))
    if checked.total == 0:
        checked.refuse("empty_file", "The input file is empty. A batch needs at least one request.")
    if inputs > MOST_INPUTS:
        checked.refuse("too_many_tasks", f"A batch takes at most {MOST_INPUTS:,} inputs to be embedded.")
    return checked


def read_lines(lines: Iterable[bytes]) -> Iterator[Line]:
    """The requests of an input file that was found good."""
    for number, raw in _filled(lines):
        if (given := _object(raw)) is not None:
            yield Line(number, given["custom_id"], given["body"])


def _filled(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    return ((number, raw) for number, raw in enumerate(lines, 1) if raw.strip())


def _object(raw: bytes) -> Body | None:
    try:
        given = from_json(raw, allow_inf_nan=False)
    except ValueError:
        return None
    return given if isinstance(given, dict) else None


def _check_line(checked: Checked, number: int, given: Body, endpoint: str, seen: set[str]) -> None:
    def refuse(code: str, message: str, param: str) -> None:
        checked.refuse(code, message, number, param)

    for name in ("custom_id", "method", "url", "body"):
        if given.get(name) is None:
            return refuse("missing_required_parameter", f"Missing required parameter: '{name}'.", name)
    custom_id, body = given["custom_id"], given["body"]
    if not isinstance(custom_id, str) or not 0 < len(custom_id) <= MOST_ID_CHARS:
        message = f"Invalid 'custom_id': expected a string of 1 to {MOST_ID_CHARS} characters."
        return refuse("invalid_value", message, "custom_id")
    if custom_id in seen:
        message = (
            "The custom_id for this request is a duplicate of another request. The custom_id parameter must be "
            "unique for each request in a batch."
        )
        return refuse("duplicate_custom_id", message, "custom_id")
    seen.add(custom_id)
    if given["method"] != "POST":
        return refuse("invalid_method", "Invalid 'method': only 'POST' is supported.", "method")
    if given["url"] != endpoint:
        message = f"The url of this request does not match the endpoint of the batch, '{endpoint}'."
        return refuse("mismatched_url", message, "url")
    if not isinstance(body, dict):
        return refuse("invalid_value", "Invalid 'body': expected an object.", "body")
    return _check_body(checked, number, body)


def _check_body(checked: Checked, number: int, body: Body) -> None:
    model = body.get("model")
    if not isinstance(model, str) or not model:
        message = "Missing required parameter: 'body.model'."
        return checked.refuse("missing_required_parameter", message, number, "body.model")
    checked.model = checked.model or model
    if model != checked.model:
        message = "The model of this request is not that of the first. Each batch takes requests for a single model."
        return checked.refuse("mismatched_model", message, number, "body.model")
    for name in ("stream", "background"):
        if body.get(name):
            message = f"Invalid 'body.{name}': it has no meaning in a batch. Leave it out."
            return checked.refuse("invalid_value", message, number, f"body.{name}")
    return None


def _inputs(given: Any) -> int:
    """How many texts a request wants to have embedded; one that is given as tokens is a list of numbers."""
    is_list_of_texts = isinstance(given, list) and not (given and isinstance(given[0], int))
    return len(given) if is_list_of_texts else 1
