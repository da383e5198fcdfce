"""The assistant page offers what answers."""

from __future__ import annotations

import pytest

from tests.pages.conftest import OpenPage
from tests.support.upstream import ScriptedUpstream


@pytest.mark.parametrize("page", ["assistant", "chat"])
def test_models_that_are_shut_down_are_not_offered(
    page: str, open_page: OpenPage, own_server: ScriptedUpstream
) -> None:
    own_server.models.append({**own_server.models[0], "id": "gone", "shutdown_date": "2020-01-01"})
    app = open_page(page)
    assert not app.exception
    (offered,) = [box.options for box in app.selectbox if box.label == "Model"]
    assert "gone" not in offered and len(offered) == 2
