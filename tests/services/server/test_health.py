"""/healthz tells the state of process, database and engines, without a key."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.testclient import TestClient

from services.engines.registry import Engines
from services.server.routes.health import health_route
from services.server.store.database import ServerDatabase

ENGINES = {"chat", "embeddings", "transcription", "speech", "illustrations", "cutouts", "labels"}


def _ask(folder: Path, url: str) -> tuple[int, dict[str, object]]:
    database = ServerDatabase(url)
    http = TestClient(Starlette(routes=[health_route(Engines(folder), database)]))
    answer = http.get("/healthz")
    database.close()
    return answer.status_code, answer.json()


def test_healthy_without_key_or_model(tmp_path: Path) -> None:
    status, body = _ask(tmp_path, f"sqlite:///{tmp_path / 'tandem.db'}")
    assert (status, body["status"], body["database"]) == (200, "ok", {"status": "ok"})
    assert set(body["engines"]) == ENGINES  # type: ignore[call-overload]


def test_a_database_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    status, body = _ask(tmp_path, f"sqlite:///{tmp_path / 'file' / 'tandem.db'}")
    assert (status, body["status"]) == (503, "failed")
    assert body["database"]["error"]  # type: ignore[index]
