"""Numbers as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from components import figures


@pytest.mark.parametrize(
    ("usd", "shown"),
    [
        (None, "unknown"),
        ("0", "\\$0"),
        ("0.0000049", "\\$0.000005"),
        ("0.01234", "\\$0.0123"),
        ("1234.5", "\\$1,234.50"),
    ],
)
def test_money_has_as_many_digits_as_it_needs(usd: str | None, shown: str) -> None:
    assert figures.money(None if usd is None else Decimal(usd)) == shown


@pytest.mark.parametrize("usd", ["0.9", "0.0099999", "0.00009999", "0.99996", "12"])
def test_money_that_is_something_is_never_shown_as_nothing(usd: str) -> None:
    assert Decimal(figures.money(Decimal(usd)).removeprefix("\\$")) > 0


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "unknown"),
        (0.001, "<0.01 s"),
        (0.421, "0.42 s"),
        (4.25, "4.2 s"),
        (9.96, "10 s"),
        (0.996, "1.0 s"),
        (61.2, "61 s"),
    ],
)
def test_seconds(value: float | None, shown: str) -> None:
    assert figures.seconds(value) == shown


@pytest.mark.parametrize(
    ("size_bytes", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (156_400, "156 kB"),
        (999_960, "1.0 MB"),
        (1_117_320_768, "1.1 GB"),
        (2 * 10**12, "2000 GB"),
    ],
)
def test_size(size_bytes: int, shown: str) -> None:
    assert figures.size(size_bytes) == shown


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 turns"), (1, "1 turn"), (2, "2 turns"), (2000, "2,000 turns")]
)
def test_counted(count: int, shown: str) -> None:
    assert figures.counted(count, "turn") == shown


def test_tokens_are_unknown_rather_than_nothing() -> None:
    assert (figures.tokens(None), figures.tokens(0), figures.tokens(1234)) == ("unknown", "0", "1,234")


@pytest.mark.parametrize(
    ("completion", "ttft_s", "duration_s", "speed"),
    [
        (11, 1.0, 2.0, 10.0),
        (None, 1.0, 2.0, None),
        (11, None, 2.0, None),
        (11, 1.0, None, None),
        (1, 1.0, 2.0, None),
        (11, 2.0, 2.0, None),
    ],
)
def test_speed_counts_from_the_first_token(
    completion: int | None, ttft_s: float | None, duration_s: float | None, speed: float | None
) -> None:
    assert figures.tokens_per_second(completion, ttft_s, duration_s) == speed


@pytest.mark.parametrize(("first", "last", "shown"), [(3, 3, "row 3"), (3, 1204, "rows 3–1,204")])
def test_span(first: int, last: int, shown: str) -> None:
    assert figures.span("row", first, last) == shown
