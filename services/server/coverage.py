"""Which of OpenAI's operations are served: `python -m services.server.coverage` prints docs/api-coverage.md."""

from __future__ import annotations

import sys

from services.server.operations import OPERATIONS, Operation
from services.server.routes import ROUTES

_HEAD = """\
# API coverage

Computed from the routes by `python -m services.server.coverage > docs/api-coverage.md`; a test compares.
An operation in `code` is the method of the OpenAI SDK that calls it; one marked "ours" is not in OpenAI's API.

| Request | Operation | Streams | Key | What it does |
|---|---|---|---|---|
"""


def table() -> str:
    """The coverage table as Markdown."""
    rows = [
        _row(method, route.path, OPERATIONS[route.endpoint], route.endpoint.__doc__)
        for route in ROUTES
        for method in sorted((route.methods or {"GET"}) - {"HEAD"})
    ]
    return _HEAD + "".join(rows)


def _row(method: str, path: str, operation: Operation, summary: str) -> str:
    name = "–" if operation.is_open else "ours" if operation.is_ours else f"`{operation.name}`"
    streams = "yes" if operation.streams else "no"
    key = "no" if operation.is_open else "yes"
    shown = path.replace(":path}", "}")
    return f"| `{method} /v1{shown}` | {name} | {streams} | {key} | {summary} |\n"


if __name__ == "__main__":
    sys.stdout.write(table())
