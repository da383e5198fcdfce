"""Charts over turns: what the client sends, what is billed, what it costs, how long the first token takes, and what 100 turns bring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import streamlit as st

from components import figures
from components.compare.context_sizes import context_sizes
from components.compare.looks import LaneLook, looks
from components.plain import plain
from services.catalog import equivalent_models
from services.compare.assumptions import explain
from services.compare.projection import LAST_TURN, NotYet, Point, Projection, project
from services.compare.records import LaneTalk
from services.compare.series import measured

if TYPE_CHECKING:
    import altair as alt

HEIGHT_PX = 240
WIDTHS_PX = [5.5, 3.5, 2.0, 1.0]
SIZES_PX = [190, 110, 60, 30]
COURSES = "compare_projections"
AS_BILLED = "what was billed"
SPANS = ("So far", f"To {LAST_TURN} turns")
TABLE_TURNS = (1, 5, 10, 25, 50, LAST_TURN)

Row = dict[str, Any]
Value = Callable[[Point], float | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: its title, what its axis shows, and how a value is written on the axis and in words."""

    title: str
    alt: str
    axis_format: str
    written: Callable[[float], str]
    unit: str = ""


SENT = Chart(
    "Tokens the client sends", "Tokens the client sends in each turn", "~s", lambda n: f"{n:,.0f}", " tokens"
)
BILLED = Chart("Tokens billed", "Tokens billed for each turn", "~s", lambda n: f"{n:,.0f}", " tokens")
COST = Chart(
    "Cost so far", "Cost of the talk so far, in dollars", "$,.4~f", lambda usd: _usd(Decimal(str(usd)))
)
FIRST_TOKEN = Chart(
    "Seconds to the first token", "Seconds until the first token of each turn", "~g", figures.seconds
)


def draw(talks: Sequence[LaneTalk]) -> None:
    """Draw the charts of all lanes, with a projection where two turns say how a lane grows."""
    seen = looks([talk.lane for talk in talks])
    st.markdown(" ".join(look.badge for look in seen))
    if not any(talk.turns for talk in talks):
        st.info(
            "Send a message to all lanes: each turn becomes a point here. After the second one the lines go on to a hundred turns.",
            icon=":material/show_chart:",
        )
        return
    span, priced_as = _controls(talks)
    sizes = context_sizes([talk.lane for talk in talks])
    last_turn = LAST_TURN if span != SPANS[0] else 0
    courses = [
        _course(talk, size, priced_as, max(last_turn, len(talk.turns)))
        for talk, size in zip(talks, sizes, strict=True)
    ]
    _say_not_yet(courses, seen)
    _draw_all(talks, courses, seen, priced_as)
    _explain(courses, seen, priced_as)


def _course(talk: LaneTalk, size: int | None, priced_as: str | None, last_turn: int) -> Projection | NotYet:
    """The projection of a lane, remembered for the session: pricing a hundred turns takes a tenth of a second."""
    said = tuple((turn.id, turn.status, turn.usage, turn.cost_usd) for turn in talk.turns)
    key = (said, str(talk.lane.parameters), size, priced_as, last_turn)
    kept: dict[str, tuple[object, Projection | NotYet]] = st.session_state.setdefault(COURSES, {})
    if talk.lane.id not in kept or kept[talk.lane.id][0] != key:
        kept[talk.lane.id] = key, project(talk, size, priced_as, last_turn)
    return kept[talk.lane.id][1]


def _controls(talks: Sequence[LaneTalk]) -> tuple[str, str | None]:
    costs = {turn.cost_usd for talk in talks for turn in talk.turns}
    models = list(equivalent_models())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        span = st.segmented_control(
            "Turns", SPANS, default=SPANS[1], required=True, key="compare-charts-span"
        )
        priced_as = st.selectbox(
            "Cost as",
            [AS_BILLED, *models],
            index=1 if costs <= {Decimal(0), None} and Decimal(0) in costs else 0,
            format_func=lambda option: option if option == AS_BILLED else f"if {option} had answered",
            key="compare-charts-priced-as",
            width=280,
            help="A local model costs nothing. Choose a model to see what the same tokens cost there.",
        )
    return span or SPANS[1], None if priced_as in (AS_BILLED, None) else priced_as


def _say_not_yet(courses: Sequence[Projection | NotYet], seen: Sequence[LaneLook]) -> None:
    missing = [
        (course, look) for course, look in zip(courses, seen, strict=True) if isinstance(course, NotYet)
    ]
    if not missing:
        return
    sentences = {course.sentence for course, _ in missing}
    if len(missing) == len(courses) and len(sentences) == 1:
        st.info(sentences.pop(), icon=":material/timeline:")
        return
    for course, look in missing:
        st.caption(f"{look.badge} {course.sentence}")


def _draw_all(
    talks: Sequence[LaneTalk],
    courses: Sequence[Projection | NotYet],
    seen: Sequence[LaneLook],
    priced_as: str | None,
) -> None:
    points = [_points(talk, course, priced_as) for talk, course in zip(talks, courses, strict=True)]
    left, right = st.columns(2, gap="medium")
    with left:
        _draw(
            SENT,
            [_rows(p, look, lambda point: point.sent_tokens) for p, look in zip(points, seen, strict=True)],
            seen,
        )
    with right:
        _draw(
            BILLED,
            [_rows(p, look, lambda point: point.billed_tokens) for p, look in zip(points, seen, strict=True)],
            seen,
        )
    left, right = st.columns(2, gap="medium")
    with left:
        _draw(
            COST,
            [_cost_rows(p, look) for p, look in zip(points, seen, strict=True)],
            seen,
            note=_cost_note(courses, seen),
        )
    with right:
        _draw(
            FIRST_TOKEN, [_first_token_rows(talk, look) for talk, look in zip(talks, seen, strict=True)], seen
        )


def _points(talk: LaneTalk, course: Projection | NotYet, priced_as: str | None) -> Sequence[Point]:
    if isinstance(course, Projection):
        return course.points
    return [
        Point(t.number, True, t.sent_tokens, t.billed_tokens, None if priced_as else t.cost_usd, None)
        for t in measured(talk)
    ]


def _rows(points: Sequence[Point], look: LaneLook, value: Value) -> list[Row]:
    return [_row(p.turn, value(p), look, p.is_measured) for p in points]


def _cost_rows(points: Sequence[Point], look: LaneLook) -> list[Row]:
    """The running sum; it ends where a price is unknown."""
    known = next((i for i, p in enumerate(points) if p.cost_usd is None), len(points))
    sums = accumulate(p.cost_usd or Decimal(0) for p in points[:known])
    return [_row(p.turn, float(total), look, p.is_measured) for p, total in zip(points, sums, strict=False)]


def _first_token_rows(talk: LaneTalk, look: LaneLook) -> list[Row]:
    return [_row(t.number, t.ttft_s, look, True) for t in measured(talk)]


def _row(turn: int, value: float | None, look: LaneLook, is_measured: bool) -> Row:
    return {
        "turn": turn,
        "value": value,
        "lane": look.label,
        "how": "measured" if is_measured else "projected",
    }


def _draw(chart: Chart, lanes: Sequence[list[Row]], seen: Sequence[LaneLook], note: str = "") -> None:
    rows = [row for lane in lanes for row in lane if row["value"] is not None]
    st.markdown(f"**{chart.title}**")
    if not rows:
        st.caption("Nothing is known of this yet." if chart is not COST else "The price is unknown.")
        return
    words = _words(chart, lanes, seen)
    st.altair_chart(_chart(chart, rows, seen), alt=f"{chart.alt}. {words}")
    st.caption(note or plain(words))


def _words(chart: Chart, lanes: Sequence[list[Row]], seen: Sequence[LaneLook]) -> str:
    """Where each line ends, in words."""
    ends = [next((row for row in reversed(lane) if row["value"] is not None), None) for lane in lanes]
    turns = {row["turn"] for row in ends if row}
    same = f", turn {turns.pop()}" if len(turns) == 1 else ""
    words = " · ".join(
        f"{look.glyph} {look.label} {chart.written(row['value'])}"
        + ("" if same else f" at turn {row['turn']}")
        for row, look in zip(ends, seen, strict=True)
        if row
    )
    return words + chart.unit + same


def _cost_note(courses: Sequence[Projection | NotYet], seen: Sequence[LaneLook]) -> str:
    notes = [
        f"{look.glyph} {plain(look.label)} {figures.money(course.total_usd)}"
        + (f" (without caching {figures.money(course.plain_total_usd)})" if course.cached_from else "")
        for course, look in zip(courses, seen, strict=True)
        if isinstance(course, Projection) and course.total_usd is not None
    ]
    return " · ".join(notes)


def _chart(chart: Chart, rows: list[Row], seen: Sequence[LaneLook]) -> alt.LayerChart:
    import altair as alt
    import pandas as pd

    labels = [look.label for look in seen]
    frame = pd.DataFrame(rows)
    ends = frame.loc[frame.groupby("lane")["turn"].idxmax()]
    at = {
        "x": alt.X("turn:Q", title="Turn", axis=alt.Axis(tickMinStep=1, format="d", grid=False)),
        "y": alt.Y("value:Q", title=None, axis=alt.Axis(format=chart.axis_format, tickCount=5)),
        "color": alt.Color(
            "lane:N", scale=alt.Scale(domain=labels, range=[look.hex for look in seen]), legend=None
        ),
        "tooltip": [
            alt.Tooltip("lane:N", title="lane"),
            alt.Tooltip("turn:Q", title="turn"),
            alt.Tooltip("value:Q", title=chart.title.lower(), format=",.6~g"),
            alt.Tooltip("how:N", title="how"),
        ],
    }
    shape = alt.Shape(
        "lane:N", scale=alt.Scale(domain=labels, range=[look.shape for look in seen]), legend=None
    )
    dash = alt.StrokeDash(
        "how:N", scale=alt.Scale(domain=["measured", "projected"], range=[[1, 0], [5, 4]]), legend=None
    )
    # Lanes often lie on one another: each later one is thinner, so that the one below is seen on both sides of it.
    width = alt.StrokeWidth(
        "lane:N", scale=alt.Scale(domain=labels, range=WIDTHS_PX[: len(labels)]), legend=None
    )
    size = alt.Size("lane:N", scale=alt.Scale(domain=labels, range=SIZES_PX[: len(labels)]), legend=None)
    lines = alt.Chart(_joined(frame)).mark_line().encode(**at, strokeDash=dash, strokeWidth=width)
    marked = pd.concat([frame[frame["how"] == "measured"], ends])
    points = alt.Chart(marked).mark_point(filled=True, opacity=1).encode(**at, shape=shape, size=size)
    return alt.layer(lines, points).properties(height=HEIGHT_PX)


def _joined(frame: Any) -> Any:
    """The rows with each lane's last measured one repeated as the first projected one, so that the line has no gap."""
    import pandas as pd

    is_measured = frame["how"] == "measured"
    projected_lanes = set(frame.loc[~is_measured, "lane"])
    seams = frame[is_measured & frame["lane"].isin(projected_lanes)]
    if seams.empty:
        return frame
    seams = seams.loc[seams.groupby("lane")["turn"].idxmax()].assign(how="projected")
    return pd.concat([frame, seams])


def _explain(courses: Sequence[Projection | NotYet], seen: Sequence[LaneLook], priced_as: str | None) -> None:
    projected = [(c, look) for c, look in zip(courses, seen, strict=True) if isinstance(c, Projection)]
    if not projected:
        return
    with st.expander("How this is computed", icon=":material/function:"):
        st.markdown(
            "Solid lines with a mark for each turn are measured. Dashed lines say what happens if you go on as so far: "
            "the same mean length of messages and answers, the same tools."
        )
        if priced_as:
            st.markdown(
                f"Money is what {plain(priced_as)} would cost for these tokens; nothing of it was billed."
            )
        for course, look in projected:
            st.markdown(look.badge)
            st.markdown("\n".join(f"- {plain(sentence)}" for sentence in explain(course)))
        st.dataframe(
            _table(projected),
            hide_index=True,
            alt="Tokens sent, tokens billed and cost so far at a few turns of each lane",
        )


def _table(projected: Sequence[tuple[Projection, LaneLook]]) -> list[dict[str, Any]]:
    rows = []
    for course, look in projected:
        sums = list(accumulate(p.cost_usd or Decimal(0) for p in course.points))
        for point, total in zip(course.points, sums, strict=True):
            if point.turn in TABLE_TURNS:
                rows.append(
                    {
                        "Lane": look.label,
                        "Turn": point.turn,
                        "Sent": point.sent_tokens,
                        "Billed": point.billed_tokens,
                        "Cost so far": _usd(float(total))
                        if course.total_usd is not None
                        else figures.UNKNOWN,
                        "How": "measured" if point.is_measured else "projected",
                    }
                )
    return rows


def _usd(value: Decimal) -> str:
    return figures.money(value).replace("\\", "")
