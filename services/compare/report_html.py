"""A report as one HTML file: everything escaped, charts as SVG inside it, nothing fetched from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import accumulate

from services.compare.assumptions import explain
from services.compare.labels import MODE_NAMES
from services.compare.line_chart import Line, line_chart
from services.compare.projection import NotYet, Point
from services.compare.report import SUMMARY, LaneReport, Report, figures_line, summary, usd

# No script runs and nothing is fetched, whatever a model wrote.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
STYLE = """
:root{color-scheme:light dark;--paper:#fff;--ink:#14171d;--quiet:#4b5563;--rule:#dfe2e9;--soft:#f4f5f8;
--chat_completions:#2563eb;--assistants:#7c3aed;--responses:#0d9488}
@media(prefers-color-scheme:dark){:root{--paper:#12141a;--ink:#e8eaf0;--quiet:#b0b7c4;--rule:#2f3541;--soft:#1c1f28;
--chat_completions:#6ea0ff;--assistants:#a884f7;--responses:#35b8a6}}
*{box-sizing:border-box}body{margin:0 auto;max-width:68rem;padding:2rem 1.25rem 4rem;background:var(--paper);color:var(--ink);
font:16px/1.55 system-ui,sans-serif}h1{font-size:1.75rem;margin:0 0 .25rem}h2{font-size:1.25rem;margin:2.5rem 0 .75rem}
h3{font-size:1rem;margin:1.75rem 0 .5rem}p,ul{margin:.5rem 0}.quiet{color:var(--quiet);font-size:.875rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid var(--rule);
font-variant-numeric:tabular-nums}.wide{overflow-x:auto}.grid2,.lanes{display:grid;gap:1rem;
grid-template-columns:repeat(auto-fit,minmax(min(100%,19rem),1fr))}
.grid2{grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr))}
.card{border:1px solid var(--rule);border-radius:.625rem;padding:.75rem 1rem;
min-width:0}.said{white-space:pre-wrap;overflow-wrap:anywhere}.ask{background:var(--soft);border-radius:.625rem;padding:.6rem 1rem}
.lane{font-weight:600;border-left:4px solid;padding-left:.5rem}svg{width:100%;height:auto}
svg text{fill:var(--quiet);font:11px system-ui,sans-serif}
svg path{fill:none;stroke-linejoin:round}svg .grid{stroke:var(--rule)}
"""
MODE_STYLE = "".join(
    f".{mode.value}{{border-color:var(--{mode.value});stroke:var(--{mode.value})}}"
    f"circle.{mode.value}{{fill:var(--{mode.value});stroke:none}}"
    for mode in MODE_NAMES
)


def as_html(report: Report) -> str:
    """The whole report as one file, light or dark as the reader's system is."""
    title = escape(report.title)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}{MODE_STYLE}</style></head><body>"
        f'<h1>{title}</h1><p class="quiet">Tandem, {report.at:%Y-%m-%d %H:%M} UTC</p>'
        f"{''.join(_parts(report))}</body></html>"
    )


def _parts(report: Report) -> Iterator[str]:
    yield '<div class="lanes">' + "".join(map(_lane_card, report.lanes)) + "</div>"
    yield _table(SUMMARY, [summary(lane) for lane in report.lanes])
    if report.scores:
        yield f"<h2>Blind votes</h2><p>{escape(report.verdict)}</p>"
    yield "<h2>Over the turns</h2>"
    yield '<p class="quiet">Solid with a mark for each turn: measured. Dashed: the projection explained below.'
    yield (
        f" Money is what {escape(report.priced_as)} would cost; nothing of it was billed."
        if report.priced_as
        else ""
    )
    yield '</p><div class="grid2">' + "".join(_charts(report)) + "</div>"
    yield "<h2>How the projection is computed</h2>"
    yield from map(_assumptions, report.lanes)
    yield "<h2>The talk</h2>"
    for number in range(1, report.turns + 1):
        yield from _turn(report, number)


def _lane_card(lane: LaneReport) -> str:
    instructions = (
        f'<p class="said quiet">{escape(lane.lane.instructions)}</p>' if lane.lane.instructions else ""
    )
    about = f"{MODE_NAMES[lane.lane.mode]} · {lane.lane.model} · {lane.lane.connection}"
    return f'<div class="card">{_name(lane)}<p class="quiet">{escape(about)}</p>{instructions}</div>'


def _name(lane: LaneReport) -> str:
    return f'<div class="lane {lane.lane.mode.value}">{escape(lane.label)}</div>'


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    heads = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'


# --- charts -----------------------------------------------------------------------------------


def _charts(report: Report) -> Iterator[str]:
    def whole(value: float) -> str:
        return f"{value / 1000:,.3g}k" if value >= 1000 else f"{value:,.4g}"

    def dollars(value: float) -> str:
        return f"${value:,.4g}"

    yield _chart(report, "Tokens the client sends", whole, lambda p: p.sent_tokens)
    yield _chart(report, "Tokens billed", whole, lambda p: p.billed_tokens)
    yield _card("Cost so far", [_cost_line(lane) for lane in report.lanes], dollars)
    firsts = [_first_token_line(lane) for lane in report.lanes]
    yield _card("Seconds to the first token", firsts, lambda s: f"{s:,.3g}")


def _chart(
    report: Report, title: str, written: Callable[[float], str], value: Callable[[Point], float | None]
) -> str:
    return _card(
        title, [_line(lane, [(p, value(p)) for p in _points(lane)]) for lane in report.lanes], written
    )


def _card(title: str, lines: Sequence[Line], written: Callable[[float], str]) -> str:
    ends = [(line.label, (*line.solid, *line.dashed)[-1]) for line in lines if line.solid or line.dashed]
    words = "; ".join(f"{label}: {written(y)} at turn {x:.0f}" for label, (x, y) in ends)
    drawn = line_chart(lines, f"{title}. {words}", written) or '<p class="quiet">Unknown.</p>'
    return f'<div class="card"><strong>{title}</strong>{drawn}<p class="quiet">{escape(words)}</p></div>'


def _points(lane: LaneReport) -> Sequence[Point]:
    if not isinstance(lane.projection, NotYet):
        return lane.projection.points
    return [
        Point(n.number, True, n.sent_tokens, n.billed_tokens, n.cost_usd, n.cost_usd) for n in lane.numbers
    ]


def _cost_line(lane: LaneReport) -> Line:
    points = _points(lane)
    known = next((i for i, point in enumerate(points) if point.cost_usd is None), len(points))
    sums = accumulate(float(point.cost_usd or 0) for point in points[:known])
    return _line(lane, list(zip(points[:known], sums, strict=True)))


def _first_token_line(lane: LaneReport) -> Line:
    solid = [(float(n.number), n.ttft_s) for n in lane.numbers if n.ttft_s is not None]
    return Line(lane.label, lane.lane.mode.value, tuple(solid))


def _line(lane: LaneReport, values: Sequence[tuple[Point, float | None]]) -> Line:
    def those(is_measured: bool) -> tuple[tuple[float, float], ...]:
        return tuple((float(p.turn), v) for p, v in values if v is not None and p.is_measured is is_measured)

    return Line(lane.label, lane.lane.mode.value, those(True), those(False))


# --- words ------------------------------------------------------------------------------------


def _assumptions(lane: LaneReport) -> str:
    course = lane.projection
    sentences = [course.sentence] if isinstance(course, NotYet) else list(explain(course))
    if not isinstance(course, NotYet):
        sentences.append(f"In all, {len(course.points)} turns cost {usd(course.total_usd)}.")
    return _name(lane) + "<ul>" + "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences) + "</ul>"


def _turn(report: Report, number: int) -> Iterator[str]:
    present = [lane for lane in report.lanes if number <= len(lane.turns)]
    asked = present[0].turns[number - 1].user.content
    yield f'<h3>{number}</h3><div class="ask said">{escape(asked)}</div><div class="lanes">'
    for lane in present:
        turn, numbers = lane.turns[number - 1], lane.numbers[number - 1]
        said = turn.text or f"({turn.error or turn.status.value})"
        yield (
            f'<div class="card">{_name(lane)}<div class="said">{escape(said)}</div>'
            f'<p class="quiet">{escape(figures_line(numbers))}</p></div>'
        )
    yield "</div>"
