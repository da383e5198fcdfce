"""/v1/models: local models, and the upstream's where there is one."""

from __future__ import annotations

import openai
import pytest
from openai import OpenAI

from tests.support.api import MakeApi, Open, sdk
from tests.support.engines import CHAT_MODEL, EMBEDDING_MODEL
from tests.support.upstream import Script, ScriptedUpstream, broken


def test_local_models_are_listed_with_what_they_are(client: OpenAI) -> None:
    models = {model.id: model.model_dump() for model in client.models.list()}
    assert set(models) >= {CHAT_MODEL, EMBEDDING_MODEL, "whisper-base", "hibari-heart"}
    chat = models[CHAT_MODEL]
    assert (chat["object"], chat["owned_by"], chat["shutdown_date"]) == ("model", "Qwen", None)
    assert (chat["kind"], chat["context_tokens"], chat["local"]) == ("chat", 8192, True)


def test_models_of_the_upstream_follow(client_before: OpenAI) -> None:
    listed = [m.id for m in client_before.models.list()]
    assert (listed[:2], listed[-1]) == ([CHAT_MODEL, EMBEDDING_MODEL], "gpt-6-luna")


def test_shutdown_date_of_the_upstream_is_passed_on(
    client_before: OpenAI, upstream: ScriptedUpstream
) -> None:
    upstream.models.append({"id": "own-model", "shutdown_date": "2027-05-01"})
    model = client_before.models.retrieve("own-model")
    assert (model.shutdown_date, model.object) == ("2027-05-01", "model")


@pytest.mark.parametrize("script", [broken(), Script(status=200, body=None, hang=True)])
def test_an_upstream_that_fails_does_not_hide_the_local_models(
    client_before: OpenAI, upstream: ScriptedUpstream, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.server.routes.models.UPSTREAM_TIMEOUT_S", 0.2)
    upstream.play(script)
    assert [m.id for m in client_before.models.list()][:2] == [CHAT_MODEL, EMBEDDING_MODEL]


def test_nothing_listens_upstream(make_api: MakeApi, open_api: Open) -> None:
    client = sdk(open_api(make_api(openai_base_url="http://127.0.0.1:9/v1")))
    assert [m.id for m in client.models.list()][:2] == [CHAT_MODEL, EMBEDDING_MODEL]


def test_a_retired_name_tells_who_answers_for_it(client: OpenAI) -> None:
    assert client.models.retrieve("gpt-4o").id == CHAT_MODEL


def test_ids_may_hold_slashes(client_before: OpenAI, upstream: ScriptedUpstream) -> None:
    upstream.models.append({"id": "org/model", "object": "model", "created": 1, "owned_by": "org"})
    assert client_before.models.retrieve("org/model").id == "org/model"


def test_unknown_model(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="The model 'nope' does not exist") as missing:
        client.models.retrieve("nope")
    assert missing.value.code == "model_not_found"
