"""The keys of a browser session, in one place."""

from __future__ import annotations

import streamlit as st

CONVERSATION_PARAM = "c"
TYPED_KEYS = "typed_keys"
EDITING = "editing_turn"
NOTICE = "notice"
SHOWN = "shown_turns"


def typed_keys() -> dict[str, str]:
    """API keys typed in this browser session, by connection name. They live here and nowhere else."""
    keys: dict[str, str] = st.session_state.setdefault(TYPED_KEYS, {})
    return keys


def conversation_id() -> str | None:
    """The conversation the address names."""
    return st.query_params.get(CONVERSATION_PARAM)


def open_conversation(conversation: str | None) -> None:
    """Put a conversation into the address; None for a new one."""
    st.session_state.pop(EDITING, None)
    st.session_state.pop(SHOWN, None)
    if conversation is None:
        st.query_params.pop(CONVERSATION_PARAM, None)
    else:
        st.query_params[CONVERSATION_PARAM] = conversation


def notify(sentence: str, icon: str = ":material/check:") -> None:
    """Show a short notice after the next rerun."""
    st.session_state[NOTICE] = (sentence, icon)


def show_notice() -> None:
    """Draw the notice left by the run before, once."""
    if notice := st.session_state.pop(NOTICE, None):
        st.toast(notice[0], icon=notice[1])
