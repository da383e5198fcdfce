"""OpenAI's own SDK tests pass against this server; and conformance mode cannot be switched on by accident."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from scripts import conformance
from services.errors import StorageFailed
from tests.support.api import MakeApi, Open, sdk


def test_every_sdk_test_of_the_protocol_passes() -> None:
    try:
        conformance.fetched()
    except OSError as error:
        pytest.skip(str(error))
    score = conformance.run()
    assert (score.failed, score.passed + score.skipped) == (0, conformance.WANTED), score.said


def test_a_database_with_real_data_is_refused(make_api: MakeApi, open_api: Open) -> None:
    client = sdk(open_api(make_api(openai_api_key=SecretStr("sk-upstream"))))
    with pytest.warns(DeprecationWarning):
        client.beta.threads.create()
    with pytest.raises(StorageFailed, match="holds real data"):
        open_api(make_api(conformance=True))


def test_conformance_mode_says_so(
    make_api: MakeApi, open_api: Open, caplog: pytest.LogCaptureFixture
) -> None:
    http = open_api(make_api(conformance=True))
    assert http.get("threads/thread_made_up").status_code == 200
    assert http.get("models").json()["conformance"] is True
    assert "CONFORMANCE MODE IS ON" in caplog.text


def test_real_use_says_nothing_of_it(make_api: MakeApi, open_api: Open) -> None:
    http = open_api(make_api())
    assert http.get("threads/thread_made_up").status_code == 404
    assert "conformance" not in http.get("models").json()
