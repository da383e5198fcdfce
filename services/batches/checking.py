"""A file of requests looked at before it is sent, and what is wrong with it in sentences for a person."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from services.batches.lines import BYTE_ORDER_MARK, CHAT, ENDPOINTS, MOST_ID_CHARS, Checked, check_lines

MOST_CHARS = 80


@dataclass(frozen=True, slots=True)
class Looked:
    """What a file asks for; `problems` are sentences, each with its line. Only one without any can be sent."""

    endpoint: str
    model: str | None
    total: int
    problems: tuple[str, ...]


def look(data: bytes) -> Looked:
    """Look at every line; the first one's url says which endpoint all must have."""
    lines = data.removeprefix(BYTE_ORDER_MARK).split(b"\n")
    endpoint = _endpoint(lines)
    if endpoint is not None and endpoint not in ENDPOINTS:
        said = f"The first request goes to '{endpoint[:MOST_CHARS]}'. A batch takes requests to {', '.join(ENDPOINTS)}."
        return Looked(endpoint, None, 0, (said,))
    checked = check_lines(lines, endpoint or CHAT, len(data))
    return Looked(endpoint or CHAT, checked.model, checked.total, _sentences(checked, lines))


def _endpoint(lines: list[bytes]) -> str | None:
    """The url of the first line that has one."""
    for line in lines:
        try:
            given = json.loads(line) if line.strip() else None
        except (ValueError, RecursionError):
            continue
        if isinstance(given, dict) and isinstance(given.get("url"), str):
            return str(given["url"])
    return None


def _sentences(checked: Checked, lines: list[bytes]) -> tuple[str, ...]:
    return tuple(_sentence(error, lines) for error in checked.errors)


def _sentence(error: dict[str, Any], lines: list[bytes]) -> str:
    line, param = error["line"], error["param"]
    where = f"Line {line}" if line else "The file"
    match error["code"]:
        case "invalid_json_line":
            return f"{where} is no JSON object{_why(lines[line - 1])}. Each line is one whole request."
        case "missing_required_parameter":
            return f"{where} lacks {param}. A request has custom_id, method, url and a body with a model."
        case "duplicate_custom_id":
            return f"{where} has a custom_id that an earlier line has. Give each its own; answers are told apart by it."
        case "invalid_method":
            return f'{where}: the method must be "POST".'
        case "mismatched_url":
            return (
                f"{where} has another url than the first request. Put each endpoint into a batch of its own."
            )
        case "mismatched_model":
            return (
                f"{where} asks another model than the first request. Put each model into a batch of its own."
            )
        case "empty_file":
            return "The file has no request in it. Write one JSON object a line."
        case "invalid_value" if param == "custom_id":
            return f"{where}: custom_id must be a text of 1 to {MOST_ID_CHARS} characters."
        case "invalid_value" if param == "body":
            return f"{where}: body must be an object, the request as you would send it alone."
        case "invalid_value" if param in ("body.stream", "body.background"):
            return f"{where}: nobody listens while a batch runs. Leave {param.removeprefix('body.')} out of the body."
    return f"{where}: {error['message']}" if line else str(error["message"])


def _why(line: bytes) -> str:
    try:
        json.loads(line)
    except json.JSONDecodeError as error:
        return f": {error.msg[:1].lower()}{error.msg[1:]} at character {error.colno}"
    except (ValueError, RecursionError):
        return ": it is not text in UTF-8, or too deep"
    return ""
