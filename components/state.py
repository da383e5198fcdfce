"""The keys of a browser session, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

CONVERSATION_PARAM = "c"
THREAD_PARAM = "t"
COLLECTION_PARAM = "f"
COMPARISON_PARAM = "k"
GPT_PARAM = "g"
LESSON_PARAM = "l"
EXPERIMENT_PARAM = "e"
PICTURE_PARAM = "i"
DATA_SET_PARAM = "d"
TYPED_KEYS = "typed_keys"
FUNCTION_KEYS = "function_keys"
ASSISTANT = "assistant"
TALKING_TO = "talking_to"
SERVER_OPEN = "server-open"
EDITING = "editing_turn"
NOTICE = "notice"
FAILURE = "failure"
SHOWN = "shown_turns"
DRAFT = "draft_options"
WIRE_TURN = "wire_turn"
COMPOSER = "composer"
RESTORE = "composer_restore"
HELD = "composer_held"
WIRE_OPEN = "wire-open"
OPEN_WIRE = "open_wire"
CONFIRMED = "confirmed_action"
CLICKED_SOURCE = "clicked_source"
SOURCE_PAGES = "source_pages"
SHOWN_SOURCE = "shown_source"
BROUGHT = "brought_to_chat"
OPENAPI_DOCUMENT = "openapi_document"


@dataclass(frozen=True, slots=True)
class BroughtFile:
    """A file from another page, read as an uploaded one is."""

    name: str
    data: bytes

    def getvalue(self) -> bytes:
        """Its bytes."""
        return self.data


@dataclass(frozen=True, slots=True)
class Brought:
    """A message that another page brings to the chat."""

    text: str
    files: tuple[BroughtFile, ...]


def typed_keys() -> dict[str, str]:
    """API keys typed in this browser session, by connection name. They live here and nowhere else."""
    keys: dict[str, str] = st.session_state.setdefault(TYPED_KEYS, {})
    return keys


def function_keys() -> dict[str, str]:
    """Keys for functions typed in this browser session, by the name of the secret. They live here and nowhere else."""
    keys: dict[str, str] = st.session_state.setdefault(FUNCTION_KEYS, {})
    return keys


def thread_id() -> str | None:
    """The thread the address names."""
    return st.query_params.get(THREAD_PARAM)


def open_thread(thread: str | None) -> None:
    """Put a thread into the address; None for a new one."""
    st.session_state.pop(SHOWN, None)
    if thread is None:
        st.query_params.pop(THREAD_PARAM, None)
    else:
        st.query_params[THREAD_PARAM] = thread


def forget_assistant() -> None:
    """Let the page choose again whom the next message goes to."""
    for key in (ASSISTANT, TALKING_TO):
        st.session_state.pop(key, None)


def conversation_id() -> str | None:
    """The conversation the address names."""
    return st.query_params.get(CONVERSATION_PARAM)


def open_conversation(conversation: str | None) -> None:
    """Put a conversation into the address; None for a new one."""
    for key in (EDITING, SHOWN, WIRE_TURN):
        st.session_state.pop(key, None)
    if conversation is None:
        st.query_params.pop(CONVERSATION_PARAM, None)
    else:
        st.query_params[CONVERSATION_PARAM] = conversation


def collection_id() -> str | None:
    """The collection of files the address names."""
    return st.query_params.get(COLLECTION_PARAM)


def open_collection(collection: str | None) -> None:
    """Put a collection into the address; None for none."""
    st.session_state.pop(SHOWN_SOURCE, None)
    if collection is None:
        st.query_params.pop(COLLECTION_PARAM, None)
    else:
        st.query_params[COLLECTION_PARAM] = collection


def comparison_id() -> str | None:
    """The comparison the address names."""
    return st.query_params.get(COMPARISON_PARAM)


def open_comparison(comparison: str | None) -> None:
    """Put a comparison into the address; None for a new one."""
    st.session_state.pop(SHOWN, None)
    if comparison is None:
        st.query_params.pop(COMPARISON_PARAM, None)
    else:
        st.query_params[COMPARISON_PARAM] = comparison


def gpt_id() -> str | None:
    """The GPT the address names."""
    return st.query_params.get(GPT_PARAM)


def open_gpt(gpt: str | None) -> None:
    """Put a GPT into the address; None for the list of them."""
    if gpt is None:
        st.query_params.pop(GPT_PARAM, None)
    else:
        st.query_params[GPT_PARAM] = gpt


def lesson_slug() -> str | None:
    """The lesson the address names."""
    return st.query_params.get(LESSON_PARAM)


def open_lesson(slug: str | None) -> None:
    """Put a lesson into the address; None for the list of them."""
    if slug is None:
        st.query_params.pop(LESSON_PARAM, None)
    else:
        st.query_params[LESSON_PARAM] = slug


def experiment_slug() -> str | None:
    """The experiment the address names."""
    return st.query_params.get(EXPERIMENT_PARAM)


def open_experiment(slug: str | None) -> None:
    """Put an experiment into the address; None for the list of them."""
    if slug is None:
        st.query_params.pop(EXPERIMENT_PARAM, None)
    else:
        st.query_params[EXPERIMENT_PARAM] = slug


def picture_id() -> str | None:
    """The picture of the gallery that the address names."""
    return st.query_params.get(PICTURE_PARAM)


def open_picture(picture: str | None) -> None:
    """Put a picture into the address; None for none."""
    if picture is None:
        st.query_params.pop(PICTURE_PARAM, None)
    else:
        st.query_params[PICTURE_PARAM] = picture


def data_set_id() -> str | None:
    """The data set for fine-tuning that the address names."""
    return st.query_params.get(DATA_SET_PARAM)


def open_data_set(data_set: str | None) -> None:
    """Put a data set into the address; None for the list of them."""
    if data_set is None:
        st.query_params.pop(DATA_SET_PARAM, None)
    else:
        st.query_params[DATA_SET_PARAM] = data_set


def bring(text: str, filename: str, data: bytes) -> None:
    """Have the chat page send a message with a file as its first one."""
    st.session_state[BROUGHT] = Brought(text, (BroughtFile(filename, data),))


def take_brought() -> Brought | None:
    """The message that another page brings to the chat, once."""
    brought: Brought | None = st.session_state.pop(BROUGHT, None)
    return brought


def notify(sentence: str, icon: str = ":material/check:") -> None:
    """Show a short notice after the next rerun."""
    st.session_state[NOTICE] = (sentence, icon)


def fail(sentence: str) -> None:
    """Show an error at the top of the next run, where it cannot be missed."""
    st.session_state[FAILURE] = sentence


def show_notice() -> None:
    """Draw what the run before left to be said, once."""
    if notice := st.session_state.pop(NOTICE, None):
        st.toast(notice[0], icon=notice[1])
    if failure := st.session_state.pop(FAILURE, None):
        st.error(failure, icon=":material/error:")


def open_wire_if_asked() -> None:
    """Switch the wire panel on when the run before asked for it. Call it before its toggle is drawn."""
    if st.session_state.pop(OPEN_WIRE, False):
        st.session_state[WIRE_OPEN] = True


def restore_typed() -> None:
    """Put back what the person typed when it could not be sent. Call it before the input is drawn."""
    if text := st.session_state.pop(RESTORE, None):
        st.session_state[COMPOSER] = text


def keep_typed() -> None:
    """Have what was just sent put back by the next run: this one will not send it. Call it before the input is drawn."""
    if text := _text_of(st.session_state.get(COMPOSER)):
        st.session_state[RESTORE] = text


def hold_typed() -> None:
    """Keep what was just sent until it is let go, and have put back what a run cut short still held.

    Call it first in a run.
    """
    if left := st.session_state.pop(HELD, None):
        st.session_state[RESTORE] = left
    if text := _text_of(st.session_state.get(COMPOSER)):
        st.session_state[HELD] = text


def let_go_typed() -> None:
    """What was typed is kept elsewhere now, or is as soon as the next line has run."""
    st.session_state.pop(HELD, None)


def _text_of(typed: Any) -> str:
    """What was typed, without files."""
    return typed if isinstance(typed, str) else getattr(typed, "text", "")


def take_confirmed() -> Any:
    """The action the person confirmed in a dialog of the run before, once."""
    return st.session_state.pop(CONFIRMED, None)


def zone() -> tzinfo:
    """The browser's time zone; UTC where it is not told."""
    try:
        return ZoneInfo(st.context.timezone) if st.context.timezone else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
