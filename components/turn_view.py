"""One turn on the page: the message, the answer with its tool calls, a quiet footer, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from components import figures, state
from components.citations import chips, mark_doubts, number_markers
from components.markdown import to_markdown
from components.modes import LOOKS
from components.tool_steps import draw_tool_step
from services.schema_checks import has_patterns
from services.structured import validate_answer
from services.turns import Attachment, Citation, Message, ToolCall, ToolStep, Turn, TurnStatus

Part = str | ToolStep | Attachment

ActionKind = Literal[
    "ask", "edit", "regenerate", "delete", "select", "decide", "show_wire", "show_source", "fork"
]
AVATAR = {"user": ":material/person:"}


@dataclass(frozen=True, slots=True)
class Action:
    """What the person did to a turn.

    `text` is the edited message, `target` a turn id, `decisions` are by call id, `citation` is what was clicked.
    """

    kind: ActionKind
    turn: Turn
    text: str = ""
    target: str = ""
    decisions: tuple[tuple[str, bool], ...] = ()
    citation: Citation | None = None


Approve = Callable[[Turn], Action | None]
"""Draws the calls that wait for the person; what they decided, if anything."""


def parts(turn: Turn) -> Iterator[Part]:
    """The answer in reading order: texts with their citations numbered, pictures, and tool calls with where they stand."""
    for index, message in enumerate(turn.replies):
        if message.role != "assistant":
            continue
        yield from message.attachments
        if message.content:
            yield _readable(turn, index)
        for call in message.tool_calls:
            yield turn.tool_steps.get(call.id, ToolStep(call, "requested"))


def _readable(turn: Turn, index: int) -> str:
    text = turn.replies[index].content
    for file in turn.files:
        # The file is offered below the answer; its address means nothing outside the server.
        text = text.replace(f"]({file.marker})", "]") if file.reply == index else text
    text = mark_doubts(text, [doubt for doubt in turn.unsupported if doubt.reply == index])
    return number_markers(text, turn.citations, reply=index) if turn.citations else text


def draw_turn(
    turn: Turn,
    siblings: tuple[str, ...],
    *,
    menu: Mapping[str, str] | None = None,
    approve: Approve | None = None,
    after: Callable[[Turn], None] | None = None,
    rate: Callable[[Turn], None] | None = None,
) -> Action | None:
    """Draw a finished turn; what the person asked for, if anything.

    `menu` is what can be done with it, `approve` draws calls that wait, `after` what belongs below the answer, `rate` the
    thumbs beside the menu.
    """
    editing = st.session_state.get(state.EDITING) == turn.id
    edited: Action | None = None
    if turn.user.content or turn.user.attachments:
        with st.chat_message("user", avatar=AVATAR["user"]):
            if editing:
                edited = _editor(turn)
            else:
                draw_message(turn.user)
    if not _is_answered(turn):
        return edited
    with st.chat_message("assistant", avatar=LOOKS[turn.mode].icon):
        for part in parts(turn):
            draw_part(part)
        waits = turn.status is TurnStatus.AWAITING_APPROVAL
        decision = (approve or _approval)(turn) if waits else None
        _outcome(turn)
        if turn.settings.get("response_format") and turn.status is TurnStatus.COMPLETED:
            _check_structure(turn, turn.settings["response_format"]["json_schema"]["schema"])
        cited = chips(turn.citations, key=turn.id) if turn.citations else None
        if after is not None:
            after(turn)
        chosen = _footer(turn, siblings, MENU if menu is None else menu, rate)
    clicked = Action("show_source", turn, citation=cited) if cited else None
    return edited or decision or clicked or chosen


def draw_answer(turn: Turn, *, is_framed: bool = True) -> None:
    """The answer of a finished turn and how it ended, with nothing to do about it."""
    frame = st.chat_message("assistant", avatar=LOOKS[turn.mode].icon) if is_framed else st.container()
    with frame:
        for part in parts(turn):
            draw_part(part)
        _outcome(turn)


def _is_answered(turn: Turn) -> bool:
    """A message that a thread holds may have been left without an answer."""
    return bool(turn.replies or turn.run or turn.model)


def draw_message(message: Message) -> None:
    """A person's message with what was attached."""
    for attachment in message.attachments:
        _draw_attachment(attachment)
    if message.content:
        st.markdown(to_markdown(message.content))


def _draw_attachment(attachment: Attachment) -> None:
    if attachment.is_image:
        st.image(attachment.data, width=280, alt=f"Attached picture {attachment.filename}")
    else:
        size = f" · {figures.size(len(attachment.data))}" if attachment.data else ""
        st.markdown(f":gray-badge[:material/description: {to_markdown(attachment.filename)}{size}]")


def draw_part(part: Part) -> None:
    """A piece of the answer."""
    if isinstance(part, ToolStep):
        draw_tool_step(part)
    elif isinstance(part, Attachment):
        st.image(part.data, alt="A picture made during the answer")
    else:
        st.markdown(to_markdown(part))


def _approval(turn: Turn) -> Action | None:
    waiting = [s.call for s in turn.tool_steps.values() if s.state == "requested"]
    with st.container(border=True):
        names = ", ".join(f"**{c.name}**" for c in waiting)
        st.markdown(
            f":material/front_hand: The model wants to run {names}. Nothing runs before you allow it."
        )
        with st.container(horizontal=True):
            allowed = st.button("Run", key=f"allow-{turn.id}", type="primary", icon=":material/play_arrow:")
            refused = st.button("Refuse", key=f"refuse-{turn.id}", icon=":material/block:")
    if allowed or refused:
        return Action("decide", turn, decisions=_decide(waiting, allowed))
    return None


def _decide(calls: list[ToolCall], allowed: bool) -> tuple[tuple[str, bool], ...]:
    return tuple((call.id, allowed) for call in calls)


def _outcome(turn: Turn) -> None:
    """Say how a turn ended when it did not end well."""
    match turn.status:
        case TurnStatus.FAILED:
            st.error(turn.error or "The answer failed.", icon=":material/error:")
        case TurnStatus.STOPPED:
            st.caption(":material/stop_circle: Stopped by you. What had arrived is kept.")
        case TurnStatus.INTERRUPTED:
            st.caption(
                ":material/power_off: Cut: Tandem ended while this was being written. What had arrived is kept."
            )
        case TurnStatus.COMPLETED if turn.finish_reason == "length":
            st.caption(
                ":material/content_cut: The answer reached its length limit. Ask it to go on, or raise the limit."
            )
    if turn.status is not TurnStatus.FAILED and turn.error:
        st.warning(turn.error, icon=":material/save:")


def _check_structure(turn: Turn, schema: dict[str, Any]) -> None:
    if problems := validate_answer(turn.text, schema):
        lines = "  \n".join(to_markdown(problem) for problem in problems[:5])
        st.warning(f"The answer does not fit the schema:  \n{lines}", icon=":material/rule:")
    elif has_patterns(schema):
        st.caption(
            ":green[:material/check:] The answer fits the schema. Its patterns were not checked: "
            "a regular expression can run for ever."
        )
    else:
        st.caption(":green[:material/check:] The answer fits the schema.")


def _editor(turn: Turn) -> Action | None:
    text = st.text_area("Edit your message", turn.user.content, key=f"edit-{turn.id}", height=120)
    with st.container(horizontal=True):
        send = st.button("Send", key=f"send-{turn.id}", type="primary", icon=":material/send:")
        cancel = st.button("Cancel", key=f"cancel-{turn.id}")
    st.caption("The old message and its answers stay: switch between the two with the arrows below.")
    if cancel:
        del st.session_state[state.EDITING]
        st.rerun()
    if send and text and text.strip():
        return Action("edit", turn, text=text)
    return None


MENU = {
    "Copy": ":material/content_copy: Copy",
    "Edit": ":material/edit: Edit message",
    "Regenerate": ":material/refresh: Answer again",
    "Wire": ":material/lan: What was sent",
    "Delete": ":material/delete: Delete from here",
}


def _footer(
    turn: Turn, siblings: tuple[str, ...], menu: Mapping[str, str], rate: Callable[[Turn], None] | None
) -> Action | None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        branch = _branches(turn, siblings) if len(siblings) > 1 else None
        may_retry = turn.status is TurnStatus.FAILED and "Regenerate" in menu
        retry = may_retry and st.button("Try again", key=f"retry-{turn.id}", icon=":material/refresh:")
        choice = st.menu_button(
            "More",
            list(menu),
            format_func=lambda option: menu[option],
            key=f"menu-{turn.id}",
            type="tertiary",
            icon=":material/more_horiz:",
            help="What can be done with this turn",
        )
        if rate is not None:
            rate(turn)
        st.caption(footer_line(turn))
    if retry:
        return Action("regenerate", turn)
    return branch or _chosen(turn, choice)


def _chosen(turn: Turn, choice: str | None) -> Action | None:
    match choice:
        case "Copy":
            _copy_dialog(turn)
        case "Edit":
            st.session_state[state.EDITING] = turn.id
            st.rerun()
        case "Regenerate":
            return Action("regenerate", turn)
        case "Wire":
            return Action("show_wire", turn)
        case "Fork":
            return Action("fork", turn)
        case "Delete":
            _delete_dialog(turn)
    return None


def _branches(turn: Turn, siblings: tuple[str, ...]) -> Action | None:
    here = siblings.index(turn.id)
    back = st.button(
        "‹", key=f"back-{turn.id}", type="tertiary", disabled=here == 0, help="The version before"
    )
    st.caption(f"{here + 1}/{len(siblings)}")
    last = here == len(siblings) - 1
    on = st.button("›", key=f"on-{turn.id}", type="tertiary", disabled=last, help="The next version")
    if back or on:
        return Action("select", turn, target=siblings[here + (1 if on else -1)])
    return None


def footer_line(turn: Turn) -> str:
    """Model, tokens, cost and time in one quiet line."""
    bits = [to_markdown(turn.answered_by or turn.model)]
    if turn.usage is not None:
        usage = turn.usage
        cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
        bits.append(
            f"{figures.tokens(usage.prompt_tokens)}{cached} → {figures.tokens(usage.completion_tokens)} tokens"
        )
        bits.append("free" if turn.cost_usd == 0 else figures.money(turn.cost_usd))
        speed = figures.tokens_per_second(usage.completion_tokens, turn.ttft_s, turn.duration_s)
        if turn.calls == 1 and speed:
            bits.append(f"{speed:,.0f} tokens/s")
    if turn.duration_s is not None:
        bits.append(figures.seconds(turn.duration_s))
    return " · ".join(bits)


@st.dialog("Copy", icon=":material/content_copy:", width="medium")
def _copy_dialog(turn: Turn) -> None:
    st.caption("Point at a block and use the copy sign in its corner.")
    st.markdown("**Answer**")
    st.code(turn.text or " ", language="markdown", wrap_lines=True, height=260)
    st.markdown("**Your message**")
    st.code(turn.user.content or " ", language="markdown", wrap_lines=True)


@st.dialog("Delete from here", icon=":material/delete:")
def _delete_dialog(turn: Turn) -> None:
    st.markdown("This message, its answer and everything after them on this branch will be gone for good.")
    with st.container(horizontal=True):
        if st.button(
            "Delete for good", type="primary", icon=":material/delete_forever:", key="confirm-delete"
        ):
            st.session_state[state.CONFIRMED] = Action("delete", turn)
            st.rerun()
        if st.button("Keep", key="keep-turn"):
            st.rerun()
