"""A talk as a bash script with curl, nothing else needed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.as_code.literals import as_json
from services.as_code.python_sdk import NOT_SENT
from services.as_code.records import Recipe
from services.modes.response_requests import definition as flat_definition
from services.tools.base import definition as nested_definition
from services.turns import Mode

Wire = dict[str, Any]

_HEAD = """\
#!/usr/bin/env bash
set -euo pipefail

BASE_URL={base_url}
: "${{OPENAI_API_KEY:?Set OPENAI_API_KEY first.}}"

post() {{ # post PATH: sends the JSON it is given
  curl -sS --fail-with-body "$BASE_URL$1" \\
    -H "Authorization: Bearer $OPENAI_API_KEY" \\
    -H "Content-Type: application/json"{beta} \\
    --data-binary @-
}}
"""
_BETA = ' \\\n    -H "OpenAI-Beta: assistants=v2"'
_ID = """\
id_of() { # the id in the JSON it is given
  tr '{,' '\\n\\n' | sed -n '/"id": *"/{s/.*"id": *"\\([^"]*\\)".*/\\1/p;q}'
}
"""
_UPLOAD = """\
upload() { # upload FILE: puts a file on the server and gives its id
  curl -sS --fail-with-body "$BASE_URL/files" -H "Authorization: Bearer $OPENAI_API_KEY" \\
    -F purpose=assistants -F "file=@\\"$1\\"" | id_of
}
"""
_READY = """\
until curl -sS --fail-with-body "$BASE_URL/vector_stores/$store" -H "Authorization: Bearer $OPENAI_API_KEY" \\
  -H "OpenAI-Beta: assistants=v2" | grep -q '"status": *"completed"'; do
  sleep 1
done
"""


def program(recipe: Recipe) -> str:
    """The whole talk as one script."""
    beta = _BETA if recipe.mode is Mode.ASSISTANTS else ""
    head = _HEAD.format(base_url=_quoted(recipe.base_url), beta=beta)
    match recipe.mode:
        case Mode.CHAT_COMPLETIONS:
            parts = [head, _chat(recipe)]
        case Mode.ASSISTANTS:
            parts = [head, _ID, *_files(recipe), *_assistants(recipe)]
        case Mode.RESPONSES:
            parts = [head, _ID, *_files(recipe), *_responses(recipe)]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def _quoted(text: str) -> str:
    """A word for the shell; half a character becomes a question mark."""
    return shlex.quote(text.encode(errors="replace").decode())


@dataclass(frozen=True, slots=True)
class Variable:
    """A shell variable in a body; `is_json` where its value is JSON and no part of a text."""

    name: str
    is_json: bool = False

    def __str__(self) -> str:
        return f"\0{self.name}\0"


def _body(value: Any) -> tuple[str, bool]:
    """JSON for a here-document, and whether the shell has to fill in variables."""
    found: list[Variable] = []
    text = as_json(_with_marks(value, found))
    if not found:
        return text, False
    text = re.sub(r"\\\\", lambda _: "\\" * 4, text).replace("$", "\\$").replace("`", "\\`")
    for variable in found:
        mark = as_json(str(variable))
        old, new = (mark, f"${variable.name}") if variable.is_json else (mark[1:-1], f"${variable.name}")
        text = text.replace(old, new)
    return text, True


def _with_marks(value: Any, found: list[Variable]) -> Any:
    if isinstance(value, Variable):
        found.append(value)
        return str(value)
    if isinstance(value, Mapping):
        return {name: _with_marks(inner, found) for name, inner in value.items()}
    return [_with_marks(inner, found) for inner in value] if isinstance(value, list) else value


def _sends(path: str, body: Wire) -> str:
    """A request whose answer is printed."""
    text, is_filled = _body(body)
    end = "JSON" if is_filled else "'JSON'"
    return f"post {path} <<{end}\n{text}\nJSON\necho"


def _quietly(path: str, body: Wire) -> str:
    """A request whose answer nobody needs."""
    return f"post {path} > /dev/null <<'JSON'\n{as_json(body)}\nJSON"


def _gives(variable: str, path: str, body: Wire) -> str:
    """A request whose answer's id goes into a variable."""
    text, is_filled = _body(body)
    end = "JSON" if is_filled else "'JSON'"
    return f"{variable}=$(post {path} <<{end} | id_of\n{text}\nJSON\n)"


STORE, FILES, CONVERSATION = Variable("store"), Variable("files", is_json=True), Variable("conversation")


def _given(recipe: Recipe) -> Wire:
    return {name: value for name, value in recipe.parameters.items() if name not in NOT_SENT}


# --- Chat Completions: the whole history in one request -------------------------------------


def _chat(recipe: Recipe) -> str:
    """The last request of the talk, with everything that was said before."""
    messages: list[Wire] = []
    if recipe.instructions:
        messages.append({"role": "system", "content": recipe.instructions})
    *before, last = recipe.said
    for message, answer in zip(before, recipe.answers, strict=False):
        messages += [{"role": "user", "content": message}, {"role": "assistant", "content": answer}]
    messages.append({"role": "user", "content": last})
    body: Wire = {"model": recipe.model, "messages": messages, **_given(recipe)}
    if recipe.tools:
        body["tools"] = [nested_definition(tool) for tool in recipe.tools]
    return _sends("/chat/completions", body)


# --- files ----------------------------------------------------------------------------------


def _files(recipe: Recipe) -> list[str]:
    """Uploads; `files` is a list of ids as JSON, `store` the vector store that has read them."""
    if not recipe.files:
        return []
    uploads = ["files=" + '""']
    uploads += [f'files="$files,\\"$(upload {_quoted(name)})\\""' for name in recipe.files]
    uploads.append('files="[${files#,}]"')
    blocks = [_UPLOAD, "\n".join(uploads)]
    if "file_search" in recipe.built_in:
        blocks += ['store=$(echo "{\\"file_ids\\": $files}" | post /vector_stores | id_of)', _READY]
    return blocks


# --- Assistants -----------------------------------------------------------------------------


def _assistants(recipe: Recipe) -> list[str]:
    tools = [{"type": kind} for kind in recipe.built_in] + [nested_definition(t) for t in recipe.tools]
    body: Wire = {"model": recipe.model}
    body |= {"instructions": recipe.instructions} if recipe.instructions else {}
    body |= {"tools": tools} if tools else {}
    resources: Wire = {}
    if recipe.files and "file_search" in recipe.built_in:
        resources["file_search"] = {"vector_store_ids": [STORE]}
    if recipe.files and "code_interpreter" in recipe.built_in:
        resources["code_interpreter"] = {"file_ids": FILES}
    body |= {"tool_resources": resources} if resources else {}
    blocks = [_gives("assistant", "/assistants", body)]
    blocks.append("thread=$(echo '{}' | post /threads | id_of)")
    for message in recipe.said:
        blocks.append(_quietly('"/threads/$thread/messages"', {"role": "user", "content": message}))
        run: Wire = {"assistant_id": Variable("assistant"), "stream": True, **_given(recipe)}
        blocks.append(_sends('"/threads/$thread/runs"', run))
    return blocks


# --- Responses ------------------------------------------------------------------------------


def _responses(recipe: Recipe) -> list[str]:
    tools: list[Wire] = []
    if recipe.files and "file_search" in recipe.built_in:
        tools.append({"type": "file_search", "vector_store_ids": [STORE]})
    if "code_interpreter" in recipe.built_in:
        container: Wire = {"type": "auto"} | ({"file_ids": FILES} if recipe.files else {})
        tools.append({"type": "code_interpreter", "container": container})
    tools += [flat_definition(tool) for tool in recipe.tools]
    blocks = ["conversation=$(echo '{}' | post /conversations | id_of)"]
    for message in recipe.said:
        body: Wire = {"model": recipe.model, "conversation": CONVERSATION, "input": message}
        body |= {"instructions": recipe.instructions} if recipe.instructions else {}
        body |= {"tools": tools} if tools else {}
        blocks.append(_sends("/responses", body | _given(recipe)))
    return blocks
