"""How soon the app is healthy, and what it takes while nobody uses it."""

from __future__ import annotations

import statistics
import sysconfig
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.report import Figure, at_most
from tests.browser.conftest import running_app

STARTS = 5
SETTLE_S = 20


def figures() -> list[Figure]:
    """Time to healthy, idle memory without a model, installed size."""
    with tempfile.TemporaryDirectory() as folder:
        starts = [_start(Path(folder) / str(number)) for number in range(STARTS)]
        idle_mb = _idle_mb(Path(folder) / "idle")
    return [
        at_most(f"healthy after start, median of {STARTS}", round(statistics.median(starts), 2), 2.5, "s"),
        Figure("healthy after start, slowest", f"{max(starts):.2f} s"),
        at_most("idle memory without a model, everything imported", round(idle_mb), 400, "MB"),
        at_most("installed packages, without models", round(_installed_bytes() / 1e9, 2), 1.5, "GB"),
    ]


def _start(home: Path) -> float:
    with running_app(home, **_no_model(home)) as app:
        return app.healthy_after_s


def _idle_mb(home: Path) -> float:
    with running_app(home, **_no_model(home)) as app:
        time.sleep(SETTLE_S)
        return psutil.Process(app.process.pid).memory_info().rss / 2**20


def _no_model(home: Path) -> dict[str, str]:
    return {"OPENAI_API_KEY": "sk-unused", "TANDEM_MODELS_DIR": str(home / "no-models")}


def _installed_bytes() -> int:
    packages = Path(sysconfig.get_paths()["purelib"])
    return sum(file.stat().st_size for file in packages.rglob("*") if file.is_file())
