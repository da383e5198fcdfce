"""A killed server: the batch goes on where it was, and no request is answered twice."""

from __future__ import annotations

from pathlib import Path

from tests.browser.conftest import free_port
from tests.support.batches import begun, ended, lines, results
from tests.support.processes import running
from tests.support.retrieval import until
from tests.support.upstream import Script, ScriptedUpstream


def test_a_batch_survives_kill_minus_nine(tmp_path: Path) -> None:
    with ScriptedUpstream() as upstream:
        upstream.play(*[Script(text=("before",))] * 5, *[Script(hang=True)] * 4)
        port = free_port()
        home, env = tmp_path / "home", {"OPENAI_BASE_URL": upstream.base_url}
        with running(home, port, **env) as server:
            made = begun(server.client, lines(20))
            until(lambda: server.client.batches.retrieve(made.id).request_counts.completed == 5, 30)  # type: ignore[union-attr]
            server.kill()
        upstream.forget()
        upstream.default = Script(text=("after",))
        with running(home, port, **env) as server:
            batch = ended(server.client, made, 60)
            assert batch.request_counts is not None
            assert batch.request_counts.model_dump() == {"total": 20, "completed": 20, "failed": 0}
            got = results(server.client, batch.output_file_id)
    assert [one["custom_id"] for one in got] == [f"ask-{n}" for n in range(20)]
    said = [one["response"]["body"]["choices"][0]["message"]["content"] for one in got]
    assert sorted(said) == ["after"] * 15 + ["before"] * 5
    assert len({one["id"] for one in got}) == 20
