"""A new job: which model, what it costs, how long it takes; and the jobs this data set has been used for."""

from __future__ import annotations

import streamlit as st

from components import figures, state
from components.failures import show
from components.finetune import jobs
from components.finetune.reading import BASE, Read, bases
from components.plain import plain
from components.sidebar import Choice
from services.errors import AppError
from services.tuning.counting import MAX_EPOCHS, training_cost, training_time_s, usual_epochs
from services.tuning.incoming import to_jsonl
from services.tuning.jobs import MAX_SUFFIX_CHARS, JobRequest, TuningApi
from services.tuning.models import is_equipped
from services.tuning.records import MIN_EXAMPLES


def draw(choice: Choice, found: Read) -> None:
    """Draw the form, and below it the jobs."""
    api = TuningApi(lambda: choice.connection)
    st.subheader("A new training", anchor=False)
    _draw_form(choice, found, api)
    st.subheader("Trainings with this data set", anchor=False)
    jobs.draw(api, found.data_set.id)


def _draw_form(choice: Choice, found: Read, api: TuningApi) -> None:
    offered = [one.id for one in bases(choice)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Model to train",
            offered,
            index=offered.index(found.base.id),
            key=BASE,
            width=320,
            persist_state="session",
        )
        usual = usual_epochs(len(found.split.training))
        epochs = int(
            st.number_input(
                "Epochs",
                1,
                MAX_EPOCHS,
                usual,
                width=120,
                key=f"epochs-{usual}",
                help="How often the training goes through all examples. More learn the examples by heart, fewer miss the pattern.",
            )
        )
        suffix = st.text_input(
            "Name of the result",
            max_chars=MAX_SUFFIX_CHARS,
            key="suffix",
            width=220,
            placeholder="tea-shop",
            help="Letters, digits, dots, _ and -. It becomes a part of the new model's name.",
        )
    _draw_estimate(found, epochs)
    few = len(found.split.training) < MIN_EXAMPLES
    if few:
        st.info(
            f"{figures.counted(len(found.split.training), 'example')} to train on; {MIN_EXAMPLES} is the least. Add some, or keep "
            "less back for testing.",
            icon=":material/info:",
        )
    if left_out := len(found.lines) - len(found.report.examples):
        st.caption(f"{figures.counted(left_out, 'line')} with errors stay out. *Examples* tells which.")
    is_missing = found.base.local and choice.connection.is_local and not is_equipped()
    if is_missing:
        st.info(
            "Training on this machine needs PyTorch, which is not installed: 0.9 GB on disk. Run `make install-training` in "
            "Tandem's folder, and start Tandem again. The ways *Without training* work as they are.",
            icon=":material/download:",
        )
    pressed = st.button(
        "Start the training",
        type="primary",
        icon=":material/play_arrow:",
        key="start-training",
        disabled=few or is_missing,
    )
    if pressed:
        _start(found, api, epochs, (suffix or "").strip())


def _draw_estimate(found: Read, epochs: int) -> None:
    counted = [line.tokens or 0 for line in found.split.training]
    trained = f"{figures.counted(len(counted), 'example')}, {sum(counted):,} tokens, {figures.counted(epochs, 'time')}"
    if found.base.local:
        minutes = max(round(training_time_s(counted, epochs) / 60), 1)
        st.caption(
            f"{trained}: on this machine about {figures.counted(minutes, 'minute')} on two cores, with some 5 GB of memory, free. "
            "It goes on when you leave this page."
        )
        return
    cost = training_cost(counted, epochs, found.base)
    price = "the price of this model is not known" if cost is None else f"about {figures.money(cost)}"
    ends = f" Its results answer until {found.base.ends}." if found.base.ends else ""
    st.caption(f"{trained}: {price}.{ends}")


def _start(found: Read, api: TuningApi, epochs: int, suffix: str) -> None:
    request = JobRequest(
        model=found.base.id,
        training=to_jsonl([line.text for line in found.split.training]),
        validation=to_jsonl([line.text for line in found.split.validation]),
        epochs=epochs,
        suffix=suffix,
        seed=found.data_set.seed,
        data_set_id=found.data_set.id,
    )
    try:
        with st.spinner("Sending the examples"):
            job = api.create(request)
    except AppError as error:
        show(error)
        return
    state.notify(f"The training of {plain(job.model)} is on its way. You can leave this page.")
    st.rerun()
