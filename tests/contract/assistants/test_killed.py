"""A server process that is killed in the middle of its work, and starts again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from services.server.runs.states import STALE_AFTER_S
from tests.browser.conftest import running_app
from tests.support.assistants import Account, until
from tests.support.upstream import Script, ScriptedUpstream


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The data folder of the process."""
    return tmp_path / "app"


@contextmanager
def started(home: Path, url: str, upstream: ScriptedUpstream) -> Iterator[Account]:
    """A server process of its own, killed afterwards as by a power cut."""
    env = {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": "sk-test", "TANDEM_DATABASE_URL": url}
    with running_app(home, by="uvicorn", **env) as app:
        me = Account(f"{app.url}/v1", app.api_key, upstream)
        yield me
        me.close()
        app.kill()


def as_if_time_had_passed(url: str) -> None:
    """Put every run's last sign of life back, instead of waiting until it is old."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE runs SET heartbeat_at = heartbeat_at - {STALE_AFTER_S + 1}"))
    engine.dispose()


def test_no_run_and_no_thread_is_lost_with_its_process(
    home: Path, url: str, own_upstream: ScriptedUpstream
) -> None:
    with started(home, url, own_upstream) as me:
        waiting = me.waiting()
        asked = len(own_upstream.requests)
        own_upstream.play(Script(hang=True))
        silent = me.start()
        until(lambda: len(own_upstream.requests) > asked)  # or the next run's model would be the silent one
        assert me.again(silent).status == "in_progress"
        speaking = me.held()
        until(lambda: me.texts(speaking) == ["Hello"])
        done = me.run()
    assert own_upstream.client_left.wait(5)
    as_if_time_had_passed(url)
    with started(home, url, own_upstream) as me:
        until(lambda: {me.again(run).status for run in (speaking, silent)} == {"failed"})
        assert me.again(done) == done

        ended = me.again(speaking)
        assert ended.last_error is not None
        assert "stopped while this run was in progress" in ended.last_error.message
        (message,) = me.written(speaking)
        assert (message.status, me.texts(speaking)) == ("incomplete", ["Hello"])
        assert message.incomplete_details is not None
        assert message.incomplete_details.reason == "run_failed"
        assert [step.status for step in me.steps(speaking)] == ["failed"]
        assert (me.written(silent), me.steps(silent)) == ([], [])

        for run in (speaking, silent):
            again = me.run(me.client.beta.threads.retrieve(run.thread_id))
            assert (again.status, me.texts(again)) == ("completed", ["Hello world"])

        assert me.again(waiting) == waiting
        answered = me.answered(waiting)
        assert (answered.status, me.texts(answered)) == ("completed", ["Hello world"])
