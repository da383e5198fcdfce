"""A program of a lesson: shown, run on the connection at hand, and what came of it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import PurePath

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components import figures
from components.house import House
from components.sidebar import Choice
from services.clients import Connection
from services.lessons import metering
from services.lessons.records import Lesson, Program
from services.lessons.running import Ended, Printed, Product, Quiet, run
from services.turns import Mode

PICTURES, SOUNDS = (".png", ".jpg", ".webp"), (".wav", ".mp3")


@dataclass(frozen=True, slots=True)
class Call:
    """A program as it is to be run: on what, with whom."""

    program: Program
    text: str
    connection: Connection
    model: str


@dataclass(slots=True)
class Outcome:
    """What a program has said so far."""

    lines: list[str] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)
    ended: Ended | None = None


def draw(house: House, choice: Choice, lesson: Lesson, program: Program) -> None:
    """The program's code; if it is live, a place to run it."""
    key = f"{lesson.slug}-{program.name}"
    with st.container(border=True):
        st.markdown(f":material/code: **{program.name}**")
        with st.container(height=380 if program.code.count("\n") > 18 else "content", border=False):
            st.code(program.code, language="python")
        st.download_button(
            "Download",
            program.code,
            program.name,
            "text/x-python",
            icon=":material/download:",
            key=f"get-{key}",
        )
        if program.is_live:
            _draw_live(house, choice, program, key)


def _draw_live(house: House, choice: Choice, program: Program, key: str) -> None:
    connection, model = _whom(house, choice, program)
    default = program.default_input
    with st.form(f"run-{key}", border=False):
        text = st.text_input("Your input", default, max_chars=500) if default is not None else ""
        is_asked = st.form_submit_button("Run it here", icon=":material/play_arrow:", type="primary")
    setting, own_model = program.model_setting
    st.caption(
        f"Runs on {connection.name} with {model if setting == 'MODEL' else own_model}, in a process of its own."
    )
    slot = st.empty()
    if is_asked:
        st.session_state[f"outcome-{key}"] = outcome = Outcome()
        _follow(house, Call(program, text or "", connection, model), outcome, slot)
    elif (outcome := st.session_state.get(f"outcome-{key}")) is not None:
        _draw_outcome(outcome, slot)


def _whom(house: House, choice: Choice, program: Program) -> tuple[Connection, str]:
    """Whom it talks to. Assistants are spoken by our own server alone."""
    if program.mode is Mode.ASSISTANTS and not choice.connection.is_local:
        return house.assistants.connection, house.settings.chat_model
    return choice.connection, choice.model.id


def _follow(house: House, call: Call, outcome: Outcome, slot: DeltaGenerator) -> None:
    with closing(run(call.program, call.text, call.connection, call.model)) as said:
        for piece in said:
            status = None
            match piece:
                case Printed(line):
                    outcome.lines.append(line)
                    _meter(house, call, line)
                case Product():
                    outcome.products.append(piece)
                case Ended():
                    outcome.ended = piece
                case Quiet(elapsed_s):
                    status = f":shimmer[Running, {figures.seconds(elapsed_s)}]"
            _draw_outcome(outcome, slot, status)


def _meter(house: House, call: Call, line: str) -> None:
    usage = metering.usage_of(line)
    if usage is not None:
        record = metering.as_record(call.program, call.connection, call.model, usage)
        house.ledger.record(record)


def _draw_outcome(outcome: Outcome, slot: DeltaGenerator, status: str | None = None) -> None:
    with slot.container():
        if outcome.lines:
            st.code("\n".join(outcome.lines), language=None, wrap_lines=True)
        for product in outcome.products:
            _draw_product(product)
        if outcome.ended is not None and outcome.ended.problem:
            st.error(outcome.ended.problem, icon=":material/error:")
        elif outcome.ended is not None:
            st.caption(f"Done after {figures.seconds(outcome.ended.elapsed_s)}.")
        elif status:
            st.caption(status)


def _draw_product(product: Product) -> None:
    suffix = PurePath(product.filename).suffix
    if suffix in PICTURES:
        st.image(product.data, caption=product.filename, width=480)
    elif suffix in SOUNDS:
        st.audio(product.data, format=f"audio/{suffix[1:]}")
    else:
        st.caption(f"It wrote {product.filename}, {len(product.data):,} bytes.")
