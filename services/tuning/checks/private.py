"""Keys and personal data in examples: a model can learn them by heart and say them to anybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from services.tuning.checks.found import warning
from services.tuning.records import Finding

CARD_LENGTHS = range(13, 20)
IBAN_LENGTHS = range(15, 35)
PHONE_DIGITS = range(8, 16)


def passes_luhn(digits: str) -> bool:
    """Whether the check digit of a card number is right. Source: ISO/IEC 7812-1, annex B."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def passes_iban(text: str) -> bool:
    """Whether the check digits of an IBAN are right. Source: ISO 13616, ISO 7064 MOD 97-10."""
    turned = text[4:] + text[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def _is_card(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return len(digits) in CARD_LENGTHS and len(set(digits)) > 1 and passes_luhn(digits)


def _is_iban(text: str) -> bool:
    bare = re.sub(r"\s", "", text).upper()
    return len(bare) in IBAN_LENGTHS and passes_iban(bare)


def _is_phone(text: str) -> bool:
    return len(re.sub(r"\D", "", text)) in PHONE_DIGITS


def _always(text: str) -> bool:
    return True


# Each with the word that takes its place. What comes first wins: an IBAN is no phone number.
KINDS: tuple[tuple[str, str, str, re.Pattern[str], Callable[[str], bool]], ...] = (
    (
        "api_key",
        "a secret key",
        "[key]",
        re.compile(
            r"\b(?:sk-(?:proj-|ant-|svcacct-)?[A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}"
            r"|(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{30,}|xox[abprs]-[A-Za-z0-9-]{10,}|hf_[A-Za-z0-9]{25,}"
            r"|glpat-[A-Za-z0-9_-]{18,}|[rs]k_live_[A-Za-z0-9]{16,}|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+)"
            r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
        ),
        _always,
    ),
    (
        "email",
        "an e-mail address",
        "[e-mail]",
        re.compile(r"\b[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b"),
        _always,
    ),
    (
        "iban",
        "an IBAN",
        "[IBAN]",
        re.compile(r"\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?\b"),
        _is_iban,
    ),
    ("card", "a card number", "[card]", re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.]\d)"), _is_card),
    (
        "phone",
        "a phone number",
        "[phone]",
        re.compile(
            r"(?<![\w.])(?:\+\d{1,3}[ ./-]?(?:\(0?\d{1,4}\)[ ./-]?)?|\(?0\d{1,4}\)?[ ./-]|\(\d{3}\) )"
            r"\d(?:[ ./-]?\d){5,11}(?![\w.]\d)"
        ),
        _is_phone,
    ),
)


PRIVATE = tuple(kind for kind, *_ in KINDS)


def private(text: str) -> Iterator[Finding]:
    """What of a line should not be learnt, each kind with the line where a word stands in its place."""
    taken = text
    for kind, what, word, pattern, is_one in KINDS:
        found = [hit[0] for hit in pattern.finditer(taken) if is_one(hit[0])]
        if not found:
            continue

        def covered(hit: re.Match[str], word: str = word, is_one: Callable[[str], bool] = is_one) -> str:
            return word if is_one(hit[0]) else hit[0]

        taken = pattern.sub(covered, taken)
        many = f"{len(found)} times " if len(found) > 1 else ""
        yield warning(
            kind,
            f"It holds {many}{what} ({_masked(found[0])}), which a model may learn by heart.",
            pattern.sub(covered, text),
        )


def _masked(text: str) -> str:
    return f"{text[:3]}…{text[-2:]}"
