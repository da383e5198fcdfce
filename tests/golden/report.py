"""What a replay found, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tests.golden.replay import Verdict

Verdicts = Mapping[str, Sequence[Verdict]]


def share(verdicts: Verdicts) -> float:
    """The share of exchanges that agree."""
    every = [verdict for of_one in verdicts.values() for verdict in of_one]
    return sum(verdict.agrees for verdict in every) / max(1, len(every))


def table(verdicts: Verdicts) -> str:
    """A line for each recording: exchanges, those that agree, those explained, and those that differ."""
    width = max(len(name) for name in (*verdicts, "recording"))
    lines = [f"{'recording':{width}}  exchanges  agree  explained  differ"]
    lines += [_line(name, of_one, width) for name, of_one in verdicts.items()]
    lines.append(_line("all", [v for of_one in verdicts.values() for v in of_one], width))
    return "\n".join(lines)


def _line(name: str, verdicts: Sequence[Verdict], width: int) -> str:
    agree, explained = sum(v.agrees for v in verdicts), sum(v.is_explained for v in verdicts)
    differ = len(verdicts) - agree - explained
    return f"{name:{width}}  {len(verdicts):9}  {agree:5}  {explained:9}  {differ:6}"


def differences_of(name: str, verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Each difference with its exchange, the explained ones with their reason."""
    for verdict in verdicts:
        exchange = verdict.exchange
        request = f"{name} #{exchange.number} {exchange.method} {exchange.path}"
        yield from (f"{request}\n    {difference}" for difference in verdict.differences)
        for difference, why in verdict.explained:
            yield f"{request}\n    {difference}\n    explained: {why.reason}"
