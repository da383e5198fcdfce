"""What really travelled: one recorded HTTP exchange, and the same as curl or Python."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

CHAT_PATH = "/chat/completions"
LONGEST_DATA_URL_CHARS = 200

# What the SDK's chat.completions.create() takes by name; anything else goes into its extra_body.
_SDK_CHAT_PARAMETERS = """
    audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens
    messages metadata modalities model moderation n parallel_tool_calls prediction presence_penalty
    prompt_cache_key prompt_cache_options prompt_cache_retention reasoning_effort response_format
    safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools
    top_logprobs top_p user verbosity web_search_options
"""
SDK_CHAT_PARAMETERS = frozenset(_SDK_CHAT_PARAMETERS.split())

_DATA_URL = re.compile(
    r"data:([\w.+-]+\\?/[\w.+-]+)((?:;[\w.+-]+=[\w.+-]+)*);base64,([\w+/=-]+(?:\\/[\w+/=-]*)*)", re.ASCII
)
_SENT_BY_CURL_ITSELF = ("host", "connection", "content-length", "accept", "accept-encoding", "user-agent")
_REDACTED = "***"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response as they went over the wire, the key redacted.

    Bodies are text; a long data URL in them is shortened to its type and size. A streamed
    response body is the raw server-sent events as far as they were read.
    """

    method: str
    url: str
    request_headers: dict[str, str]
    request_body: str
    request_size_bytes: int
    sent_at: datetime
    status: int | None = None
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""
    duration_s: float | None = None


# --- reading an exchange --------------------------------------------------------------------


def messages_sent(exchange: Exchange) -> list[dict[str, Any]]:
    """The messages of a chat request, in the order they travelled; empty for any other request."""
    messages = _as_object(exchange.request_body).get("messages")
    return [m for m in messages if isinstance(m, dict)] if isinstance(messages, list) else []


def response_text(exchange: Exchange) -> str:
    """The text the model wrote, put together from a streamed or a whole answer as far as it arrived."""
    if exchange.response_body.lstrip().startswith("{"):
        return _answer_text(_as_object(exchange.response_body), "message")
    return "".join(_answer_text(chunk, "delta") for chunk in _stream_chunks(exchange.response_body))


def _stream_chunks(body: str) -> Iterator[dict[str, Any]]:
    for line in body.splitlines():
        if line.startswith("data:"):
            yield _as_object(line.removeprefix("data:"))


def _answer_text(answer: Mapping[str, Any], part: str) -> str:
    if answer.get("type") == "response.output_text.delta":
        return str(answer.get("delta") or "")
    choices = answer.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get(part) if isinstance(first, dict) else None
    return str(message.get("content") or "") if isinstance(message, dict) else ""


def _as_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


# --- the same request elsewhere -------------------------------------------------------------


def as_curl(exchange: Exchange) -> str:
    """The request as a bash command; the key comes from $OPENAI_API_KEY."""
    body = _pretty(exchange.request_body)
    flags = ["-N"] if _as_object(body).get("stream") else []
    if exchange.method != ("POST" if body else "GET"):
        flags.append(f"-X {shlex.quote(exchange.method)}")
    lines = [" ".join(["curl", *flags, shlex.quote(exchange.url)])]
    lines += [f"  -H {header}" for header in _curl_headers(exchange.request_headers)]
    if not body:
        return " \\\n".join(lines)
    end = _unused_line("JSON", body)
    command = " \\\n".join([*lines, f"  --data-binary @- <<'{end}'"])
    return f"{_note_on_pictures(body)}{command}\n{body}\n{end}"


def as_python(exchange: Exchange) -> str:
    """The request as a Python program for the openai package; the key comes from OPENAI_API_KEY."""
    body = _as_object(exchange.request_body)
    base_url, path = _split_url(exchange.url)
    head = f"from openai import OpenAI\n\nclient = OpenAI(base_url={base_url!r})  # key: OPENAI_API_KEY\n\n"
    if path != CHAT_PATH or not body:
        return head + _python_of_any_call(exchange.method, path, body)
    extra = {name: value for name, value in body.items() if name not in SDK_CHAT_PARAMETERS}
    known = {name: value for name, value in body.items() if name in SDK_CHAT_PARAMETERS}
    kwargs = known | ({"extra_body": extra} if extra else {})
    call = f"kwargs = {_literal(kwargs)}\n"
    tail = _PRINT_STREAM if body.get("stream") else _PRINT_ANSWER
    return _note_on_pictures(_pretty(exchange.request_body)) + head + call + tail


_PRINT_STREAM = """
with client.chat.completions.create(**kwargs) as stream:
    for chunk in stream:
        if chunk.choices and chunk.choices[0].delta.content:
            print(chunk.choices[0].delta.content, end="", flush=True)
print()
"""
_PRINT_ANSWER = """
completion = client.chat.completions.create(**kwargs)
print(completion.choices[0].message.content)
"""


def _python_of_any_call(method: str, path: str, body: dict[str, Any]) -> str:
    argument = f", body={_literal(body)}" if body else ""
    return f"print(client.{method.lower()}({path!r}{argument}, cast_to=object))\n"


def _split_url(url: str) -> tuple[str, str]:
    """The SDK's base_url and the path below it."""
    if url.endswith(CHAT_PATH):
        return url.removesuffix(CHAT_PATH), CHAT_PATH
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    prefix, version, rest = url.removeprefix(origin).partition("/v1/")
    return (f"{origin}{prefix}/v1", f"/{rest}") if version else (origin, prefix)


def _curl_headers(headers: Mapping[str, str]) -> Iterator[str]:
    for name, value in headers.items():
        key = name.lower()
        if value == f"Bearer {_REDACTED}":
            yield f'{shlex.quote(name + ": Bearer ")}"$OPENAI_API_KEY"'
        elif value == _REDACTED and key.endswith("-key"):
            yield f'{shlex.quote(name + ": ")}"$OPENAI_API_KEY"'
        elif value != _REDACTED and key not in _SENT_BY_CURL_ITSELF and not key.startswith("x-stainless-"):
            yield shlex.quote(f"{name}: {value}")


def _pretty(body: str) -> str:
    if not _as_object(body):
        return body
    value = json.loads(body)
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return text if _is_encodable(text) else json.dumps(value, indent=2)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unused_line(word: str, body: str) -> str:
    lines = set(body.splitlines())
    while word in lines:
        word += "_"
    return word


def _note_on_pictures(body: str) -> str:
    return (
        "# Pictures are shortened here: put their data URLs back before running.\n"
        if ";base64,…(" in body
        else ""
    )


def _literal(value: Any, indent: str = "") -> str:
    """`value` as Python source, one entry a line."""
    deeper = indent + "    "
    if isinstance(value, dict) and value:
        entries = [f"{deeper}{key!r}: {_literal(item, deeper)},\n" for key, item in value.items()]
        return "{\n" + "".join(entries) + indent + "}"
    if isinstance(value, list) and value:
        return "[\n" + "".join(f"{deeper}{_literal(item, deeper)},\n" for item in value) + indent + "]"
    return repr(value)


# --- what must not be kept ------------------------------------------------------------------


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers without keys, cookies and account names."""
    return {name: _redacted(name.lower(), value) for name, value in headers.items()}


def _redacted(name: str, value: str) -> str:
    if name in ("authorization", "proxy-authorization"):
        return f"Bearer {_REDACTED}" if value[:7].lower() == "bearer " else _REDACTED
    is_secret = name.endswith(("-key", "cookie")) or name in ("openai-organization", "openai-project")
    return _REDACTED if is_secret else value


def shorten_data_urls(text: str) -> str:
    """`text` with each long data URL cut to its type and size: `data:image/png;base64,…(123,456 bytes)`."""
    return _DATA_URL.sub(_shorten, text) if ";base64," in text else text


def _shorten(match: re.Match[str]) -> str:
    if len(match[0]) <= LONGEST_DATA_URL_CHARS:
        return match[0]
    payload = match[3].replace("\\", "").rstrip("=")
    return f"data:{match[1]}{match[2]};base64,…({len(payload) * 3 // 4:,} bytes)"
