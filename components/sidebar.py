"""The sidebar of every page: connection and model as one control, then the meter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import navigation
from components.house import House, models
from services import catalog
from services.catalog import Model
from services.clients import Connection
from services.errors import AppError

CONNECTION_PREFERENCE = "default_connection"
MODEL_PREFERENCE = "default_models"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the next turn goes to, and where the meter is to be drawn."""

    connection: Connection
    model: Model
    meter: DeltaGenerator


def draw(house: House) -> Choice:
    """Draw the model control and reserve the meter's place."""
    connections = house.connections()
    connection = _chosen_connection(house, connections)
    offered, problem = _offered(connection)
    model = _chosen_model(house, connection, offered)
    with st.sidebar:
        with st.popover(
            model.id, icon=":material/memory:" if model.local else ":material/cloud:", width="stretch"
        ):
            _draw_control(house, connections, connection, offered, model)
        _draw_badges(model, connection)
        if problem:
            st.warning(problem, icon=":material/cloud_off:")
        meter = st.empty()
    return Choice(connection, model, meter)


def draw_for(house: House, model: Model, offered: Sequence[str], pick: Callable[[str], None]) -> Choice:
    """The same for something that has a model of its own on our server; `pick` gives it another one."""
    connection = house.assistants.connection
    with st.sidebar:
        with st.popover(
            model.id, icon=":material/memory:" if model.local else ":material/cloud:", width="stretch"
        ):
            ids = list(offered) if model.id in offered else [model.id, *offered]
            chosen = st.selectbox("Model", ids, index=ids.index(model.id), key=f"pick_{model.id}")
            st.caption("Tandem's own server answers, with the local model or through the key in Settings.")
            st.page_link(
                navigation.page("settings"), label="Connections and keys", icon=":material/settings:"
            )
        _draw_badges(model, connection)
        meter = st.empty()
    if chosen != model.id:
        pick(chosen)
        st.rerun()
    return Choice(connection, model, meter)


def _chosen_connection(house: House, connections: tuple[Connection, ...]) -> Connection:
    wanted = house.preferences.get(CONNECTION_PREFERENCE)
    by_name = {c.name: c for c in connections}
    if wanted in by_name:
        return by_name[wanted]
    upstream = connections[1]
    return upstream if upstream.api_key or upstream.kind == "compatible" else connections[0]


def _offered(connection: Connection) -> tuple[tuple[Model, ...], str | None]:
    """The chat models a connection offers, and why none could be listed."""
    try:
        listed = chat_models(connection)
    except AppError as error:
        return (), error.user_message
    # Our own /v1 also passes the upstream's models on; here they belong to the upstream's own connection.
    here = tuple(m for m in listed if m.local or not connection.is_local)
    return here, None if here else f"{connection.name} lists no chat model."


def chat_models(connection: Connection) -> tuple[Model, ...]:
    """The chat models a connection lists that still answer. Raises AppError."""
    described = (catalog.describe(entry["id"], connection.name, entry) for entry in models(connection))
    today = datetime.now(UTC).date()
    return tuple(m for m in described if m.kind == "chat" and not catalog.is_shut_down(m, today))


def _chosen_model(house: House, connection: Connection, offered: tuple[Model, ...]) -> Model:
    wanted = house.preferences.get(MODEL_PREFERENCE, {}).get(connection.name)
    by_id = {m.id: m for m in offered}
    if wanted in by_id:
        return by_id[wanted]
    if wanted and not offered:
        return catalog.describe(wanted, connection.name)
    if connection.is_local and house.settings.chat_model in by_id:
        return by_id[house.settings.chat_model]
    if offered:
        favourite = next((i for i in catalog.equivalent_models() if i in by_id), offered[0].id)
        return by_id[favourite]
    fallback = house.settings.chat_model if connection.is_local else catalog.equivalent_models()[0]
    return catalog.describe(
        fallback, connection.name, {"id": fallback, "local": connection.is_local, "kind": "chat"}
    )


def _draw_control(
    house: House,
    connections: tuple[Connection, ...],
    connection: Connection,
    offered: tuple[Model, ...],
    model: Model,
) -> None:
    names = [c.name for c in connections]
    picked = st.selectbox(
        "Connection", names, index=names.index(connection.name), key=f"pick_connection_{connection.name}"
    )
    if picked != connection.name:
        house.preferences.set(CONNECTION_PREFERENCE, picked)
        st.rerun()
    ids = [m.id for m in offered] or [model.id]
    shown = {m.id: m for m in offered}
    chosen = st.selectbox(
        "Model",
        ids,
        index=ids.index(model.id) if model.id in ids else 0,
        format_func=lambda i: _label(shown.get(i, model)),
        key=f"pick_model_{connection.name}",
        accept_new_options=not connection.is_local,
        help="Prices are for a million tokens, read and written.",
    )
    if chosen and chosen != model.id:
        remember_model(house, connection.name, chosen)
        st.rerun()
    st.page_link(navigation.page("settings"), label="Connections and keys", icon=":material/settings:")


def remember_model(house: House, connection: str, model_id: str) -> None:
    """Make a model the default of a connection."""
    chosen = house.preferences.get(MODEL_PREFERENCE, {})
    house.preferences.set(MODEL_PREFERENCE, {**chosen, connection: model_id})


def _label(model: Model) -> str:
    if model.local or model.price_in_usd_per_million is None:
        return model.id
    return f"{model.id} · ${model.price_in_usd_per_million:g} / ${model.price_out_usd_per_million:g}"


def _draw_badges(model: Model, connection: Connection) -> None:
    badges = []
    if model.local:
        badges.append(":green-badge[:material/memory: local, free]")
    else:
        badges.append(f":gray-badge[:material/cloud: {connection.name}]")
    if model.shutdown_date is not None and catalog.ends_soon(model, datetime.now(UTC).date(), days=365):
        badges.append(f":red-badge[:material/event_busy: ends {model.shutdown_date}]")
        if model.replacement:
            badges.append(f":gray-badge[then {model.replacement}]")
    if not connection.is_local and not connection.api_key and connection.kind == "openai":
        badges.append(":orange-badge[:material/key_off: no key yet]")
    if badges:
        st.markdown(" ".join(badges))
