"""That fine-tuning at OpenAI ends, for whom and when, and what is left."""

from __future__ import annotations

from datetime import UTC, date, datetime

import streamlit as st

from components import figures
from services.tuning.models import Closing, closing


def draw() -> None:
    """Draw the notice."""
    told, today = closing(), datetime.now(UTC).date()
    st.info(_headline(told, today), icon=":material/event_busy:")
    with st.expander("What ends, and what to do instead", icon=":material/help:"):
        st.markdown(
            f"OpenAI announced on {_day(told.announced)} that it closes fine-tuning to its customers.\n"
            f"- Since {_day(told.without_recent_use)} it is closed for organizations that had used no fine-tuned model in the "
            "60 days before.\n"
            f"- From {_day(told.everybody)} on nobody can begin a new job.\n"
            "- A model that was trained before answers until its base model is shut down.\n\n"
            "What is left: a few examples in the prompt, examples found by search, or a shorter instruction. All three are built "
            "from the same examples under *Without training*, and *Measure* tells what each reaches. And a small model that "
            "runs on this machine can be trained here: nobody can switch that off."
        )


def _headline(told: Closing, today: date) -> str:
    if today >= told.everybody:
        return f"OpenAI begins no new fine-tuning jobs since {_day(told.everybody)}. A small local model can still be trained here."
    left = figures.counted((told.everybody - today).days, "day")
    return (
        f"OpenAI's fine-tuning ends: new jobs only until {_day(told.everybody)}, in {left}, and for many organizations not "
        "any more. A small local model can be trained here."
    )


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
