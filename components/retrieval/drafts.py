"""Questions drafted by the chat model from passages, shown one by one to be approved."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import wait
from functools import partial

import streamlit as st

from components import figures
from components.failures import show
from components.plain import plain, plain_lines
from components.retrieval import question_table
from components.retrieval.desk import RetrievalDesk, beginning, place, read_shelf
from components.sidebar import Choice
from services.catalog import Model, describe
from services.clients import Connection
from services.errors import AppError
from services.retrieval import drafting, questions
from services.retrieval.drafting import Draft
from services.retrieval.evaluation import Expected, Question
from services.retrieval.records import Passage
from services.turns import Mode, Usage

WAITING = "retrieval_drafts"
USUAL = 5
POLL_S = 0.3
PASSAGE_CHARS = 1500


def draw(desk: RetrievalDesk, asked: Sequence[Question], choice: Choice | None) -> None:
    """Draw what drafts questions, and the draft that waits for a decision. Raises AppError."""
    waiting = _waiting(desk)
    with st.expander("Draft questions with the model", icon=":material/edit_note:", expanded=bool(waiting)):
        _draw_asking(desk, asked, choice)
        if waiting:
            _draw_first(desk, asked, waiting)


def _waiting(desk: RetrievalDesk) -> list[Draft]:
    everywhere: dict[str, list[Draft]] = st.session_state.setdefault(WAITING, {})
    return everywhere.setdefault(desk.store_id, [])


def _draw_asking(desk: RetrievalDesk, asked: Sequence[Question], choice: Choice | None) -> None:
    connection, model = _model(desk, choice)
    st.caption(
        "The model reads passages from all over the collection and writes a question to each. "
        "Its questions often repeat the words of the passage, which makes them easy to find: change or discard those."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        count = st.number_input(
            "How many", 1, drafting.MOST_DRAFTS, USUAL, key=f"draft-count-{desk.store_id}", width=120
        )
        wanted = st.button(f"Draft with {model.id}", icon=":material/edit_note:", key="draft-go")
    if wanted and (shelf := read_shelf(desk)) is not None:
        known = [*asked, *(draft.question for draft in _waiting(desk))]
        chosen = drafting.choose(shelf.passages, int(count), known)
        _draft(desk, connection, model, chosen)


def _model(desk: RetrievalDesk, choice: Choice | None) -> tuple[Connection, Model]:
    if choice is not None:
        return choice.connection, choice.model
    own = desk.house.assistants.connection
    return own, describe(desk.house.settings.chat_model, own.name)


def _draft(desk: RetrievalDesk, connection: Connection, model: Model, passages: Sequence[Passage]) -> None:
    bar, began = st.progress(0.0), time.monotonic()
    about_s = drafting.estimated_s(passages) if model.local else None

    def tell(done: int) -> None:
        elapsed_s = time.monotonic() - began
        whole_s = elapsed_s / done * len(passages) if done else about_s
        bar.progress(done / len(passages), _words(done, len(passages), whole_s, elapsed_s))

    for done, passage in enumerate(passages):
        tell(done)
        ask = partial(_ask, desk, connection, model, partial(tell, done))
        try:
            _waiting(desk).append(drafting.draft(ask, passage))
        except AppError as error:  # what is drafted already stays
            show(error)
            if not error.retryable:
                break
    bar.empty()


def _ask(
    desk: RetrievalDesk, connection: Connection, model: Model, tell: Callable[[], None], prompt: str
) -> str:
    """What the model answers. `tell` is called while it is at work, and may end the page: then the model stops, too."""
    loop = desk.house.loop

    async def ask() -> tuple[str, Usage]:
        return await drafting.ask(connection, loop.pool(connection.base_url), model, prompt)

    def work() -> tuple[str, Usage]:
        asked = loop.start(ask())
        try:
            while not asked.done():
                wait([asked], POLL_S)
                tell()
        finally:
            asked.cancel()
        return asked.result()

    return desk.calls.make(model, Mode.CHAT_COMPLETIONS, work)


def _words(done: int, of: int, whole_s: float | None, elapsed_s: float) -> str:
    about = f" of about {figures.seconds(whole_s)}" if whole_s and whole_s > elapsed_s else ""
    return (
        f"{done} of {figures.counted(of, 'question')} drafted, {elapsed_s:.0f} s{about}. "
        "What is drafted stays if you leave."
    )


def _draw_first(desk: RetrievalDesk, asked: Sequence[Question], waiting: list[Draft]) -> None:
    draft = waiting[0]
    (expected,) = draft.question.expected
    with st.container(border=True):
        st.caption(f"{figures.counted(len(waiting), 'draft')} to decide on")
        text = st.text_input(
            "Question",
            draft.question.text,
            key=f"draft-{draft.passage.id}",
            max_chars=questions.LONGEST_QUESTION,
        )
        quote = st.text_area(
            "Quote that answers it", expected.quote, key=f"quote-{draft.passage.id}", height=80
        )
        where = f"{plain(expected.filename)} {place(draft.passage)}".strip()
        with st.popover(f"The passage: {where}", icon=":material/article:"):
            st.caption(plain_lines(beginning(draft.passage.text, PASSAGE_CHARS)))
        with st.container(horizontal=True):
            approved = st.button("Approve", type="primary", icon=":material/check:", key="draft-approve")
            discarded = st.button("Discard", icon=":material/delete:", key="draft-discard")
    if approved and (text or "").strip():
        place_now = Expected(expected.filename, expected.pages, (quote or "").strip())
        question = Question(" ".join((text or "").split()), (place_now,))
        questions.keep(desk.house.preferences, desk.store_id, questions.added(asked, [question]))
    if approved or discarded:
        waiting.pop(0)
        question_table.draw_anew("Question approved" if approved else "Draft discarded")
