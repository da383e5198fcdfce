"""A page is drawn whole: in its own place, again when Stop has cut it short, and a part of it every so often."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec

import streamlit as st
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime import get_instance
from streamlit.runtime.scriptrunner import StopException, get_script_run_ctx

P = ParamSpec("P")


@contextmanager
def whole() -> Iterator[None]:
    """Draw the page in here: when the person stops its run, another one is asked for.

    Stop ends whichever run the server is at when the click arrives. As an answer ends that may be the one that draws
    the finished page, and the browser takes away what a run has not drawn. So nothing inside may call `st.stop`.
    """
    try:
        # Streamlit 1.67 leaves a thread inside the fragment it drew last, and a click meanwhile is answered by the same
        # thread: without this the whole page would be drawn in there.
        with st._main:
            yield
    except StopException:
        _ask_again()
        raise


def watched(every_s: float | None) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Draw a part of the page every so many seconds, or with None only when something in it is used.

    A fragment in a container of its own: when it runs again before the browser has got what the run of the whole page
    drew, Streamlit 1.67 holds that back, the browser takes the place away, and what comes next would be drawn over.
    """

    def decorate(draw: Callable[P, None]) -> Callable[P, None]:
        fragment = st.fragment(draw, run_every=every_s)

        @wraps(draw)
        def in_its_place(*args: P.args, **kwargs: P.kwargs) -> None:
            with st.container():
                fragment(*args, **kwargs)

        return in_its_place

    return decorate


def _ask_again() -> None:
    """Ask for a run as the browser would. Nothing that draws or reads the session's state works after Stop."""
    context = get_script_run_ctx(suppress_warning=True)
    session = get_instance().get_app_session(context.session_id) if context else None
    if context is None or session is None or not get_instance().is_active_session(context.session_id):
        return  # the page was left
    page = ClientState(query_string=context.query_string, page_script_hash=context.page_script_hash)
    if context.context_info is not None:
        page.context_info.CopyFrom(context.context_info)
    # In its event loop this comes before the end of the present run, which the browser therefore never hears of.
    session._call_soon_on_event_loop(lambda: session.request_rerun(page))
