"""The page of fine-tuning: every part of a data set is drawn, and what this machine lacks is said before it is asked for."""

from __future__ import annotations

import pytest

from components.finetune import training
from components.finetune.desk import TABS
from components.state import DATA_SET_PARAM
from services.settings import DEFAULT_OWNER, get_settings
from services.storage.database import open_database
from services.tuning import sample
from services.tuning.store import DataSets
from tests.pages.conftest import OpenPage
from tests.support.upstream import ScriptedUpstream


@pytest.fixture
def data_set_id(own_server: ScriptedUpstream) -> str:
    """The sample data set, in an installation whose own server trains nothing yet."""
    own_server.answers["GET", "/fine_tuning/jobs"] = {"object": "list", "data": [], "has_more": False}
    return (
        DataSets(open_database(get_settings().resolved_database_url), DEFAULT_OWNER)
        .create(sample.NAME, sample.sample())
        .id
    )


@pytest.mark.parametrize("tab", TABS)
def test_every_part_of_a_data_set_is_drawn(tab: str, data_set_id: str, open_page: OpenPage) -> None:
    app = open_page("finetune", **{DATA_SET_PARAM: data_set_id})
    app.session_state["data-set-tabs"] = tab
    app.run()
    assert not app.exception and not app.error
    assert [one.value for one in app.title] == [sample.NAME]


@pytest.mark.parametrize("is_equipped", [True, False])
def test_a_training_here_says_before_what_it_needs(
    is_equipped: bool, data_set_id: str, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "is_equipped", lambda: is_equipped)
    app = open_page("finetune", **{DATA_SET_PARAM: data_set_id})
    app.session_state["data-set-tabs"] = "Train"
    app.run()
    told = [one.value for one in app.info if "make install-training" in one.value]
    assert bool(told) != is_equipped
    assert app.button(key="start-training").disabled != is_equipped
