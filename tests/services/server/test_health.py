"""/healthz tells the state of process, database and engines, without a key."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.testclient import TestClient

from services.engines.registry import Engines
from services.errors import StorageFailed
from services.server.routes.health import health_route


def test_healthy_without_key_or_model(tmp_path: Path) -> None:
    answer = TestClient(Starlette(routes=[health_route(Engines(tmp_path), lambda: None)])).get("/healthz")
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["database"]) == ("ok", {"status": "ok"})
    assert set(answer.json()["engines"]) == {"chat", "embeddings"}


def test_a_database_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    def locked() -> None:
        raise StorageFailed("The database is locked.")

    answer = TestClient(Starlette(routes=[health_route(Engines(tmp_path), locked)])).get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["database"] == {"status": "failed", "error": "The database is locked."}
