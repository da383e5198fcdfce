"""Texts in a model's SQL against what stands in their columns: put right, widened to other spellings, or found nowhere."""

from __future__ import annotations

from collections.abc import Iterable

from services.tables import sql, values
from services.tables.answers import Query
from services.tables.values import Vocabulary
from services.words import fold

NO_VALUE = "none of these"


def settle(compared: sql.Comparison, words: Vocabulary, query: Query) -> tuple[str, ...] | None:
    """Make a comparison hold for the value that is plainly meant, in all its spellings; the notes that this calls for.

    None when the text is not in its column, nor anything like it. Raises InvalidInput when the table cannot be read.
    """
    table, column = compared.table, compared.column
    known = words.of(table.name, column.name)
    if not words.is_whole(table.name, column.name) and compared.text not in known:
        is_there = values.holds(table, column, compared.text, query)
        known = (compared.text,) if is_there else values.nearest(table, column, compared.text, query)
    meant = compared.text if compared.text in known else values.same_word(compared.text, known)
    if meant is None:
        return None
    notes = () if meant == compared.text else (exchange(compared, meant),)
    others = _spellings(compared, meant, words, query)
    if not others:
        return notes
    sql.widen(compared, others)
    told = " and ".join(f"“{other}”" for other in others)
    return (*notes, f"“{meant}” in {column.name} was taken to be the same as {told}.")


def _spellings(compared: sql.Comparison, value: str, words: Vocabulary, query: Query) -> tuple[str, ...]:
    table, column = compared.table, compared.column
    if not words.is_whole(table.name, column.name):
        return values.spellings(table, column, value, query)
    folded = fold(value.strip())
    return tuple(
        known
        for known in words.of(table.name, column.name)
        if known != value and fold(known.strip()) == folded
    )


def exchange(compared: sql.Comparison, value: str) -> str:
    """Put a value in the place of the text, and say so."""
    compared.literal.set("this", value)
    return f"“{compared.text}” is not in {compared.column.name}; “{value}” was used instead."


def choice_prompt(compared: sql.Comparison, known: Iterable[str]) -> str:
    """Asks a model which of these values the text means, if any does."""
    listed = "\n".join(f"- {value}" for value in sorted(known))
    return (
        f"A table has the column {compared.column.name} with these values:\n{listed}\n\n"
        f"Which of them means “{compared.text}”? If none of them means that, answer “{NO_VALUE}”."
    )
