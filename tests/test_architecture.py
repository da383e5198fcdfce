from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = (
    "aiohttp",
    "alembic",
    "bpe_openai",
    "chromadb",
    "duckdb",
    "genai_prices",
    "jsonschema",
    "lxml",
    "obstore",
    "onnxruntime",
    "openai",
    "pandas",
    "pint",
    "psycopg",
    "pypdf",
    "pypdfium2",
    "python_calamine",
    "sklearn",
    "sqlalchemy",
    "sqlglot",
    "tokenizers",
    "xllamacpp",
)


@pytest.fixture(scope="module")
def imported_at_start() -> set[str]:
    """Top-level packages in memory once `app.py` is imported, before the first request."""
    code = "import sys, app; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("package", HEAVY)
def test_start_up_leaves_heavy_packages_alone(imported_at_start: set[str], package: str) -> None:
    assert package not in imported_at_start


def test_imports_point_downwards() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    done = subprocess.run(
        [*command, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_pages_are_short_scripts() -> None:
    too_long = {
        p.name: n for p in (ROOT / "pages").glob("*.py") if (n := len(p.read_text().splitlines())) > 200
    }
    assert too_long == {}
