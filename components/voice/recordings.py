"""Recordings uploaded on the Voice page: transcribed piece by piece, with progress, and taken away as text or subtitles."""

from __future__ import annotations

import streamlit as st

from components import figures
from components.house import House
from components.plain import plain
from components.redraw import watched
from components.voice.settings import Manner
from services.media.audio.subtitles import srt, vtt
from services.media.audio.transcribing import Transcribing
from services.metering.sound_prices import TRANSCRIPTION_EQUIVALENT, equivalent_price

JOB = "voice-recording"
POLL_S = 1.0
KINDS = [
    "mp3", "m4a", "mp4", "wav", "flac", "ogg", "oga", "opus", "webm", "aac", "aiff", "wma", "mov", "mkv", "avi", "amr", "3gp",
    "mpga", "mpeg",
]  # fmt: skip
MOST_MB = 512


def draw(house: House, manner: Manner) -> None:
    """Draw the upload and the transcript of what was uploaded last."""
    job: Transcribing | None = st.session_state.get(JOB)
    file = st.file_uploader(
        "A recording or a video, up to four hours",
        KINDS,
        key="voice-upload",
        max_upload_size=MOST_MB,
        help="It is cut at quiet moments and transcribed piece by piece. "
        "Its language is the one chosen in Voice settings.",
    )
    if file is not None and st.button("Transcribe", icon=":material/notes:", type="primary", key="voice-go"):
        if job is not None:
            job.stop()
        st.session_state[JOB] = Transcribing(
            house.sound, house.recordings, manner.voice, file.name, file.getvalue()
        )
        st.rerun()
    if job is None:
        if file is None:
            st.caption(
                "Upload an interview, a lecture or a voice message, and get its words with their times."
            )
        return
    watched(None if job.is_over else POLL_S)(_draw_job)(job, manner)


def _draw_job(job: Transcribing, manner: Manner) -> None:
    st.subheader(plain(job.name), anchor=False)
    if job.state == "failed":
        st.error(job.error, icon=":material/error:")
    if job.is_over:
        _draw_result(job, manner)
        if st.session_state.get(f"{JOB}-settled") is not job:
            st.session_state[f"{JOB}-settled"] = job
            st.rerun()
        return
    share = job.done_s / job.duration_s if job.duration_s else 0.0
    of = f"{_clock(job.done_s)} of {_clock(job.duration_s)}" if job.duration_s else "Reading the recording"
    st.progress(share, of)
    if st.button("Stop", icon=":material/stop_circle:", key="voice-stop"):
        job.stop()
    _draw_cues(job)


def _draw_result(job: Transcribing, manner: Manner) -> None:
    if not job.cues:
        if job.state == "done":
            st.info("Nobody speaks in this recording.", icon=":material/voice_over_off:")
        return
    facts = [_clock(job.done_s), figures.counted(len(job.text.split()), "word")]
    if manner.voice.connection.is_local:
        cost = figures.money(equivalent_price(job.done_s, 0))
        facts.append(f"free here, {cost} with {TRANSCRIPTION_EQUIVALENT}")
    st.caption(" · ".join(facts))
    with st.container(horizontal=True):
        for label, data, name in (
            ("Text", job.text + "\n", "transcript.txt"),
            ("Subtitles (SRT)", srt(job.cues), "transcript.srt"),
            ("Subtitles (VTT)", vtt(job.cues), "transcript.vtt"),
        ):
            st.download_button(
                label,
                data,
                name,
                "text/plain",
                icon=":material/download:",
                on_click="ignore",
                key=f"voice-{name}",
            )
    _draw_cues(job)


def _draw_cues(job: Transcribing) -> None:
    if not job.cues:
        return
    # One element however long it is: two hours are some 1,700 lines, drawn anew every second.
    lines = (f":gray[{_clock(cue.start_s)}]  {plain(cue.text)}" for cue in job.cues)
    with st.container(height=420, autoscroll=not job.is_over):
        st.markdown("\n\n".join(lines))


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
