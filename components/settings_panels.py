"""The panels of the settings page: connections, defaults, budgets, the API."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from components import figures, navigation, options, state
from components.composer import DEFAULTS_PREFERENCE
from components.failures import show
from components.house import House
from components.sidebar import CONNECTION_PREFERENCE, Choice
from services.address import own_base_url
from services.clients import Connection, ConnectionReport, test_connection
from services.connections import remove_server, save_server, saved_servers
from services.errors import InvalidInput
from services.metering.budgets import Limits
from services.tools import toolbox


def draw_connections(house: House, choice: Choice) -> None:
    """Every model server: its address, a key for this session, a test."""
    st.caption(
        "A key typed here stays in memory until this browser tab closes. It is never stored. "
        "To keep one, set OPENAI_API_KEY in the environment or in a file named .env."
    )
    own = {server.name for server in saved_servers(house.preferences)}
    for connection in house.connections():
        with st.container(border=True):
            _draw_connection(
                house, connection, removable=connection.name in own, active=connection == choice.connection
            )
    _draw_new_server(house)


def _draw_connection(house: House, connection: Connection, *, removable: bool, active: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{connection.name}** `{connection.base_url}`" + (" :green-badge[in use]" if active else "")
        )
        st.space("stretch")
        test = st.button("Test", key=f"test-{connection.name}", icon=":material/network_check:")
        if not active and st.button("Use", key=f"use-{connection.name}", icon=":material/check:"):
            house.preferences.set(CONNECTION_PREFERENCE, connection.name)
            st.rerun()
        if removable and st.button("Remove", key=f"remove-{connection.name}", icon=":material/delete:"):
            remove_server(house.preferences, connection.name)
            state.typed_keys().pop(connection.name, None)
            st.rerun()
    if not connection.is_local:
        _draw_key(connection)
    if test:
        _draw_report(_test(house, connection))


def _draw_key(connection: Connection) -> None:
    typed = state.typed_keys().get(connection.name, "")
    label = (
        "API key for this session"
        if connection.kind == "openai"
        else "API key for this session, if the server wants one"
    )
    kept = "The one from the environment is used" if connection.api_key and not typed else ""
    key = st.text_input(
        label,
        typed,
        type="password",
        key=f"key-{connection.name}",
        placeholder=kept or "sk-…",
        autocomplete="off",
    )
    key = (key or "").strip()
    if key != typed:
        if key:
            state.typed_keys()[connection.name] = key
        else:
            state.typed_keys().pop(connection.name, None)
        st.rerun()


def _test(house: House, connection: Connection) -> ConnectionReport:
    async def ask() -> ConnectionReport:
        return await test_connection(connection, house.loop.pool(connection.base_url))

    with st.spinner(f"Asking {connection.host} for its models"):
        return house.loop.run(ask())


def _draw_report(report: ConnectionReport) -> None:
    if not report.ok:
        st.error(report.sentence, icon=":material/cloud_off:")
        return
    names = ", ".join(str(m["id"]) for m in report.models[:8])
    more = f" and {len(report.models) - 8} more" if len(report.models) > 8 else ""
    st.success(
        f"{report.sentence} {figures.seconds(report.duration_s)}. {names}{more}",
        icon=":material/check_circle:",
    )


def _draw_new_server(house: House) -> None:
    with st.form("new-server", border=True):
        st.markdown("**Add an OpenAI-compatible server** (Ollama, vLLM, llama.cpp, LM Studio …)")
        name, address = st.columns([1, 2])
        title = name.text_input("Name", placeholder="Ollama")
        url = address.text_input("Address", placeholder="http://127.0.0.1:11434/v1")
        if not st.form_submit_button("Add", icon=":material/add:"):
            return
    try:
        server = save_server(house.preferences, {c.name for c in house.connections()}, title or "", url or "")
    except InvalidInput as error:
        show(error)
        return
    state.notify(f"{server.name} added.")
    st.rerun()


def draw_defaults(house: House, choice: Choice) -> None:
    """What a new conversation begins with."""
    st.caption("A new conversation starts with these; each keeps its own from then on.")
    saved = house.preferences.get(DEFAULTS_PREFERENCE, {})
    wanted = options.draw(choice.model, toolbox(house.conversations.search), saved, "defaults")
    if wanted != saved:
        house.preferences.set(DEFAULTS_PREFERENCE, wanted)


def draw_budgets(house: House, choice: Choice) -> None:
    """Spending limits. Local answers are free and never stopped."""
    st.caption("Local answers are free and never stopped. Empty means no limit.")
    st.page_link(
        navigation.page("usage"),
        label="Where they stand",
        icon=":material/bar_chart:",
        query_params={"usage-tabs": "Budgets"},
    )
    limits = house.budgets.limits()
    with st.form("budgets"):
        with st.grid(3):
            conversation = _limit("A conversation, USD", limits.conversation_usd)
            day = _limit("A day, USD", limits.day_usd)
            month = _limit("A month, USD", limits.month_usd)
        warn = st.slider(
            "Warn from",
            10,
            100,
            round(limits.warn_share * 100),
            5,
            "%d %%",
            help="Of a limit that is used up.",
        )
        hard = st.toggle("Stop a request that would pass a limit (otherwise only warn)", limits.hard)
        if st.form_submit_button("Save", type="primary"):
            house.budgets.set_limits(Limits(conversation, day, month, Decimal(warn) / 100, bool(hard)))
            state.notify("Budgets saved.")
            st.rerun()


def _limit(label: str, value: Decimal | None) -> Decimal | None:
    typed = st.number_input(
        label, 0.0, 100_000.0, float(value) if value is not None else None, 0.5, placeholder="no limit"
    )
    return Decimal(str(typed)) if typed is not None else None


def draw_api(house: House, choice: Choice) -> None:
    """The /v1 of this installation: address, key, and calls that work as they stand."""
    base_url, key = own_base_url(), house.settings.own_key()
    st.markdown(
        "Any program that speaks OpenAI's API can use this installation: the local model, and whatever upstream is set."
    )
    st.markdown("**Base URL**")
    st.code(base_url, language=None)
    st.markdown("**Key**")
    if st.toggle("Show the key", key="show-key"):
        st.code(key, language=None)
    else:
        st.code("•" * 24, language=None)
    st.caption("The key is in api_key in the data folder; set TANDEM_API_KEY to choose your own.")
    model = house.settings.chat_model
    body = f'{{"model": "{model}", "messages": [{{"role": "user", "content": "Hello"}}]}}'
    shown = key if st.session_state.get("show-key") else "$TANDEM_API_KEY"
    st.markdown("**curl**")
    st.code(
        f"curl {base_url}/chat/completions \\\n  -H 'Authorization: Bearer '\"{shown}\" \\\n"
        f"  -H 'Content-Type: application/json' \\\n  -d '{body}'",
        language="bash",
    )
    st.link_button("Interactive documentation", f"{base_url}/docs", icon=":material/api:")
