"""Trainings at the connection at hand: how far each is, its loss, what it said, and the model it made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from components import figures, state
from components.failures import show
from components.finetune import curve
from components.plain import plain
from components.redraw import watched
from services.errors import AppError
from services.tuning import curves
from services.tuning.jobs import DATA_SET, Checkpoint, Job, JobEvent, TuningApi

LOOK_EVERY_S = 2.0
MOVING, OPEN = "jobs-moving", "job-open"
MOST_EVENTS = 200
LOOKS = {
    "validating_files": ("gray", "files are being checked"),
    "queued": ("gray", "waits for its turn"),
    "running": ("blue", "is being trained"),
    "paused": ("orange", "paused"),
    "succeeded": ("green", "trained"),
    "failed": ("red", "failed"),
    "cancelled": ("gray", "cancelled"),
}


def draw(api: TuningApi, data_set_id: str | None = None) -> None:
    """Draw the jobs of a data set, or all of them."""
    found = _jobs(api, data_set_id)
    if found is None:
        return
    if not found:
        st.caption("No trainings yet." if data_set_id else "No trainings yet. Open a data set to begin one.")
        return
    is_moving = any(not one.is_final for one in found)
    watched(LOOK_EVERY_S if is_moving else None)(_draw_list)(api, data_set_id)


def trained(api: TuningApi, data_set_id: str) -> list[Job]:
    """The trainings with this data set that made a model. Raises AppError."""
    return [one for one in api.all() if one.fine_tuned_model and one.metadata.get(DATA_SET) == data_set_id]


def _jobs(api: TuningApi, data_set_id: str | None) -> list[Job] | None:
    try:
        with st.spinner("Asking for the trainings"):
            found = api.all()
    except AppError as error:
        show(error)
        return None
    return [one for one in found if data_set_id is None or one.metadata.get(DATA_SET) == data_set_id]


def _draw_list(api: TuningApi, data_set_id: str | None) -> None:
    found = _jobs(api, data_set_id)
    if found is None:
        return
    for job in found:
        _draw_job(api, job)
    moving = {one.id for one in found if not one.is_final}
    before = st.session_state.get(MOVING, set())
    st.session_state[MOVING] = moving
    if before and not moving:
        st.rerun()  # nothing moves any more, so that nobody has to look every other second


def _draw_job(api: TuningApi, job: Job) -> None:
    colour, word = LOOKS.get(job.status, ("gray", job.status.replace("_", " ")))
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            made = job.created_at.astimezone(state.zone())
            epochs = f" · {figures.counted(job.epochs, 'epoch')}" if isinstance(job.epochs, int) else ""
            st.markdown(
                f":{colour}-badge[{plain(word)}] **{plain(job.model)}** · {made:%d %b, %H:%M}{epochs}",
                width="stretch",
            )
            _draw_actions(api, job)
        if job.problem:
            st.error(plain(job.problem), icon=":material/error:")
        if job.fine_tuned_model:
            st.markdown("The model it made; it is in the list of models in the sidebar:")
            st.code(job.fine_tuned_model, language=None, wrap_lines=True)
        is_open = not job.is_final or st.toggle("Show how it went", key=f"{OPEN}-{job.id}")
        if is_open:
            _draw_course(api, job)


def _draw_actions(api: TuningApi, job: Job) -> None:
    offered: list[tuple[Literal["cancel", "pause", "resume"], str, str]] = []
    if job.status == "paused":
        offered.append(("resume", "Go on", ":material/play_arrow:"))
    elif job.status in ("queued", "running"):
        offered.append(("pause", "Pause", ":material/pause:"))
    if not job.is_final:
        offered.append(("cancel", "Cancel", ":material/stop_circle:"))
    for what, label, icon in offered:
        if st.button(label, icon=icon, key=f"{what}-{job.id}"):
            try:
                api.act(job.id, what)
            except AppError as error:
                show(error)
                return
            st.rerun()
    if job.fine_tuned_model and st.button(
        "Delete the model", icon=":material/delete:", key=f"delete-{job.id}"
    ):
        _confirm_deletion(api, job.fine_tuned_model)


@st.dialog("Delete the model", icon=":material/delete:")
def _confirm_deletion(api: TuningApi, model: str) -> None:
    st.markdown(f"**{plain(model)}** will answer no more, for good. The data set stays.")
    if st.button("Delete for good", type="primary", icon=":material/delete_forever:", key="confirm-model"):
        try:
            api.delete_model(model)
        except AppError as error:
            show(error)
            return
        state.notify("The model is deleted.", ":material/delete_forever:")
        st.rerun()


def _draw_course(api: TuningApi, job: Job) -> None:
    try:
        events, checkpoints = api.events(job.id), api.checkpoints(job.id)
    except AppError as error:
        show(error)
        return
    if not job.is_final and (at := curves.progress(events)):
        done, total = at
        st.progress(min(done / max(total, 1), 1.0), f"Step {done:,} of {total:,}{_left(job)}")
    points = curves.of_events(events) or curves.of_checkpoints(checkpoints) or _of_result_file(api, job)
    if points:
        curve.draw(points)
    if checkpoints:
        _draw_checkpoints(checkpoints)
    if events:
        with st.expander(f"What it said ({len(events):,})", icon=":material/list:"):
            st.dataframe([_told(one) for one in reversed(events[-MOST_EVENTS:])], hide_index=True)
    st.caption(plain(job.id))


def _left(job: Job) -> str:
    if job.estimated_finish is None:
        return ""
    return f", until about {job.estimated_finish.astimezone(state.zone()):%H:%M}"


def _of_result_file(api: TuningApi, job: Job) -> list[curves.Point]:
    return curves.of_result_file(api.result_file(job.result_files[0])) if job.result_files else []


def _draw_checkpoints(checkpoints: Sequence[Checkpoint]) -> None:
    with st.expander(figures.counted(len(checkpoints), "checkpoint"), icon=":material/flag:"):
        st.caption("The model as it was on the way; each can be chosen and measured like the last one.")
        st.dataframe(
            [{"Step": one.step, "Model": one.model, **_losses(one)} for one in checkpoints], hide_index=True
        )


def _losses(checkpoint: Checkpoint) -> dict[str, float]:
    return {
        curve.NAMES[point.side].capitalize(): round(point.loss, 4)
        for point in curves.of_checkpoints([checkpoint])
    }


def _told(event: JobEvent) -> dict[str, str]:
    return {"When": f"{event.at.astimezone(state.zone()):%H:%M:%S}", "What": event.message}
