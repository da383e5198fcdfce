"""One experiment: what it claims, what it will cost, and its run."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from components import figures, state
from components.house import House
from components.lab import result
from components.sidebar import Choice, chat_models
from services.errors import AppError
from services.lab.estimating import Estimate, estimate
from services.lab.experiments import Experiment
from services.lab.records import METRICS, Plan
from services.lab.running import MAX_ROUNDS, LiveRun

WATCH_S = 0.2
USUAL_ROUNDS, LOCAL_ROUNDS = 8, 3


def draw(house: House, choice: Choice, experiment: Experiment) -> None:
    """Draw the experiment, and its run while there is one."""
    if st.button("All experiments", type="tertiary", icon=":material/arrow_back:"):
        state.open_experiment(None)
        st.rerun()
    st.title(experiment.title, anchor=False)
    st.markdown(f"**Hypothesis.** {experiment.hypothesis}")
    st.caption(experiment.explains)
    live = house.lab.live
    if live is not None and live.report.plan.experiment != experiment.slug:
        st.info(
            "Another experiment is running; two at once would measure each other.",
            icon=":material/hourglass:",
        )
    plan = _draw_plan(choice, experiment, is_busy=live is not None)
    if plan is not None:
        try:
            live = house.lab.start(plan, choice.connection)
        except AppError as error:
            st.error(error.user_message, icon=":material/error:")
            return
        st.session_state[_key(experiment)] = live
    shown: LiveRun | None = live or st.session_state.get(_key(experiment))
    if shown is not None and shown.report.plan.experiment == experiment.slug:
        _follow(experiment, shown)


def _key(experiment: Experiment) -> str:
    return f"run-{experiment.slug}"


def _draw_plan(choice: Choice, experiment: Experiment, *, is_busy: bool) -> Plan | None:
    """The settings of a run; the plan when the person starts it."""
    is_local = choice.connection.is_local
    key = experiment.slug
    prompt = ""
    if experiment.prompt is not None:
        prompt = st.text_area("Prompt", experiment.prompt, key=f"prompt-{key}", height=100)
    other = _draw_other_model(choice, key) if experiment.compares_models else ""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        rounds = st.number_input(
            "Rounds",
            3,
            MAX_ROUNDS,
            LOCAL_ROUNDS if is_local else USUAL_ROUNDS,
            key=f"rounds-{key}-{is_local}",
            width=140,
        )
        limit = None
        if not is_local:
            limit = st.number_input("Stop at (USD)", 0.0, 100.0, 0.25, 0.05, key=f"limit-{key}", width=160)
    plan = Plan(
        experiment.slug, prompt, choice.model.id, int(rounds), other, Decimal(str(limit)) if limit else None
    )
    st.caption(_estimate_words(estimate(experiment, plan, is_local=is_local), is_local=is_local))
    pressed = st.button(
        "Run", type="primary", icon=":material/play_arrow:", key=f"start-{key}", disabled=is_busy
    )
    return plan if pressed else None


def _draw_other_model(choice: Choice, key: str) -> str:
    try:
        ids = [model.id for model in chat_models(choice.connection) if model.id != choice.model.id]
    except AppError:
        ids = []
    if not ids:
        st.info(
            f"{choice.connection.name} offers one model only. Add a second one, or choose a connection with several.",
            icon=":material/info:",
        )
        return ""
    return st.selectbox(f"{choice.model.id} against", ids, key=f"other-{key}") or ""


def _estimate_words(told: Estimate, *, is_local: bool) -> str:
    tokens = f"{told.calls} calls, about {told.read_tokens:,} tokens read and at most {told.written_tokens:,} written"
    if is_local:
        return f"{tokens}; on this machine at most about {figures.seconds(told.local_s)}, free."
    if told.cost_usd is None:
        return f"{tokens}; the price of this model is not known."
    return f"{tokens}; at most about {figures.money(told.cost_usd)}."


def _follow(experiment: Experiment, live: LiveRun) -> None:
    """Draw the run until it ends. A click elsewhere only ends the drawing."""
    if live.done:
        result.draw(experiment, live.report)
        return
    bar, slot = st.empty(), st.empty()
    st.button("Stop", icon=":material/stop_circle:", on_click=live.stop, key=f"stop-{live.report.id}")
    seen = -1
    while not live.done:
        done = len(live.report.trials)
        bar.progress(min(done / live.trials_planned, 1.0), f"Trial {done + 1} of {live.trials_planned}")
        if done:
            slot.caption(_so_far(experiment, live))
        seen = live.wait(seen, WATCH_S)
    st.rerun()


def _so_far(experiment: Experiment, live: LiveRun) -> str:
    name, unit = METRICS[experiment.metric]
    last = live.report.trials[-1]
    value = last.value(experiment.metric)
    figure = "unknown" if value is None else f"{value:.2f} s" if unit == "s" else f"{value:,.0f} {unit}"
    return f"Last: {experiment.ways[last.way].lower()}, {name} {figure}."
