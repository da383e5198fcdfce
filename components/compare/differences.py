"""The answers of one turn beside each other, with what they do not share marked."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components import figures
from components.compare.looks import LaneLook, looks
from components.plain import plain, plain_lines
from services.compare.differences import Mark, Marked, Span, differences
from services.compare.records import LaneTalk
from services.turns import Turn

BACKGROUNDS: dict[Mark, str] = {"same": "", "changed": "orange", "some": "yellow", "only": "blue"}
SHOWN_NUMBERS = 8


def draw(talks: Sequence[LaneTalk]) -> None:
    """Draw the answers to one message, chosen by the person, the last one first."""
    numbers = [n for n in range(max((len(t.turns) for t in talks), default=0)) if len(_answers(talks, n)) > 1]
    if not numbers:
        st.info(
            "Once two lanes have answered the same message, you see here what one says and the other does not.",
            icon=":material/difference:",
        )
        return
    number = numbers[-1] if len(numbers) == 1 else _choose(talks, numbers)
    answers = _answers(talks, number)
    seen = looks([talk.lane for talk in talks])
    marked = differences([turn.text for _, turn in answers])
    _legend(len(answers))
    for column, (place, _), one in zip(st.columns(len(answers)), answers, marked, strict=True):
        with column, st.container(border=True):
            _draw_answer(one, seen[place])


def _answers(talks: Sequence[LaneTalk], number: int) -> list[tuple[int, Turn]]:
    """The turns with this number that have words, with the place of their lane."""
    return [
        (place, talk.turns[number])
        for place, talk in enumerate(talks)
        if number < len(talk.turns) and talk.turns[number].text
    ]


def _choose(talks: Sequence[LaneTalk], numbers: Sequence[int]) -> int:
    def named(number: int) -> str:
        said = next((talk.turns[number].user.content for talk in talks if number < len(talk.turns)), "")
        words = " ".join(said.split())
        return f"{number + 1}: {words[:60]}{'…' if len(words) > 60 else ''}"

    newest_first = list(reversed(numbers))
    chosen = st.selectbox(
        "Turn", newest_first, format_func=named, key=f"compare-differences-{len(numbers)}", width=420
    )
    return newest_first[0] if chosen is None else chosen


def _legend(lanes: int) -> None:
    bits = [
        ":blue-background[:material/add: a sentence only this answer has]",
        ":orange-background[words the others have otherwise]",
    ]
    if lanes > 2:
        bits.insert(1, ":yellow-background[:material/remove: a sentence not all of them have]")
    st.caption(" · ".join(bits))


def _draw_answer(marked: Marked, look: LaneLook) -> None:
    st.markdown(look.badge)
    only = marked.count("only")
    words = f"Shares {marked.shared:.0%} of its words with the others"
    words += f", {figures.counted(only, 'sentence')} of its own" if only else ""
    st.caption(words)
    st.markdown("".join(_shown(span) for span in marked.spans))
    if marked.own_numbers:
        shown = ", ".join(plain(number) for number in marked.own_numbers[:SHOWN_NUMBERS])
        st.caption(f":material/numbers: Numbers only here: {shown}")


def _shown(span: Span) -> str:
    """A span as it was written, on the background of its mark; a sign says the same as the colour."""
    words = span.text.strip(" ")
    before = " " if span.text.startswith(" ") else ""
    ends = words[len(words.rstrip()) :]
    words = words.rstrip()
    sign = {"only": ":material/add: ", "some": ":material/remove: "}.get(span.mark, "")
    shown = sign + plain_lines(words, BACKGROUNDS[span.mark]) if words else ""
    after = " " if span.text.endswith(" ") and not ends else ""
    return before + shown + plain_lines(ends) + after
