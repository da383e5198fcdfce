"""Every uploader tells how large a file may be, and the server takes what it tells."""

from __future__ import annotations

import ast
import importlib
import operator
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent


def uploaders() -> Iterator[tuple[str, Path, ast.Call]]:
    """Each call that draws one: where it stands, its file, and the call."""
    for folder in ("components", "pages"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                    continue
                takes_files = node.func.attr == "file_uploader" or any(
                    word.arg == "accept_file" for word in node.keywords
                )
                if takes_files:
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", path, node


def most_megabytes(path: Path, call: ast.Call) -> int | None:
    """The limit that a call sets, in megabytes."""
    given = next((word.value for word in call.keywords if word.arg == "max_upload_size"), None)
    if given is None:
        return None
    if isinstance(given, ast.Constant):
        return int(str(given.value))
    module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return int(operator.attrgetter(ast.unparse(given))(module))


def test_no_uploader_promises_more_than_the_server_takes() -> None:
    taken = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["server"]["maxUploadSize"]
    limits = {where: most_megabytes(path, call) for where, path, call in uploaders()}
    assert len(limits) > 10
    assert [where for where, limit in limits.items() if limit is None] == []
    assert {where: limit for where, limit in limits.items() if limit and limit > taken} == {}
