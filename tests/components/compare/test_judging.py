"""A model judges from the page: asked twice, entered in the ledger, kept with the comparison."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from services import address
from services.metering.ledger import Ledger
from services.settings import DEFAULT_OWNER, get_settings
from services.storage.database import open_database
from tests.support.upstream import Script, ScriptedUpstream, error


@pytest.fixture
def server() -> Iterator[ScriptedUpstream]:
    st.cache_resource.clear()
    st.cache_data.clear()
    with ScriptedUpstream(models=("qwen2.5-coder-1.5b-instruct",)) as server:
        server.models[0]["local"] = True
        address.remember("127.0.0.1", server.port)
        yield server
    address.remember("127.0.0.1", 8501)
    st.cache_resource.clear()


def _judging() -> None:
    import streamlit

    from components.compare import blind
    from components.house import house
    from services.compare.records import Comparison, Lane
    from services.turns import Mode
    from tests.support.lanes import talk

    own = house().assistants.connection.name
    model = "qwen2.5-coder-1.5b-instruct"
    lanes = [Lane(f"lane_{mode}", mode, own, model) for mode in (Mode.CHAT_COMPLETIONS, Mode.ASSISTANTS)]
    answers = ("Paris.", "London, I think.")
    talks = [talk(one, ("Capital of France?", said)) for one, said in zip(lanes, answers, strict=True)]

    def save(settings: dict[str, object]) -> None:
        streamlit.session_state["kept"] = settings

    kept = streamlit.session_state.get("kept", {})
    blind.draw(Comparison("c1", None, tuple(lanes)), talks, kept, save)


def judged(server: ScriptedUpstream, answer: Any) -> AppTest:
    server.by_request = answer
    app = AppTest.from_function(_judging, default_timeout=60).run()
    assert not app.exception
    app.button(key="judge-go").click().run()
    assert not app.exception
    return app


def prefers_paris(body: dict[str, Any]) -> Script:
    text = body["messages"][0]["content"]
    best = "A" if text.index("Paris.") < text.index("London") else "B"
    return Script(text=(json.dumps({"reason": "Paris is right.", "best": best}),))


def test_a_steady_judge_votes_and_both_calls_are_metered(server: ScriptedUpstream) -> None:
    app = judged(server, prefers_paris)
    vote = {"turn": 1, "winner": "lane_chat_completions", "by": "judge"}
    assert app.session_state["kept"]["votes"] == [vote]
    assert any("Paris is right" in element.value for element in app.markdown)
    ledger = Ledger(open_database(get_settings().resolved_database_url), DEFAULT_OWNER)
    assert ledger.totals().calls == 2


def test_a_judge_that_only_likes_what_comes_first_gives_nobody_the_vote(server: ScriptedUpstream) -> None:
    app = judged(server, lambda _: Script(text=(json.dumps({"reason": "First is best.", "best": "A"}),)))
    assert app.session_state["kept"]["votes"][0]["winner"] is None
    assert any("Not steady" in element.value for element in app.markdown)


def test_a_judge_that_fails_is_said_and_no_vote_is_kept(server: ScriptedUpstream) -> None:
    app = judged(server, lambda _: error(400, "This model cannot do that."))
    assert len(app.error) == 1
    assert "kept" not in app.session_state
