"""A comparison as a report: its lanes, what each answered and what it took. Written as JSON, CSV and Markdown here."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from services.compare.assumptions import explain
from services.compare.figures import costs_so_far
from services.compare.labels import MODE_NAMES, labels
from services.compare.projection import LAST_TURN, NotYet, Projection, project
from services.compare.records import Comparison, Lane, LaneTalk
from services.compare.series import Measured, measured
from services.compare.votes import Standing, standings, verdict, votes_in
from services.formulas import harmless
from services.turns import Turn

UNTITLED = "Comparison"
COLUMNS = (
    "lane",
    "mode",
    "connection",
    "model",
    "turn",
    "message",
    "answer",
    "status",
    "sent_tokens",
    "sent_bytes",
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "cost_usd",
    "cost_so_far_usd",
    "ttft_s",
    "duration_s",
    "model_calls",
)


@dataclass(frozen=True, slots=True)
class LaneReport:
    """One lane of a report. `costs` is what the talk had cost after each turn; None where that is unknown."""

    label: str
    lane: Lane
    turns: tuple[Turn, ...]
    numbers: tuple[Measured, ...]
    costs: tuple[Decimal | None, ...]
    projection: Projection | NotYet


@dataclass(frozen=True, slots=True)
class Report:
    """All a report says. `priced_as` is the model whose prices the projection took, where it is not the lane's own."""

    title: str
    at: datetime
    lanes: tuple[LaneReport, ...]
    scores: tuple[Standing, ...]
    verdict: str
    priced_as: str | None = None

    @property
    def turns(self) -> int:
        return max((len(lane.turns) for lane in self.lanes), default=0)


def gather(
    comparison: Comparison,
    talks: Sequence[LaneTalk],
    settings: Mapping[str, Any],
    sizes: Sequence[int | None],
    priced_as: str | None = None,
) -> Report:
    """The report of a comparison as it stands. `sizes` are the context sizes of the lanes' models, in tokens."""
    lanes = [talk.lane for talk in talks]
    named = dict(zip((lane.id for lane in lanes), labels(lanes), strict=True))
    votes = [vote for vote in votes_in(settings) if vote.by == "person"]
    scores = standings(votes, lanes, lambda lane: named[lane.id]) if votes else ()
    reports = [
        _lane(named[talk.lane.id], talk, size, priced_as) for talk, size in zip(talks, sizes, strict=True)
    ]
    return Report(
        comparison.title or UNTITLED, datetime.now(UTC), tuple(reports), scores, verdict(scores), priced_as
    )


def _lane(label: str, talk: LaneTalk, size: int | None, priced_as: str | None) -> LaneReport:
    numbers = measured(talk)
    course = project(talk, size, priced_as, max(LAST_TURN, len(talk.turns)))
    return LaneReport(label, talk.lane, talk.turns, numbers, tuple(costs_so_far(talk.turns)), course)


# --- JSON and CSV -----------------------------------------------------------------------------


def as_json(report: Report) -> bytes:
    """Everything, for a program to read. Money is a string, so that no digit is lost."""
    lanes = [
        {
            "label": lane.label,
            "mode": lane.lane.mode.value,
            "connection": lane.lane.connection,
            "model": lane.lane.model,
            "instructions": lane.lane.instructions,
            "parameters": dict(lane.lane.parameters),
            "tools": list(lane.lane.tools),
            "turns": list(_entries(lane)),
            "projection": _projection(lane.projection),
        }
        for lane in report.lanes
    ]
    content = {
        "format": "tandem.comparison-report",
        "version": 1,
        "title": report.title,
        "at": report.at.isoformat(),
        "priced_as": report.priced_as,
        "lanes": lanes,
        "scores": [asdict(score) for score in report.scores],
    }
    return json.dumps(content, ensure_ascii=False, indent=2, default=str).encode()


def _projection(course: Projection | NotYet) -> dict[str, Any]:
    if isinstance(course, NotYet):
        return {"missing": course.sentence}
    return {
        "priced_as": course.priced_as,
        "assumptions": list(explain(course)),
        "total_usd": course.total_usd,
        "total_without_caching_usd": course.plain_total_usd,
        "points": [asdict(point) for point in course.points],
    }


def _entries(lane: LaneReport) -> Iterator[dict[str, Any]]:
    for turn, numbers, cost in zip(lane.turns, lane.numbers, lane.costs, strict=True):
        yield {
            "turn": numbers.number,
            "message": turn.user.content,
            "answer": turn.text,
            "status": turn.status.value,
            "answered_by": turn.answered_by,
            "sent_tokens": numbers.sent_tokens,
            "sent_bytes": numbers.sent_bytes,
            "prompt_tokens": numbers.prompt_tokens,
            "cached_tokens": numbers.cached_tokens,
            "completion_tokens": numbers.completion_tokens,
            "cost_usd": numbers.cost_usd,
            "cost_so_far_usd": cost,
            "ttft_s": numbers.ttft_s,
            "duration_s": numbers.duration_s,
            "model_calls": numbers.calls,
        }


def as_csv(report: Report) -> bytes:
    """One row for each answer; nothing in it runs as a formula. Empty where a value is unknown."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore")
    writer.writeheader()
    for lane in report.lanes:
        of_lane = {
            "lane": lane.label,
            "mode": lane.lane.mode.value,
            "connection": lane.lane.connection,
            "model": lane.lane.model,
        }
        for entry in _entries(lane):
            row = {**entry, **of_lane}
            writer.writerow({name: harmless(v) if isinstance(v, str) else v for name, v in row.items()})
    # The mark at the beginning tells Excel that the file is UTF-8.
    return out.getvalue().encode("utf-8-sig")


# --- Markdown ---------------------------------------------------------------------------------


def as_markdown(report: Report) -> str:
    """The report to read: figures first, then the projection, then every turn."""
    parts = [f"# {_line(report.title)}", f"Tandem, {report.at:%Y-%m-%d %H:%M} UTC", *_lane_lines(report)]
    parts += [_table(SUMMARY, [summary(lane) for lane in report.lanes])]
    if report.scores:
        parts += ["## Blind votes", report.verdict]
    parts += ["## To 100 turns", *_projected(report), "## The talk"]
    for number in range(1, report.turns + 1):
        parts += list(_turn(report, number))
    return "\n\n".join(parts) + "\n"


SUMMARY = ("Lane", "Model", "Turns", "Tokens sent", "Tokens billed", "Cost", "First token, mean")


def summary(lane: LaneReport) -> tuple[str, ...]:
    """A lane's sums over its turns, as people read them."""
    numbers = lane.numbers
    billed = [n.billed_tokens for n in numbers if n.billed_tokens is not None]
    firsts = [n.ttft_s for n in numbers if n.ttft_s is not None]
    return (
        lane.label,
        lane.lane.model,
        str(len(numbers)),
        f"{sum(n.sent_tokens for n in numbers):,}",
        f"{sum(billed):,}" if billed else "unknown",
        usd(lane.costs[-1] if lane.costs else None),
        f"{sum(firsts) / len(firsts):.2f} s" if firsts else "unknown",
    )


def usd(amount: Decimal | None) -> str:
    """Dollars with four digits below one, or the word unknown."""
    if amount is None:
        return "unknown"
    return (
        f"${amount:,.2f}"
        if amount >= 1
        else f"${amount:.6f}"
        if amount < Decimal("0.0001")
        else f"${amount:.4f}"
    )


def _lane_lines(report: Report) -> Iterator[str]:
    for lane in report.lanes:
        kept = f": {_line(lane.lane.instructions)}" if lane.lane.instructions else ""
        yield f"**{_line(lane.label)}**, {MODE_NAMES[lane.lane.mode]} with `{_line(lane.lane.model)}`{kept}"


def _projected(report: Report) -> Iterator[str]:
    if report.priced_as:
        yield f"Money is what {report.priced_as} would cost for these tokens; nothing of it was billed."
    for lane in report.lanes:
        course = lane.projection
        sentences = [course.sentence] if isinstance(course, NotYet) else list(explain(course))
        total = (
            "" if isinstance(course, NotYet) else f", {len(course.points)} turns cost {usd(course.total_usd)}"
        )
        yield f"**{_line(lane.label)}**{total}\n\n" + "\n".join(f"* {sentence}" for sentence in sentences)


def _turn(report: Report, number: int) -> Iterator[str]:
    asked = next(lane.turns[number - 1].user for lane in report.lanes if number <= len(lane.turns))
    yield f"### {number}"
    yield _quoted(asked.content)
    for lane in report.lanes:
        if number <= len(lane.turns):
            turn, numbers = lane.turns[number - 1], lane.numbers[number - 1]
            yield f"**{_line(lane.label)}** ({figures_line(numbers)})"
            yield turn.text or f"({turn.error or turn.status.value})"


def figures_line(numbers: Measured) -> str:
    """A turn's figures on one line."""
    bits = [f"{numbers.sent_tokens:,} tokens sent"]
    if numbers.prompt_tokens is not None and numbers.completion_tokens is not None:
        cached = f", {numbers.cached_tokens:,} of them cached" if numbers.cached_tokens else ""
        bits.append(f"{numbers.prompt_tokens:,} read{cached}, {numbers.completion_tokens:,} written")
    bits.append(f"cost {usd(numbers.cost_usd)}")
    if numbers.ttft_s is not None:
        bits.append(f"first token after {numbers.ttft_s:.2f} s")
    return " · ".join(bits)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines()) or "> (no text)"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(_line(cell).replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def _line(text: str) -> str:
    return " ".join(text.split())
