"""What each way reaches on the examples that were kept back: the model as it is, trained, or with a better prompt."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from components import figures
from components.failures import show
from components.finetune import instead, jobs
from components.finetune.reading import Read
from components.house import House
from components.sidebar import Choice
from services.errors import AppError
from services.tuning.checking import Checked
from services.tuning.evaluation import (
    MAX_EXAMPLES,
    MOST_PASSAGES,
    USUAL_EXAMPLES,
    Evaluation,
    LiveEvaluation,
    Way,
    estimate,
)
from services.tuning.jobs import Job, TuningApi

WATCH_S = 0.3
COLOUR = "#0d9488"


def draw(house: House, choice: Choice, found: Read) -> None:
    """Draw the choice of ways, and what was measured."""
    held = found.split.validation
    if not held:
        st.info(
            "Nothing is kept back to test with. Keep a share of the examples back under *Split* first.",
            icon=":material/call_split:",
        )
        return
    ways = _draw_ways(house, choice, found)
    lines = _draw_lines(held)
    live: LiveEvaluation | None = st.session_state.get(_key(found))
    is_busy = live is not None and not live.done
    _draw_estimate(choice, ways, lines)
    start = st.button(
        "Measure", type="primary", icon=":material/play_arrow:", key="measure", disabled=is_busy or not ways
    )
    if start:
        try:
            live = house.evaluator.start(ways, lines, choice.connection, _searching(house))
        except AppError as error:
            show(error)
            return
        st.session_state[_key(found)] = live
    if live is not None:
        _follow(live)


def _key(found: Read) -> str:
    return f"measured-{found.data_set.id}"


def _searching(house: House):  # type: ignore[no-untyped-def]
    def search(collection: str, question: str) -> list[str]:
        return [hit.text for hit in house.collections.search(collection, [question], MOST_PASSAGES)]

    return search


# --- what is measured ---------------------------------------------------------------------------


def _draw_ways(house: House, choice: Choice, found: Read) -> list[Way]:
    offered = _offered(house, choice, found)
    names = [way.title for way in offered]
    wanted = st.multiselect(
        "Ways to answer", names, default=names[: min(3, len(names))], key=f"ways-{len(names)}"
    )
    missing = []
    if not any(way.kind == "tuned" for way in offered):
        missing.append("a training of this data set that has ended")
    if not any(way.kind == "retrieval" for way in offered):
        missing.append("the collection of examples")
    if not any(way.kind == "short" for way in offered):
        missing.append("the short instruction")
    if missing:
        st.caption(f"Not there yet: {', '.join(missing)}. *Train* and *Without training* make them.")
    return [way for way in offered if way.title in wanted]


def _offered(house: House, choice: Choice, found: Read) -> list[Way]:
    tuned = _tuned(choice, found)
    # Against a trained model only its own base is a fair measure.
    model = found.base.id if tuned else choice.model.id
    ways = [Way("base", f"{model} as it is", model)]
    ways += [
        Way("tuned", f"Trained: {one.fine_tuned_model}", str(one.fine_tuned_model), trained_from=one.model)
        for one in tuned
    ]
    with suppress(AppError):  # the other tab tells why
        ways.append(Way("few_shot", "Examples in the prompt", model, instead.shots_prompt(found)))
    if (short := instead.short_prompt(found)) is not None:
        ways.append(Way("short", "Short instruction", model, short))
    try:
        collection = instead.collection_of(house, found)
    except AppError:
        collection = None
    if collection is not None:
        ways.append(Way("retrieval", "Nearest examples, by search", model, None, collection.id))
    return ways


def _tuned(choice: Choice, found: Read) -> list[Job]:
    try:
        return jobs.trained(TuningApi(lambda: choice.connection), found.data_set.id)
    except AppError:
        return []  # this server trains nothing


def _draw_lines(held: Sequence[Checked]) -> list[Checked]:
    most = min(len(held), MAX_EXAMPLES)
    if most == 1:
        return list(held)
    count = st.slider(
        "Examples to test with", 1, most, min(USUAL_EXAMPLES, most), key=f"tested-{most}", width=320
    )
    return list(held[:count])


def _draw_estimate(choice: Choice, ways: Sequence[Way], lines: Sequence[Checked]) -> None:
    calls = figures.counted(len(ways) * len(lines), "answer")
    if choice.connection.is_local:
        st.caption(f"{calls}, one after the other on this machine, free. You can stop at any time.")
        return
    cost = estimate(Evaluation(tuple(ways), tuple(lines)))
    price = "the price of a model is not known" if cost is None else f"at most about {figures.money(cost)}"
    st.caption(f"{calls}; {price}.")


# --- what was found -----------------------------------------------------------------------------


def _follow(live: LiveEvaluation) -> None:
    """Draw the run until it ends. A click elsewhere only ends the drawing."""
    if live.done:
        _draw_result(live.evaluation)
        return
    bar, slot = st.empty(), st.empty()
    st.button("Stop", icon=":material/stop_circle:", on_click=live.stop, key="stop-measuring")
    seen = -1
    while not live.done:
        done, planned = len(live.evaluation.outcomes), live.evaluation.planned
        bar.progress(min(done / planned, 1.0), f"Answer {min(done + 1, planned)} of {planned}")
        if done:
            with slot.container():
                _draw_table(live.evaluation)
        seen = live.wait(seen, WATCH_S)
    st.rerun()


def _draw_result(evaluation: Evaluation) -> None:
    if evaluation.problem:
        st.warning(evaluation.problem, icon=":material/info:")
    if not evaluation.outcomes:
        return
    st.subheader("What each way reached", anchor=False)
    st.altair_chart(_chart(evaluation), alt=_told(evaluation))
    _draw_table(evaluation)
    tested = len(evaluation.lines)
    st.caption(
        f"Same: as the wanted answer but for capitals, blanks and the sign at the end. Words shared: F1 of the words, "
        f"0 to 100 %. {figures.counted(tested, 'example')} were tested: differences of one or two are chance."
    )
    with st.expander("Every answer", icon=":material/table_rows:"):
        st.dataframe(
            [
                {
                    "Line": one.line,
                    "Way": evaluation.ways[one.way].title,
                    "Question": one.question,
                    "Wanted": one.wanted,
                    "Given": one.given,
                    "Same": one.exact,
                    "Words shared": f"{one.overlap:.0%}",
                }
                for one in evaluation.outcomes
            ],
            hide_index=True,
        )


def _draw_table(evaluation: Evaluation) -> None:
    rows = []
    for at, way in enumerate(evaluation.ways):
        score = evaluation.score(at)
        rows.append(
            {
                "Way": way.title,
                "Answered": score.answered,
                "Same": _share(score.exact),
                "Words shared": _share(score.overlap),
                "Tokens read": "–" if score.prompt_tokens is None else f"{score.prompt_tokens:,.0f}",
                "Time": figures.seconds(score.seconds),
            }
        )
    st.dataframe(rows, hide_index=True)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _told(evaluation: Evaluation) -> str:
    scores = [(way.title, evaluation.score(at).exact) for at, way in enumerate(evaluation.ways)]
    return "Share of answers that are the same: " + "; ".join(
        f"{name} {_share(value)}" for name, value in scores
    )


def _chart(evaluation: Evaluation):  # type: ignore[no-untyped-def]
    import altair as alt

    values = [
        {
            "way": way.title,
            "share": evaluation.score(at).exact or 0.0,
            "overlap": evaluation.score(at).overlap or 0.0,
        }
        for at, way in enumerate(evaluation.ways)
    ]
    base = alt.Chart(alt.Data(values=values)).encode(
        y=alt.Y(
            "way:N", title=None, sort=[way.title for way in evaluation.ways], axis=alt.Axis(labelLimit=260)
        )
    )
    bars = base.mark_bar(color=COLOUR).encode(
        x=alt.X(
            "share:Q",
            title="answers that are the same",
            axis=alt.Axis(format="%"),
            scale=alt.Scale(domain=[0, 1]),
        ),
        tooltip=["way:N", alt.Tooltip("share:Q", format=".0%"), alt.Tooltip("overlap:Q", format=".0%")],
    )
    ticks = base.mark_tick(thickness=3, size=22, color="#6366f1").encode(x="overlap:Q")
    return (bars + ticks).properties(height=46 * len(values) + 40)
