"""Questions to tables, answered by the local model through /v1: the share whose result is exactly right.

`python -m benchmarks.table_answers [--set FILE] [--only WORDS] [--every N] [--url URL --key KEY --model MODEL]`
prints every question with its SQL; without an address it starts the app.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.file_questions import FIRST, LAST, LATER, TABLES, TableQuestion, table_questions
from benchmarks.file_questions.scoring import same_rows
from benchmarks.report import Figure, at_least
from benchmarks.servers import KEY, own_app
from services.clients import Connection, open_client
from services.loop import BackgroundLoop
from services.settings import get_settings
from services.storage.database import open_database
from services.storage.folder_blobs import FolderBlobs
from services.tables.answers import TableAnswer
from services.tables.answers import TableQuestion as Question
from services.tables.asking import answer_in, ask
from services.tables.shapes import Table
from services.tables.store import Tables
from services.turns import Message, Turn

OWNER = "benchmark"
QUICK = 12
TARGET = 0.85
SETS = {LATER: "questions written later", LAST: "questions on which nothing was tuned"}
LOAD_LIMIT_S = 120.0
ANSWER_LIMIT_S = 900.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a question."""

    question: TableQuestion
    answer: TableAnswer
    turn: Turn
    duration_s: float

    @property
    def is_right(self) -> bool:
        """Whether the result has the rows that are wanted, and no others."""
        result = self.answer.result
        return result is not None and same_rows(self.question.rows, result.rows, self.question.is_ordered)


class Asker:
    """The committed tables, loaded as uploads are, and a model to ask about them."""

    def __init__(self, tables: Tables, connection: Connection, model: str) -> None:
        self._tables = tables
        self._connection = connection
        self._model = model
        self._loop = BackgroundLoop()
        self._loaded: dict[tuple[str, ...], tuple[Table, ...]] = {}

    def ask(self, wanted: TableQuestion) -> Outcome:
        """Put one question to its files, all the way to the sentence."""
        collection, tables = "-".join(wanted.files), self._load(wanted.files)
        turn = Turn(collection, Message("user", wanted.text), self._model, self._connection.name)
        began = time.monotonic()

        async def answer() -> None:
            client = open_client(self._connection, self._loop.pool(self._connection.base_url))
            question = Question(wanted.text, tables, self._model)
            async for event in ask(
                client,
                self._connection,
                question,
                lambda sql: self._tables.query(collection, sql),
                lambda sql: self._tables.sources(collection, sql),
            ):
                turn.apply(event)

        self._loop.run(answer(), ANSWER_LIMIT_S)
        return Outcome(wanted, answer_in(turn) or TableAnswer(wanted.text), turn, time.monotonic() - began)

    def _load(self, files: tuple[str, ...]) -> tuple[Table, ...]:
        if files not in self._loaded:
            collection = "-".join(files)
            for name in files:
                first = self._tables.wait(self._tables.add(collection, name, TABLES / name).id, LOAD_LIMIT_S)
                self._tables.add_sheets(first.id, first.sheets[1:])
            tables = self._tables.list(collection)
            self._loaded[files] = tuple(self._tables.wait(table.id, LOAD_LIMIT_S) for table in tables)
        return self._loaded[files]


def figures(quick: bool = False) -> list[Figure]:
    """How many results are exactly right, and how long a question takes."""
    every = len(table_questions()) // QUICK if quick else 1
    told = []
    with _server() as connection, asker(connection, get_settings().chat_model) as asks:
        told += summary([asks.ask(question) for question in table_questions()[::every]])
        for name, called in () if quick else SETS.items():
            told.append(_right([asks.ask(question) for question in table_questions(name)], called))
    return told


def summary(outcomes: Sequence[Outcome]) -> list[Figure]:
    """The figures of these outcomes."""
    answers = [outcome.answer for outcome in outcomes if outcome.answer.result is not None]
    by_model = sum(answer.sentence_by == "model" for answer in answers)
    return [
        _right(outcomes, "questions"),
        Figure("SQL that ran", f"{len(answers)} of {len(outcomes)}"),
        Figure("sentences of the model whose numbers are in the result", f"{by_model} of {len(answers)}"),
        Figure("median time of a question", f"{statistics.median(o.duration_s for o in outcomes):.1f} s"),
    ]


def _right(outcomes: Sequence[Outcome], what: str) -> Figure:
    share = sum(outcome.is_right for outcome in outcomes) / len(outcomes)
    return at_least(f"results exactly right, of {len(outcomes)} {what}", round(share, 3), TARGET)


@contextmanager
def asker(connection: Connection, model: str) -> Iterator[Asker]:
    """The tables in a home of their own."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        database = open_database(f"sqlite:///{home}/tandem.db")
        tables = Tables(database, FolderBlobs(home / "blobs"), home, OWNER)
        try:
            yield Asker(tables, connection, model)
        finally:
            tables.close()
            database.close()


@contextmanager
def _server() -> Iterator[Connection]:
    """The app with a home of its own, as a connection."""
    with own_app() as base_url:
        yield Connection("Local", "local", base_url, KEY)


@contextmanager
def _given(url: str, key: str) -> Iterator[Connection]:
    yield Connection("Given", "local", url, key)


def _print(outcome: Outcome) -> None:
    answer, question = outcome.answer, outcome.question
    print(
        f"{question.id} {'right' if outcome.is_right else 'WRONG'} {outcome.duration_s:.1f} s  {question.text}"
    )
    print(f"    {' '.join(answer.sql.split())}")
    print(f"    {answer.sentence or outcome.turn.error}")
    for note in answer.notes:
        print(f"    note: {note}")
    if not outcome.is_right:
        print(
            f"    got {answer.result.rows[:3] if answer.result else answer.error}; want {question.rows[:3]}"
        )
    print(end="", flush=True)


def main() -> None:
    """Ask, print each answer, and the figures at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="ask only questions that have this in their id or words")
    parser.add_argument("--set", choices=(FIRST, *SETS), default=FIRST, help="which questions; %(default)s")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="ask each Nth question only")
    parser.add_argument("--url", help="a server to ask, ending in /v1")
    parser.add_argument("--key", default=KEY)
    parser.add_argument("--model", default=get_settings().chat_model)
    given = parser.parse_args()
    outcomes = []
    with (
        _given(given.url, given.key) if given.url else _server() as connection,
        asker(connection, given.model) as asks,
    ):
        for question in table_questions(given.set)[:: given.every]:
            if given.only.casefold() in f"{question.id} {question.text}".casefold():
                outcomes.append(asks.ask(question))
                _print(outcomes[-1])
    for figure in summary(outcomes) if outcomes else ():
        print(f"{figure.what}: {figure.measured}")


if __name__ == "__main__":
    main()
