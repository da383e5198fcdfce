"""Sixty examples to try fine-tuning with: messages to a shop, each sorted by topic and urgency."""

from __future__ import annotations

from pathlib import Path

NAME = "Sorting messages to a shop"


def sample() -> list[str]:
    """The examples as lines of a data set."""
    return Path(__file__).with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
