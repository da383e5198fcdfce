"""The batches of the connection at hand: how far each is, its results, and a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import streamlit as st

from components import figures, state
from components.failures import show
from components.house import House
from components.plain import plain
from components.redraw import watched
from components.sidebar import Choice
from services.batches.accounts import USUAL_ANSWER_TOKENS, Accounts, Estimate, estimate
from services.batches.api import BatchesApi
from services.batches.checking import Looked, look
from services.batches.records import BatchView
from services.catalog import describe
from services.errors import AppError

LOOK_EVERY_S = 2.0
MOST_SHOWN = 20
SENT, MOVING = "batches-sent", "batches-moving"
LOOKS = {
    "validating": ("gray", "being checked"),
    "in_progress": ("blue", "being answered"),
    "finalizing": ("blue", "being written"),
    "completed": ("green", "completed"),
    "failed": ("red", "refused"),
    "expired": ("orange", "out of time"),
    "cancelling": ("orange", "being cancelled"),
    "cancelled": ("gray", "cancelled"),
}
EXAMPLE = (
    '{"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", '
    '"body": {"model": "MODEL", "messages": [{"role": "user", "content": "What is a token?"}], "max_tokens": 40}}\n'
    '{"custom_id": "2", "method": "POST", "url": "/v1/chat/completions", '
    '"body": {"model": "MODEL", "messages": [{"role": "user", "content": "What is an embedding?"}], "max_tokens": 40}}\n'
)


def draw(house: House, choice: Choice) -> None:
    """Draw the way to a new batch, and the list."""
    st.markdown(
        f"Many requests in one file, answered when nobody else waits: within 24 hours, at OpenAI for half the price. "
        f"These are those of **{plain(choice.connection.name)}**."
    )
    api = BatchesApi(lambda: choice.connection)
    accounts = house.accounts
    with st.expander("New batch", icon=":material/add:"):
        _draw_new(choice, api, accounts)
    try:
        batches = api.all()
    except AppError as error:
        show(error)
        return
    if not batches:
        st.info(
            "No batches yet. Upload a file above, or run the experiment *One batch or single requests*.",
            icon=":material/stacks:",
        )
        return
    is_moving = any(not batch.has_ended for batch in batches)
    watched(LOOK_EVERY_S if is_moving else None)(_draw_list)(api, accounts)


def _draw_new(choice: Choice, api: BatchesApi, accounts: Accounts) -> None:
    name = describe(choice.model.id, choice.connection.name).answer_limit
    example = EXAMPLE.replace("MODEL", choice.model.id).replace("max_tokens", name)
    st.caption("One request a line, each with a custom_id of its own, all for one model and one endpoint.")
    st.download_button(
        "An example to start from", example, "batch.jsonl", "application/jsonl", icon=":material/download:"
    )
    sent = st.session_state.get(SENT, 0)
    given = st.file_uploader(
        "Requests as JSONL", ["jsonl", "ndjson", "txt"], key=f"batch-file-{sent}", max_upload_size=200
    )
    if given is None:
        return
    data = given.getvalue()
    with st.spinner("Reading every line"):
        looked = look(data)
    if looked.problems:
        _draw_problems(looked)
        return
    asked = figures.counted(looked.total, "request")
    expected = estimate(data, looked.model or "", looked.endpoint, is_local=choice.connection.is_local)
    st.markdown(f":material/check: {asked} to `{looked.endpoint}`, model {plain(looked.model or '')}.")
    st.caption(_expected(expected))
    if st.button(
        "Start the batch", type="primary", icon=":material/play_arrow:", key=f"batch-{given.file_id}"
    ):
        try:
            with st.spinner("Sending the file"):
                accounts.check(expected, choice.connection)
                accounts.begun(api.create(data, looked.endpoint).id)
        except AppError as error:
            show(error)
            return
        state.notify("The batch is on its way. You can leave this page.")
        st.session_state[SENT] = sent + 1  # an uploader is emptied by another key
        st.rerun()


def _expected(expected: Estimate) -> str:
    size = f"About {expected.read_tokens:,} tokens to read and {expected.written_tokens:,} to write"
    if expected.cost_usd is None:
        return f"{size}. The price of this model is unknown."
    price = "free on this machine" if expected.cost_usd == 0 else f"about {figures.money(expected.cost_usd)}"
    return f"{size}, {price}. An answer counts as long as it may be, one without a limit as {USUAL_ANSWER_TOKENS} tokens."


def _draw_problems(looked: Looked) -> None:
    st.error(
        f"This file cannot be sent yet: {figures.counted(len(looked.problems), 'thing')} to mend.",
        icon=":material/error:",
    )
    st.markdown("\n".join(f"- {plain(one)}" for one in looked.problems[:MOST_SHOWN]))
    if (more := len(looked.problems) - MOST_SHOWN) > 0:
        st.caption(f"And {more} more like these.")


def _draw_list(api: BatchesApi, accounts: Accounts) -> None:
    try:
        batches = api.all()
        accounts.settle(batches, api.connection, api.content)
    except AppError as error:
        show(error)
        return
    costs = accounts.costs()
    for batch in batches:
        _draw_batch(api, batch, _cost(costs, batch))
    _end_watching(batches)


def _end_watching(batches: Sequence[BatchView]) -> None:
    """Once nothing moves any more, draw the page again without looking every other second."""
    moving = {batch.id for batch in batches if not batch.has_ended}
    before = st.session_state.get(MOVING, set())
    st.session_state[MOVING] = moving
    if before and not moving:
        st.rerun()


def _cost(costs: Mapping[str, Decimal | None], batch: BatchView) -> str:
    if batch.id not in costs:
        return ""
    cost = costs[batch.id]
    return " · cost unknown" if cost is None else f" · {figures.money(cost)}"


def _draw_batch(api: BatchesApi, batch: BatchView, cost: str) -> None:
    colour, word = LOOKS.get(batch.status, ("gray", batch.status.replace("_", " ")))
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            made = batch.created_at.astimezone(state.zone())
            st.markdown(
                f":{colour}-badge[{plain(word)}] **{plain(batch.model or 'Model not read yet')}** · {made:%d %b, %H:%M} · "
                f"{plain(batch.endpoint)}",
                width="stretch",
            )
            if batch.can_be_cancelled and st.button(
                "Cancel", icon=":material/stop_circle:", key=f"cancel-{batch.id}"
            ):
                _cancel(api, batch)
            for file_id, label in ((batch.output_file_id, "Answers"), (batch.error_file_id, "Failures")):
                if file_id is not None:
                    _draw_download(api, batch, file_id, label)
        if batch.total:
            done = batch.completed + batch.failed
            failed = f", {batch.failed:,} failed" if batch.failed else ""
            st.progress(min(done / batch.total, 1.0), f"{done:,} of {batch.total:,} answered{failed}")
        if batch.errors:
            st.markdown("\n".join(f"- {plain(one)}" for one in batch.errors[:MOST_SHOWN]))
        st.caption(plain(batch.id) + cost)


def _cancel(api: BatchesApi, batch: BatchView) -> None:
    try:
        api.cancel(batch.id)
    except AppError as error:
        show(error)
        return
    st.rerun()


def _draw_download(api: BatchesApi, batch: BatchView, file_id: str, label: str) -> None:
    """The file is fetched only when it is asked for."""
    st.download_button(
        label,
        lambda: api.content(file_id),
        f"{batch.id}_{label.lower()}.jsonl",
        "application/jsonl",
        icon=":material/download:",
        key=f"download-{file_id}",
        on_click="ignore",
    )
