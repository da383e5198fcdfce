"""The one place where an error becomes something on the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from services.errors import AppError


def show(error: AppError) -> None:
    """Say what went wrong and what to do."""
    st.error(error.user_message, icon=":material/error:")


@contextmanager
def guarded() -> Iterator[None]:
    """Show an AppError raised inside instead of ending the page with a traceback."""
    try:
        yield
    except AppError as error:
        show(error)
